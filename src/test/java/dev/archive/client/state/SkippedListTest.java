package dev.archive.client.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.client.plan.Failure;
import dev.archive.client.plan.Plan;
import dev.archive.model.ErrorCode;
import dev.archive.wire.Messages.Skipped;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Every skipped file has an element of its own, which a server takes. */
class SkippedListTest {
  private static final Plan NOTHING = new Plan.Builder().build();

  private static Failure failure(String name, String reason) {
    return new Failure(name, ErrorCode.SOURCE_UNREADABLE, reason);
  }

  @Test
  void namesThatLookTheSameAreTwoFiles() {
    List<Skipped> list =
        SkippedList.of(
            List.of(failure("/\ufffd", "one"), failure("/\ufffd", "two"), failure("/a", "x")),
            NOTHING);
    assertEquals(3, list.size());
    assertEquals(3, new HashSet<>(list.stream().map(Skipped::path).toList()).size());
  }

  @Test
  void whatIsTooLongOrNoUnicodeIsMadeFit() {
    List<Skipped> list =
        SkippedList.of(
            List.of(
                failure("/" + "x".repeat(9000), "y".repeat(2000)), failure("/\ud800", "\ud800")),
            NOTHING);
    assertTrue(list.get(0).path().length() <= 8192);
    assertTrue(list.get(0).reason().length() <= 1000);
    assertEquals(new Skipped("/\\ud800", "\\ud800"), list.get(1));
  }
}
