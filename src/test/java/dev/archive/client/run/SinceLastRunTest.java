package dev.archive.client.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.client.run.SinceLastRun.Evidence;
import dev.archive.client.run.SinceLastRun.Held;
import dev.archive.client.run.SinceLastRun.Next;
import dev.archive.client.state.LastRun;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Every row of the table in {@link SinceLastRun}, and that nothing is asked that does not count.
 */
class SinceLastRunTest {
  private static final BatchId BATCH = BatchId.parse("01ARZ3NDEKTSV4RRFFQ69G5FAV");

  private final List<String> asked = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private boolean showsToken;

  private Evidence evidence(String archive, boolean sameWish, Held held, boolean sameBytes) {
    return new Evidence() {
      @Override
      public String archive() {
        asked.add("archive");
        return archive;
      }

      @Override
      public boolean sameRequest() {
        asked.add("wish");
        return sameWish;
      }

      @Override
      public Held held() {
        asked.add("held");
        return held;
      }

      @Override
      public boolean showsToken() {
        return showsToken;
      }

      @Override
      public boolean sameBytes() {
        asked.add("bytes");
        return sameBytes;
      }

      @Override
      public void note(String message) {
        notes.add(message);
      }
    };
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        // receipt, journal's archive, server's, again, same wish, held, same bytes | what is done
        "true,  A, B, false, true,  HELD,        true,  4",
        "true,  A, B, false, false, LOST,        false, 4",
        "false, A, B, false, true,  HELD,        true,  4",
        "true,  A, B, true,  true,  HELD,        true,  BEGIN",
        "false, A, B, true,  true,  HELD,        true,  BEGIN",
        "false, A, A, false, false, HELD,        true,  BEGIN",
        "false, -, A, false, false, HELD,        true,  BEGIN",
        "false, A, A, false, true,  HELD,        true,  RESUME",
        "false, A, -, false, true,  HELD,        true,  RESUME",
        "false, -, A, false, true,  HELD,        true,  RESUME",
        "false, A, A, true,  true,  HELD,        true,  RESUME",
        "false, -, -, true,  true,  HELD,        true,  RESUME",
        "true,  A, A, true,  true,  HELD,        true,  BEGIN",
        "true,  -, A, true,  true,  ABORTED,     true,  BEGIN",
        "true,  A, A, false, false, HELD,        true,  BEGIN",
        "true,  A, A, false, true,  LOST,        true,  BEGIN",
        "true,  A, -, false, true,  LOST,        true,  4",
        "true,  -, A, false, true,  LOST,        true,  4",
        "true,  -, -, false, true,  LOST,        true,  4",
        "true,  A, A, false, true,  ABORTED,     true,  4",
        "true,  -, -, false, true,  ABORTED,     true,  4",
        "true,  A, A, false, true,  DIFFERS,     true,  4",
        "true,  -, A, false, true,  DIFFERS,     false, 4",
        "true,  A, A, false, true,  HELD,        true,  UNCHANGED",
        "true,  A, -, false, true,  HELD,        true,  UNCHANGED",
        "true,  -, A, false, true,  HELD,        true,  UNCHANGED",
        "true,  -, -, false, true,  HELD,        true,  UNCHANGED",
        "true,  A, A, false, true,  HELD,        false, BEGIN",
        "true,  -, -, false, true,  CANNOT_TELL, true,  UNCHANGED",
        "true,  -, -, false, true,  CANNOT_TELL, false, BEGIN",
      })
  void theTable(
      boolean receipt,
      String known,
      String server,
      boolean again,
      boolean sameWish,
      Held held,
      boolean sameBytes,
      String done) {
    LastRun last = new LastRun(BATCH, receipt, known);
    Evidence evidence = evidence(server, sameWish, held, sameBytes);
    if (done.equals("4")) {
      ArchiveException end =
          assertThrows(ArchiveException.class, () -> SinceLastRun.decide(last, again, evidence));
      assertEquals(ErrorCode.STATE_DIFFERS, end.code());
      assertTrue(end.getMessage().contains("nothing was sent"), end.getMessage());
      assertTrue(end.getMessage().contains("--again"), end.getMessage());
    } else {
      assertEquals(Next.valueOf(done), SinceLastRun.decide(last, again, evidence));
    }
    assertEquals(asked.stream().distinct().toList(), asked, "each is asked once");
  }

  @Test
  void withoutAnEarlierRunNothingIsAsked() {
    assertEquals(
        Next.BEGIN, SinceLastRun.decide(null, false, evidence("A", true, Held.HELD, true)));
    assertEquals(List.of(), asked);
  }

  @Test
  void theServerIsAskedForTheBatchOnlyWhereTheWishIsTheSame() {
    SinceLastRun.decide(
        new LastRun(BATCH, true, "A"), false, evidence("A", false, Held.HELD, true));
    assertEquals(List.of("archive", "wish"), asked);
  }

  @Test
  void whatWasLostAndWhatWasNotCheckedIsSaid() {
    SinceLastRun.decide(new LastRun(BATCH, true, "A"), false, evidence("A", true, Held.LOST, true));
    assertTrue(notes.get(0).contains("has lost batch " + BATCH), notes.toString());
    SinceLastRun.decide(
        new LastRun(BATCH, true, null), false, evidence(null, true, Held.CANNOT_TELL, true));
    assertTrue(notes.get(1).contains("was not checked"), notes.toString());
  }

  @Test
  void whatBelongsToTheOwnerOfAnotherTokenIsNotCalledLost() {
    showsToken = true;
    SinceLastRun.decide(new LastRun(BATCH, true, "A"), false, evidence("A", true, Held.LOST, true));
    assertTrue(notes.get(0).contains("the owner of another token"), notes.toString());
  }
}
