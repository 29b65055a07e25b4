package dev.archive.client.run;

import dev.archive.client.plan.Failure;
import dev.archive.client.plan.Plan;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.ErrorCode;
import dev.archive.model.Receipt;
import dev.archive.model.Sha256;
import dev.archive.model.Text;
import dev.archive.wire.Messages.FinalizeAnswer;
import java.util.List;

/**
 * How the completing of a batch ended: with the server's answer to finalize, or with files that
 * failed.
 *
 * @param answer null where there are failures
 */
record Completion(BatchId batch, FinalizeAnswer answer, List<Failure> failures) {

  /**
   * The receipt, if the answer agrees with the plan in all it says.
   *
   * @throws ArchiveException {@link ErrorCode#STATE_DIFFERS} where it does not
   */
  Receipt receipt(Plan plan, String server) {
    Sha256 manifest = plan.manifestSha256();
    require("files", plan.size(), answer.filesUploaded());
    require("bytes", plan.bytes(), answer.totalBytes());
    if (answer.manifestSha256() != null) {
      require("manifest_sha256", manifest.hex(), answer.manifestSha256());
    }
    require("batch_id", batch.value(), answer.batchId());
    BatchStatus status = BatchStatus.parse(answer.status());
    // Without versions a status of failed may mean anything; with them, that work after the archive
    // failed.
    boolean failed = status == BatchStatus.FAILED && answer.version() == null;
    if (!status.isFinalized() || failed) {
      throw differs("its status is " + status);
    }
    return new Receipt(
        batch,
        answer.version(),
        plan.size(),
        plan.bytes(),
        manifest,
        status,
        server,
        answer.attributesSha256() == null ? null : Sha256.parse(answer.attributesSha256()));
  }

  private void require(String what, Object planned, Object said) {
    if (!planned.equals(said instanceof Integer number ? (Object) Long.valueOf(number) : said)) {
      throw differs(
          what + " is " + Text.brief(String.valueOf(said)) + " and the plan has " + planned);
    }
  }

  private void require(String what, long planned, Long said) {
    require(what, (Object) planned, said);
  }

  private ArchiveException differs(String how) {
    return new ArchiveException(
        ErrorCode.STATE_DIFFERS,
        "batch "
            + batch
            + " was finalized, but not as planned: "
            + how
            + "; do not rely on it, and archive again");
  }
}
