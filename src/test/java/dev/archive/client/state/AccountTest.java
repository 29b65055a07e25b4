package dev.archive.client.state;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.client.state.Account.Amount;
import dev.archive.client.state.Account.Reason;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import java.util.List;
import org.junit.jupiter.api.Test;

/** An account that does not add up fails. */
class AccountTest {
  private static Account account(Amount found, Amount archived) {
    return new Account(
        found,
        archived,
        new Amount(1, 10),
        new Amount(2, 20),
        Amount.NONE,
        List.of(new Reason("symlinks are not followed", 3, 0)),
        List.of(new Reason("source changed", 1, 5), new Reason("source unreadable", 1, 1)));
  }

  @Test
  void whatAddsUpIsTold() {
    Account account = account(new Amount(1_008, 1_036), new Amount(1_000, 1_000));
    assertDoesNotThrow(account::requireClosed);
    assertEquals(
        "found 1,008 files: 1,000 archived, 1 already held, 2 excluded, 3 not archivable (symlinks"
            + " are not followed), 2 failed (1 source changed; 1 source unreadable)",
        account.sentence());
  }

  @Test
  void aCounterThatIsWrongByOneFileOrOneByteFailsTheRun() {
    for (Amount wrong :
        List.of(
            new Amount(999, 1_000),
            new Amount(1_001, 1_000),
            new Amount(1_000, 999),
            new Amount(1_000, 1_001))) {
      ArchiveException failure =
          assertThrows(
              ArchiveException.class, account(new Amount(1_008, 1_036), wrong)::requireClosed);
      assertEquals(ErrorCode.STATE_DIFFERS, failure.code());
      assertTrue(failure.getMessage().contains("does not add up"), failure.getMessage());
    }
  }
}
