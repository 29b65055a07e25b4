package dev.archive.client;

import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sample;
import dev.archive.model.Sha256;
import dev.archive.source.SourceFile;
import dev.archive.source.SourceWalker;
import dev.archive.wire.Messages.AuditPage;
import dev.archive.wire.Messages.FileStatus;
import dev.archive.wire.Messages.StatusHead;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/** Reads what a server holds: the state of a batch, and whether local files are the same. */
public final class BatchReader implements AutoCloseable {
  private final HttpIngestApi http;
  private final IngestApi api;
  private final IngestApi patient;
  private final ServerTraits traits;

  /**
   * A reader of one server.
   *
   * @param server its URL, without a slash at the end
   */
  public BatchReader(String server, String version, RandomGenerator random) {
    this.http = new HttpIngestApi(server, version, 1);
    Pause pause = Pause.real();
    this.traits = FirstContact.with(http, server, pause, random);
    this.api = retrying(RetryPolicy.FIRST_CONTACT, pause, random);
    // What takes hours outlives a restart of the server.
    this.patient = retrying(RetryPolicy.NORMAL, pause, random);
  }

  private IngestApi retrying(RetryPolicy policy, Pause pause, RandomGenerator random) {
    return new RetryingIngestApi(
        http, policy, pause, random, true, Deadline.in(null), Progress.silent());
  }

  /**
   * The state of a batch; each of its files goes to the consumer.
   *
   * @throws ArchiveException {@link ErrorCode#BATCH_NOT_FOUND}, or {@link ErrorCode#NOT_FOUND}
   *     where the server tells no states
   */
  public StatusHead status(BatchId batch, Consumer<FileStatus> files) {
    StatusHead head = api.status(batch, files);
    if (head == null) {
      throw new ArchiveException(
          ErrorCode.NOT_FOUND, "this server does not tell the state of its batches");
    }
    return head;
  }

  /** The state of a batch without its files, from a server with versions. */
  public StatusHead summary(BatchId batch) {
    return api.summary(batch);
  }

  /**
   * Has the server read a part of a batch again.
   *
   * @param after what the part before called next, or null
   * @throws ArchiveException {@link ErrorCode#BATCH_NOT_FOUND}; {@link ErrorCode#CONFLICT} where
   *     the batch was given up; {@link ErrorCode#NOT_FOUND} where the server cannot do that
   */
  public AuditPage audit(BatchId batch, String after, Sample sample) {
    requireAudit();
    return patient.audit(batch, after, sample);
  }

  /**
   * Proves that the server can read its batches again.
   *
   * @throws ArchiveException {@link ErrorCode#NOT_FOUND}
   */
  public void requireAudit() {
    if (!traits.audit()) {
      throw new ArchiveException(
          ErrorCode.NOT_FOUND,
          "this server does not read its batches again when asked to; nothing was checked");
    }
  }

  /**
   * What a comparison found.
   *
   * @param same files that agree
   * @param bySizeAlone how many of those the server has no digest of
   * @param differences one sentence each
   * @param unreadable local files that could not be compared, one sentence each
   */
  public record Comparison(
      StatusHead head,
      long same,
      long bySizeAlone,
      List<String> differences,
      List<String> unreadable) {}

  /** Compares local files with a batch by path, size and SHA-256. */
  public Comparison compare(BatchId batch, List<Path> sources, int parallel) {
    Map<LogicalPath, FileStatus> held = new HashMap<>();
    Comparing comparing = new Comparing();
    StatusHead head =
        status(
            batch,
            file -> {
              if (held.put(LogicalPath.parse(file.logicalPath()), file) != null) {
                comparing.differences.add(file.logicalPath() + ": is in the batch twice");
              }
            });
    SourceWalker.Found found = SourceWalker.walk(SourceWalker.resolve(sources), head.rootPath());
    found.problems().forEach(problem -> comparing.unreadable.add(problem.toString()));
    try (WorkPool pool = new WorkPool(parallel, "verify", () -> {}, Deadline.in(null))) {
      pool.run(
          Plan.of(found.files()).files().iterator(),
          parallel,
          file -> comparing.compare(file, held.get(file.path())),
          compared -> held.remove(compared.path()));
    }
    held.keySet().stream()
        .sorted()
        .forEach(path -> comparing.differences.add(path + ": is in the batch and not here"));
    return new Comparison(
        head, comparing.same, comparing.bySizeAlone, comparing.differences, comparing.unreadable);
  }

  private static final class Comparing {
    private final List<String> differences = new ArrayList<>();
    private final List<String> unreadable = new ArrayList<>();
    private long same;
    private long bySizeAlone;

    /** Called from many threads: reading goes in parallel, noting one at a time. */
    SourceFile compare(SourceFile file, FileStatus held) {
      String difference = null;
      Sha256 digest = null;
      ArchiveException failure = null;
      if (held == null) {
        difference = "is here and not in the batch";
      } else if (!FileStatus.COMPLETED.equals(held.status())) {
        difference = "is in the batch, but not completed";
      } else if (held.fileSize() == null || held.fileSize() != file.size()) {
        difference = "has " + file.size() + " bytes here and " + held.fileSize() + " in the batch";
      } else {
        digest = digest(held);
        try {
          Sha256 ours = digest == null ? null : FileDigest.of(file);
          if (digest != null && !digest.equals(ours)) {
            difference = "has SHA-256 " + ours + " here and " + digest + " in the batch";
          }
        } catch (ArchiveException e) {
          failure = e;
        }
      }
      note(file, difference, digest, failure);
      return file;
    }

    private synchronized void note(
        SourceFile file, String difference, Sha256 digest, ArchiveException failure) {
      if (failure != null) {
        unreadable.add(failure.getMessage());
      } else if (difference != null) {
        differences.add(file.path() + ": " + difference);
      } else {
        same++;
        bySizeAlone += digest == null ? 1 : 0;
      }
    }

    private static Sha256 digest(FileStatus held) {
      if (held.sha256() != null) {
        return Sha256.parse(held.sha256());
      }
      return held.cid() == null ? null : Sha256.parseCid(held.cid());
    }
  }

  @Override
  public void close() {
    http.close();
  }
}
