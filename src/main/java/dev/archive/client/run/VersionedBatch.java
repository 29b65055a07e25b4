package dev.archive.client.run;

import dev.archive.client.api.IngestApi;
import dev.archive.client.api.RunFailures;
import dev.archive.client.api.StatusPages;
import dev.archive.client.plan.Delta;
import dev.archive.client.plan.Failure;
import dev.archive.client.plan.Plan;
import dev.archive.client.send.BatchSender;
import dev.archive.client.work.Progress;
import dev.archive.client.work.WorkPool;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.ErrorCode;
import dev.archive.wire.Messages.Expected;
import dev.archive.wire.Messages.FinalizeAnswer;
import dev.archive.wire.Messages.FinalizeRequest;
import dev.archive.wire.Messages.StatusHead;
import java.util.List;

/**
 * A batch of a server with versions: sent, and finalized as what the plan says. Either the server
 * compares the whole of it, or its files are compared here at one version, and it is finalized at
 * that very version.
 */
final class VersionedBatch {
  private static final int ROUNDS = 5;
  private static final int MAX_NAMED = 20;

  private final IngestApi api;
  private final StatusPages pages;
  private final Plan plan;
  private final AttributeSender attributes;
  private final BatchId batch;
  private final BatchSender sender;
  private final WorkPool pool;
  private final int parallel;
  private final Progress progress;

  VersionedBatch(
      IngestApi api,
      Plan plan,
      AttributeSender attributes,
      BatchId batch,
      BatchSender sender,
      WorkPool pool,
      int parallel,
      Progress progress) {
    this.api = api;
    this.pages = new StatusPages(api, batch, plan.maxHeld());
    this.plan = plan;
    this.attributes = attributes;
    this.batch = batch;
    this.sender = sender;
    this.pool = pool;
    this.parallel = parallel;
    this.progress = progress;
  }

  /**
   * Completes a batch of which nothing was sent yet.
   *
   * @param contract whether the server finalizes only what has the manifest that it is told: then
   *     its files are asked for one by one only where it refuses
   */
  Completion complete(boolean contract) {
    sender.send(batch, plan.files());
    Completion asPlanned = contract ? finalizeAsPlanned() : null;
    if (asPlanned != null) {
      return asPlanned;
    }
    Observed last = rounds();
    if (last.completion != null) {
      return last.completion;
    }
    throw new ArchiveException(
        ErrorCode.STATE_DIFFERS,
        "batch "
            + batch
            + " could not be brought to the plan; nothing was finalized: "
            + String.join("; ", last.delta.describe(MAX_NAMED)));
  }

  /**
   * Completes a batch that an earlier process began.
   *
   * @return null where it cannot hold the plan any more: it has expired, or holds other content
   */
  Completion takeUp() {
    StatusHead head = api.summary(batch);
    BatchStatus status = BatchStatus.parse(head.status());
    if (status == BatchStatus.EXPIRED || status == BatchStatus.ABORTED) {
      return null;
    }
    progress.resumed(told(head.filesUploaded()), told(head.totalBytesUploaded()));
    Observed last = rounds();
    if (last.completion == null && !last.delta.isHopeless()) {
      throw new ArchiveException(
          ErrorCode.STATE_DIFFERS, "batch " + batch + " keeps changing; nothing was finalized");
    }
    return last.completion;
  }

  private static long told(Long count) {
    return count == null ? 0 : count;
  }

  /** Lets the server compare all at once; null where it differs or cannot be told. */
  private Completion finalizeAsPlanned() {
    if (!sender.failures().isEmpty() || !plan.isHashed()) {
      return null;
    }
    try {
      FinalizeAnswer answer = finalizeAt(null);
      return answer == null ? null : new Completion(batch, answer, List.of());
    } catch (ArchiveException e) {
      if (RunFailures.endsTheRun(e.code())) {
        throw e;
      }
      return null;
    }
  }

  private record Observed(Delta delta, Completion completion) {}

  /** Compares, and sends what is missing, until nothing is and finalize has taken effect. */
  private Observed rounds() {
    Comparing comparing = new Comparing();
    Delta delta = null;
    for (int round = 0; round < ROUNDS; round++) {
      if (!sender.failures().isEmpty()) {
        return new Observed(delta, new Completion(batch, null, sender.failures()));
      }
      delta = comparing.next();
      if (delta.isHopeless()) {
        break;
      }
      if (delta.isEmpty()) {
        FinalizeAnswer answer = finalizeAt(comparing.version);
        if (answer != null) {
          return new Observed(delta, new Completion(batch, answer, List.of()));
        }
        comparing = new Comparing();
      } else {
        if (!delta.unproved().isEmpty()) {
          List<Failure> failures = plan.read(delta.unproved(), pool, parallel);
          if (!failures.isEmpty()) {
            failures.forEach(each -> progress.problem(each.reason()));
            return new Observed(delta, new Completion(batch, null, failures));
          }
          comparing = new Comparing();
        }
        sender.send(batch, delta.missing());
        sender.send(batch, delta.unfinished());
      }
    }
    return new Observed(delta, null);
  }

  /** The server's state against the plan: all of it once, then what has changed since. */
  private final class Comparing {
    private Delta.Builder delta = new Delta.Builder(plan);
    private long version;

    Delta next() {
      long known = version;
      version = read(known);
      if (version < known) {
        // The server was put back to an older state, of which nothing is known here.
        delta = new Delta.Builder(plan);
        version = read(0);
      }
      return delta.build();
    }

    private long read(long since) {
      return pages.read(since, page -> page.forEach(delta::add)).version();
    }
  }

  /** Finalizes what was just compared; null where the batch has changed since. */
  private FinalizeAnswer finalizeAt(Long version) {
    Expected expected = attributes.expected(batch, plan);
    return finalizeAt(api, batch, new FinalizeRequest(expected), version);
  }

  /**
   * Finalizes a batch.
   *
   * @param version that it must have, or null
   * @return null where it has another, or files that are not complete
   * @throws ArchiveException {@link ErrorCode#STATE_DIFFERS} where it does not hold what is
   *     expected
   */
  static FinalizeAnswer finalizeAt(
      IngestApi api, BatchId batch, FinalizeRequest request, Long version) {
    try {
      FinalizeAnswer answer = api.finalizeBatch(batch, request, version);
      if (answer.version() == null || answer.manifestSha256() == null) {
        throw new ArchiveException(
            ErrorCode.STATE_DIFFERS,
            "the server says that batch "
                + batch
                + " is finalized, and not with which manifest; do not rely on it");
      }
      String attributes = request.expected().attributesSha256();
      if (attributes != null && !attributes.equals(answer.attributesSha256())) {
        throw new ArchiveException(
            ErrorCode.STATE_DIFFERS,
            "the server says that batch "
                + batch
                + " is finalized, and not with its attributes; do not rely on it");
      }
      return answer;
    } catch (ArchiveException e) {
      if (e.code() == ErrorCode.VERSION_CONFLICT
          || e.code() == ErrorCode.FILES_INCOMPLETE
          || e.code() == ErrorCode.BYTES_MISSING) {
        return null;
      }
      if (e.code() == ErrorCode.CONTRACT_MISMATCH) {
        throw new ArchiveException(ErrorCode.STATE_DIFFERS, e.getMessage(), e);
      }
      throw e;
    }
  }
}
