package dev.archive.client.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.client.plan.Plan;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.wire.Messages.FinalizeAnswer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A receipt is made only of an answer that agrees with the plan in all it says. */
class CompletionTest {
  private static final BatchId BATCH = BatchId.parse("01ARZ3NDEKTSV4RRFFQ69G5FAV");
  private static final Plan PLAN = new Plan.Builder().build();

  private static FinalizeAnswer answer(
      String batch, String status, Long files, Long bytes, String manifest) {
    return new FinalizeAnswer(batch, status, files, bytes, "staging/", 2L, null, manifest, null);
  }

  private static void refused(String why, FinalizeAnswer answer) {
    Completion completion = new Completion(BATCH, answer, List.of());
    ArchiveException refusal =
        assertThrows(ArchiveException.class, () -> completion.receipt(PLAN, "here"), why);
    assertEquals(ErrorCode.STATE_DIFFERS, refusal.code());
    assertTrue(refusal.getMessage().contains(why), refusal.getMessage());
  }

  @Test
  void anAnswerThatDiffersInAnythingIsNoReceipt() {
    String id = BATCH.value();
    String manifest = PLAN.manifestSha256().hex();
    new Completion(BATCH, answer(id, "enqueued", 0L, 0L, manifest), List.of())
        .receipt(PLAN, "here");
    refused("files is 1", answer(id, "enqueued", 1L, 0L, manifest));
    refused("files is null", answer(id, "enqueued", null, 0L, manifest));
    refused("bytes is 1", answer(id, "enqueued", 0L, 1L, manifest));
    refused("bytes is null", answer(id, "enqueued", 0L, null, manifest));
    refused("manifest_sha256 is", answer(id, "enqueued", 0L, 0L, "1".repeat(64)));
    refused("batch_id is", answer("01ARZ3NDEKTSV4RRFFQ69G5FAW", "enqueued", 0L, 0L, manifest));
    for (String status : List.of("uploading", "aborted", "expired")) {
      refused("status is " + status, answer(id, status, 0L, 0L, manifest));
    }
  }
}
