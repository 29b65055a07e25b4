package dev.archive.server.http;

import dev.archive.ledger.BatchLedger;
import dev.archive.ledger.BatchLedger.Order;
import dev.archive.ledger.BatchState;
import dev.archive.ledger.EntryState;
import dev.archive.ledger.Registration;
import dev.archive.ledger.SkippedPage;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.Owner;
import dev.archive.server.bag.Amendment;
import dev.archive.wire.Json;
import dev.archive.wire.JsonObjectWriter;
import dev.archive.wire.Messages.BatchList;
import dev.archive.wire.Messages.FileStatus;
import dev.archive.wire.Messages.Processing;
import dev.archive.wire.Messages.StartAnswer;
import dev.archive.wire.Messages.StatusHead;
import dev.archive.wire.RawJson;
import dev.archive.wire.Routes;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.LongFunction;

/**
 * Says the state of a batch on the wire: whole as a stream, its head alone, or the files changed
 * since a version.
 */
public final class FileStatuses {
  /** As the base API answers where a batch has none. */
  private static final RawJson NO_METADATA = new RawJson("{}");

  private final BatchLedger ledger;

  private final Duration expireAfter;

  public FileStatuses(BatchLedger ledger, Duration expireAfter) {
    this.ledger = ledger;
    this.expireAfter = expireAfter;
  }

  /**
   * A batch without its files, and with a page of those it goes without.
   *
   * @param skippedFrom 0 for the first page, or what the page before says
   */
  StatusHead summary(BatchId id, long skippedFrom) {
    return head(ledger.batch(id), ledger.skipped(id, skippedFrom));
  }

  /**
   * Batches by id, without their files.
   *
   * @param owner only those of one owner, or null
   * @param status only those that stand there, or null
   * @param after only those with a greater id, or null
   * @param limit the most of them, from 1
   */
  BatchList list(Owner owner, BatchStatus status, BatchId after, int limit) {
    List<BatchState> batches = ledger.list(owner, status, after, limit);
    BatchId last = batches.isEmpty() ? null : batches.get(batches.size() - 1).id();
    boolean more = last != null && !ledger.list(owner, status, last, 1).isEmpty();
    return new BatchList(
        batches.stream().map(batch -> head(batch, null)).toList(), more ? last.value() : null);
  }

  /**
   * Streams the state as of one moment.
   *
   * @param since null for all files by path; else those changed after this version, in its order
   * @param limit the most files with {@code since}; 0 for all
   * @param open begins the answer, given the batch's version
   */
  void write(BatchId id, Long since, int limit, LongFunction<OutputStream> open)
      throws IOException {
    OutputStream[] out = new OutputStream[1];
    JsonObjectWriter[] writer = new JsonObjectWriter[1];
    long[] last = {0, 0};
    // Known from finalize on, which ends all changes of files.
    SkippedPage skipped = ledger.skipped(id, 0);
    ledger.snapshot(
        id,
        since == null ? Order.PATH : Order.VERSION,
        since == null ? 0 : since,
        limit == 0 ? 0 : limit + 1L,
        batch -> {
          out[0] = open.apply(batch.version());
          writer[0] = Json.writeObject(out[0], head(batch, skipped), "files");
        },
        file -> {
          last[1]++;
          if (limit == 0 || last[1] <= limit) {
            last[0] = file.version();
            writer[0].item(status(id, file));
          }
        });
    writer[0].end("next", limit > 0 && last[1] > limit ? last[0] : null);
    out[0].close();
  }

  private StatusHead head(BatchState batch, SkippedPage skipped) {
    String finalized = Objects.toString(batch.finalizedAt(), null);
    return new StatusHead(
        batch.id().value(),
        batch.sessionId(),
        batch.status().toString(),
        batch.uploader(),
        batch.rootPath(),
        batch.parentPi(),
        batch.declaredFiles(),
        batch.completedFiles(),
        batch.declaredBytes(),
        batch.completedBytes(),
        batch.createdAt().toString(),
        finalized,
        batch.metadata() == null ? NO_METADATA : new RawJson(batch.metadata()),
        batch.customPrompts() == null ? null : new RawJson(batch.customPrompts()),
        batch.version(),
        finalized,
        Objects.toString(batch.manifestSha256(), null),
        batch.status().isFinalized() ? Objects.toString(ledger.attributes(batch.id()), null) : null,
        batch.status() == BatchStatus.UPLOADING
            ? batch.activeAt().plus(expireAfter).toString()
            : null,
        skipped == null ? null : Amendment.read(skipped.lines()),
        skipped == null ? null : skipped.next(),
        null);
  }

  private static FileStatus status(BatchId id, EntryState entry) {
    Registration file = entry.registration();
    var digest = entry.completed() ? entry.sha256() : file.sha256();
    return new FileStatus(
        Routes.key(id, file.path()),
        file.path().fileName(),
        file.size(),
        file.path().toString(),
        file.contentType(),
        file.processing() == null
            ? Processing.ALL
            : Json.read(file.processing().getBytes(StandardCharsets.UTF_8), Processing.class),
        file.uploadId() == null ? StartAnswer.SIMPLE : StartAnswer.MULTIPART,
        FileStatus.status(entry.completed()),
        Objects.toString(entry.completedAt(), null),
        digest == null ? null : digest.cid(),
        entry.completed() ? entry.sha256().hex() : null,
        entry.version());
  }
}
