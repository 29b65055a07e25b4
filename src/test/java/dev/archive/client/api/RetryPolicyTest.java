package dev.archive.client.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How long is waited after a failed attempt. */
class RetryPolicyTest {
  private static final RetryPolicy POLICY =
      new RetryPolicy(12, Duration.ofMillis(250), Duration.ofSeconds(15));

  /** Draws the largest number of each range. */
  private static final RandomGenerator LARGEST =
      new RandomGenerator() {
        @Override
        public long nextLong() {
          return Long.MAX_VALUE;
        }

        @Override
        public long nextLong(long bound) {
          return bound - 1;
        }
      };

  /** Draws the least number of each range. */
  private static final RandomGenerator LEAST =
      new RandomGenerator() {
        @Override
        public long nextLong() {
          return 0;
        }

        @Override
        public long nextLong(long bound) {
          return 0;
        }
      };

  @Test
  void theLongestWaitDoublesWithEachAttemptUpToTheCap() {
    List<Long> longest = new ArrayList<>();
    for (int attempt = 1; attempt <= 9; attempt++) {
      longest.add(POLICY.delay(attempt, null, LARGEST).toMillis());
    }
    assertEquals(List.of(250L, 500L, 1000L, 2000L, 4000L, 8000L, 15000L, 15000L, 15000L), longest);
  }

  @Test
  void noAttemptHoweverLateWaitsLongerThanTheCapOrLessThanNothing() {
    for (int attempt : new int[] {20, 31, 32, 33, 63, 64, 65, 1000, Integer.MAX_VALUE}) {
      assertEquals(
          POLICY.longest(), POLICY.delay(attempt, null, LARGEST), "after attempt " + attempt);
    }
  }

  @Test
  void theShortestWaitIsNone() {
    for (int attempt = 1; attempt <= 12; attempt++) {
      assertEquals(Duration.ZERO, POLICY.delay(attempt, null, LEAST), "after attempt " + attempt);
    }
  }

  @Test
  void waitsAreSpreadOverTheirWholeRange() {
    SplittableRandom random = new SplittableRandom(1);
    for (int attempt : new int[] {1, 4, 12}) {
      long ceiling = POLICY.delay(attempt, null, LARGEST).toMillis();
      int[] quarters = new int[4];
      for (int i = 0; i < 4000; i++) {
        long wait = POLICY.delay(attempt, null, random).toMillis();
        assertTrue(wait >= 0 && wait <= ceiling, wait + " is not from 0 to " + ceiling);
        quarters[(int) Math.min(3, wait * 4 / ceiling)]++;
      }
      for (int quarter = 0; quarter < 4; quarter++) {
        assertTrue(
            quarters[quarter] > 800 && quarters[quarter] < 1200,
            quarters[quarter] + " of 4000 waits lie in quarter " + quarter + " of their range");
      }
    }
  }

  @Test
  void uploadersThatFailedTogetherDoNotReturnTogether() {
    assertNotEquals(waits(new SplittableRandom(1)), waits(new SplittableRandom(2)));
  }

  private static List<Duration> waits(RandomGenerator random) {
    List<Duration> waits = new ArrayList<>();
    for (int attempt = 1; attempt <= 12; attempt++) {
      waits.add(POLICY.delay(attempt, null, random));
    }
    return waits;
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "1", "7", "007", "14", "15"})
  void theSecondsThatAServerAsksForAreWaited(String asked) {
    assertEquals(
        Duration.ofSeconds(Long.parseLong(asked)), POLICY.delay(1, asked, LEAST), asked + " s");
  }

  @Test
  void aServerThatAsksForLessThanTheBackOffDoesNotShortenIt() {
    assertEquals(Duration.ofSeconds(8), POLICY.delay(6, "1", LARGEST));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"16", "3600", "315360000", "999999999", "9999999999", "99999999999999999999999"})
  void noServerMakesAnybodyWaitLongerThanTheCap(String asked) {
    assertEquals(POLICY.longest(), POLICY.delay(1, asked, LEAST), asked + " s");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "soon", "-5", "+5", "1.5", "1e3", "0x10", "5 s", "٥", "\n5"})
  void nonsenseIsIgnored(String asked) {
    assertEquals(Duration.ZERO, POLICY.delay(1, asked, LEAST));
    assertEquals(Duration.ofMillis(250), POLICY.delay(1, asked, LARGEST));
  }

  @Test
  void whatIsNoHeaderIsIgnored() {
    assertEquals(Duration.ZERO, POLICY.delay(1, 5, LEAST));
    assertEquals(Duration.ZERO, POLICY.delay(1, List.of("5"), LEAST));
  }

  @Test
  void theProgramsOwnPoliciesRideOutARestartAndKeepAPersonWaitingForSecondsOnly() {
    assertTrue(longestInAll(RetryPolicy.NORMAL).toSeconds() >= 60, "a server restarts in a minute");
    assertTrue(longestInAll(RetryPolicy.NORMAL).toSeconds() <= 120, "and is given up in two");
    assertTrue(longestInAll(RetryPolicy.FIRST_CONTACT).toSeconds() <= 10, "a mistyped URL is told");
  }

  private static Duration longestInAll(RetryPolicy policy) {
    Duration all = Duration.ZERO;
    for (int attempt = 1; attempt < policy.attempts(); attempt++) {
      all = all.plus(policy.delay(attempt, null, LARGEST));
    }
    return all;
  }
}
