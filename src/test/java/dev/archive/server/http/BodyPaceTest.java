package dev.archive.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Limits;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Slow bodies: those that are legal, and those that are cut (W8). */
class BodyPaceTest {
  private final BodyPace pace = new BodyPace(Limits.USUAL);
  private long now;

  /** Waits, then some bytes arrive; the verdict after that. */
  private ArchiveException arrives(int bytes, Duration wait) {
    pace.waits(now);
    now += wait.toNanos();
    pace.arrived(now, bytes);
    return pace.tooSlow(now);
  }

  private ArchiveException afterSilence(Duration wait) {
    pace.waits(now);
    return pace.tooSlow(now + wait.toNanos());
  }

  @Test
  void aByteASecondIsCutSoonAfterTheGrace() {
    for (int i = 0; i < 10; i++) {
      assertNull(arrives(1, Duration.ofSeconds(1)));
    }
    ArchiveException cut = arrives(1, Duration.ofSeconds(1));
    assertEquals(ErrorCode.REQUEST_TIMEOUT, cut.code());
    assertTrue(cut.getMessage().contains("11 bytes in 11 seconds"), cut.getMessage());
  }

  @Test
  void whatComesAtTheLeastRateOrBetterComesWhole() {
    for (int i = 0; i < 100; i++) {
      assertNull(arrives(1024, Duration.ofSeconds(1)));
    }
  }

  @Test
  void aShortSlowBodyEndsWithinTheGrace() {
    for (int i = 0; i < 8; i++) {
      assertNull(arrives(1, Duration.ofSeconds(1)));
    }
  }

  @Test
  void whatIsDoneWithTheBytesHereIsNoSlownessOfTheSender() {
    for (int i = 0; i < 10; i++) {
      assertNull(arrives(1, Duration.ofMillis(1)));
      now += Duration.ofMinutes(1).toNanos();
      assertNull(pace.tooSlow(now));
    }
  }

  @Test
  void silenceIsJudgedThoughNothingArrives() {
    assertNull(arrives(1 << 20, Duration.ofMillis(1)));
    assertNull(afterSilence(Duration.ofMillis(14_900)));
    assertNotNull(afterSilence(Duration.ofSeconds(15)));
  }

  @Test
  void aFewBytesAndThenNothingIsCutAfterTheGrace() {
    assertNull(arrives(5, Duration.ofMillis(1)));
    assertNull(afterSilence(Duration.ofSeconds(9)));
    assertNotNull(afterSilence(Duration.ofSeconds(11)));
  }
}
