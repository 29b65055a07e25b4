package dev.archive.client.run;

import dev.archive.client.api.IngestApi;
import dev.archive.client.api.ServerTraits;
import dev.archive.client.run.SinceLastRun.Held;
import dev.archive.client.work.Pause;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchStatus;
import dev.archive.model.ErrorCode;
import dev.archive.model.Receipt;
import dev.archive.wire.Messages.StatusHead;
import java.time.Duration;

/** Asks a server, in one call, whether it still holds what a receipt says. */
final class ReceiptCheck {
  /** How often a server without versions, whose state may be a minute old, is asked again. */
  private static final int MAX_TRIES = 7;

  private ReceiptCheck() {}

  static Held of(IngestApi api, ServerTraits server, Receipt receipt, Pause pause) {
    try {
      return server.versions()
          ? versioned(api.summary(receipt.batchId()), receipt)
          : unversioned(api, receipt, pause);
    } catch (ArchiveException e) {
      if (e.code() == ErrorCode.BATCH_NOT_FOUND) {
        return Held.LOST;
      }
      throw e;
    }
  }

  private static Held versioned(StatusHead head, Receipt receipt) {
    BatchStatus status = BatchStatus.parse(head.status());
    if (status == BatchStatus.ABORTED) {
      return Held.ABORTED;
    }
    if (!status.isFinalized()
        || head.version() == null
        || receipt.version() != null && head.version() < receipt.version()) {
      return Held.LOST;
    }
    return receipt.manifestSha256().hex().equals(head.manifestSha256()) && hasCounts(head, receipt)
        ? Held.HELD
        : Held.DIFFERS;
  }

  private static Held unversioned(IngestApi api, Receipt receipt, Pause pause) {
    for (int tries = 1; ; tries++) {
      StatusHead head = api.status(receipt.batchId(), 2 * receipt.files() + 10_000, file -> {});
      if (head == null) {
        return Held.CANNOT_TELL;
      }
      BatchStatus status = BatchStatus.parse(head.status());
      if (status.isFinalized() || tries == MAX_TRIES) {
        return status == BatchStatus.ABORTED
            ? Held.ABORTED
            : isDone(status) && hasCounts(head, receipt) ? Held.HELD : Held.DIFFERS;
      }
      pause.last(Duration.ofMillis(250L << tries));
    }
  }

  /** Without versions a status of failed may mean anything. */
  private static boolean isDone(BatchStatus status) {
    return status.isFinalized() && status != BatchStatus.FAILED;
  }

  private static boolean hasCounts(StatusHead head, Receipt receipt) {
    return head.filesUploaded() != null
        && head.filesUploaded() == receipt.files()
        && head.totalBytesUploaded() != null
        && head.totalBytesUploaded() == receipt.bytes();
  }
}
