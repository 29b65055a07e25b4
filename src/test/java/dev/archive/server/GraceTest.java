package dev.archive.server;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** When batches may expire. */
class GraceTest {
  private static final Duration HOUR = Duration.ofHours(1);
  private final SettableClock clock = new SettableClock();
  private final Grace grace = new Grace(clock, clock::nanos, HOUR);

  @Test
  void notWithinAnHourOfTheStart() {
    assertFalse(grace.isOver());
    clock.advance(HOUR.minusMillis(1));
    assertFalse(grace.isOver());
    clock.advance(Duration.ofMillis(1));
    assertTrue(grace.isOver());
  }

  @Test
  void notWithinAnHourOfAJumpInEitherDirection() {
    clock.advance(HOUR);
    for (Duration jump :
        List.of(
            Duration.ofHours(1),
            Duration.ofHours(-1),
            Duration.ofDays(400),
            Duration.ofDays(-40000))) {
      assertTrue(grace.isOver());
      clock.jump(jump);
      assertFalse(grace.isOver(), jump::toString);
      clock.advance(HOUR.minusMillis(1));
      assertFalse(grace.isOver(), jump::toString);
      clock.advance(Duration.ofMillis(1));
    }
    assertTrue(grace.isOver());
  }

  @Test
  void smallCorrectionsAreNoJumpUntilTheyAddUp() {
    clock.advance(HOUR);
    clock.jump(Grace.MAX_DRIFT);
    assertTrue(grace.isOver());
    clock.jump(Duration.ofSeconds(1));
    assertFalse(grace.isOver());
  }

  @Test
  void standingStillBetweenTheTwoClocksIsNoJump() {
    AtomicBoolean stops = new AtomicBoolean();
    Grace stopped =
        new Grace(
            clock,
            () -> {
              long read = clock.nanos();
              if (stops.getAndSet(false)) {
                clock.advance(HOUR);
              }
              return read;
            },
            HOUR);
    stops.set(true);
    assertFalse(stopped.isOver(), "the round that stood still");
    assertTrue(stopped.isOver(), "the round after it");
  }
}
