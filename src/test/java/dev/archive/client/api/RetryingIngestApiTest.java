package dev.archive.client.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.client.work.Deadline;
import dev.archive.client.work.Pause;
import dev.archive.client.work.Progress;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.wire.Messages.FileStatus;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Time as the only retry spends it: no test here lets any pass. */
class RetryingIngestApiTest {
  private static final RetryPolicy POLICY =
      new RetryPolicy(5, Duration.ofMillis(100), Duration.ofSeconds(15));
  private static final BatchId BATCH = BatchId.parse("01ARZ3NDEKTSV4RRFFQ69G5FAV");

  private final Deque<ArchiveException> failures = new ArrayDeque<>();
  private final List<Duration> waits = new ArrayList<>();
  private Consumer<Duration> whileWaiting = wait -> {};
  private int attempts;

  private RetryingIngestApi api(Deadline deadline, boolean repeatable, RandomGenerator random) {
    Pause pause =
        wait -> {
          waits.add(wait);
          whileWaiting.accept(wait);
        };
    return new RetryingIngestApi(
        server(), POLICY, pause, random, repeatable, deadline, Progress.silent());
  }

  private RetryingIngestApi api() {
    return api(Deadline.in(null), true, new SplittableRandom(1));
  }

  /** Fails as often as failures wait, and then has nothing to say. */
  private IngestApi server() {
    return (IngestApi)
        Proxy.newProxyInstance(
            IngestApi.class.getClassLoader(),
            new Class<?>[] {IngestApi.class},
            (proxy, method, arguments) -> {
              attempts++;
              if (!failures.isEmpty()) {
                throw failures.poll();
              }
              return null;
            });
  }

  private void fail(int times, ErrorCode code, String retryAfter) {
    for (int i = 0; i < times; i++) {
      Map<String, Object> details =
          retryAfter == null ? Map.of() : Map.of(RetryPolicy.RETRY_AFTER, retryAfter);
      failures.add(new ArchiveException(code, "failure " + (i + 1), details, null));
    }
  }

  @Test
  void whatIsRefusedAfterALostAnswerToFinalizeIsUnknown() {
    for (boolean versions : List.of(true, false)) {
      fail(1, ErrorCode.ANSWER_LOST, null);
      fail(1, ErrorCode.FILES_INCOMPLETE, null);
      RetryingIngestApi api = api(Deadline.in(null), versions, new SplittableRandom(1));
      ArchiveException e =
          assertThrows(ArchiveException.class, () -> api.finalizeBatch(BATCH, null, null));
      // With versions a state is exact, and what is refused was not done.
      assertEquals(versions ? ErrorCode.FILES_INCOMPLETE : ErrorCode.ANSWER_LOST, e.code());
      assertEquals(!versions, e.getMessage().contains("unknown"), e.getMessage());
    }
  }

  @Test
  void aFailureThatPassesIsWaitedOutAndTriedAgain() {
    fail(3, ErrorCode.INTERNAL, null);
    api().summary(BATCH);
    assertEquals(4, attempts);
    assertEquals(3, waits.size(), "a wait after each failure: " + waits);
    for (int i = 0; i < 3; i++) {
      assertTrue(waits.get(i).toMillis() <= 100L << i, "back-off " + waits);
    }
  }

  @Test
  void waitsComeFromTheRunsOwnRandomNumbers() {
    List<List<Duration>> all = new ArrayList<>();
    for (int seed = 1; seed <= 2; seed++) {
      waits.clear();
      fail(4, ErrorCode.INTERNAL, null);
      api(Deadline.in(null), true, new SplittableRandom(seed)).summary(BATCH);
      all.add(List.copyOf(waits));
    }
    assertNotEquals(all.get(0), all.get(1), "two uploaders return together");
  }

  @Test
  void theLastAttemptsFailureIsToldAndNothingIsWaitedForAfterIt() {
    fail(9, ErrorCode.INTERNAL, null);
    ArchiveException told = assertThrows(ArchiveException.class, () -> api().summary(BATCH));
    assertEquals("failure 5", told.getMessage());
    assertEquals(5, attempts);
    assertEquals(4, waits.size());
  }

  @Test
  void whatWillNotPassIsNotTriedAgain() {
    for (ErrorCode code :
        List.of(
            ErrorCode.INVALID_REQUEST,
            ErrorCode.CONFLICT,
            ErrorCode.VERSION_CONFLICT,
            ErrorCode.FIXITY_MISMATCH,
            ErrorCode.SOURCE_CHANGED,
            ErrorCode.UNAUTHORIZED)) {
      attempts = 0;
      fail(1, code, "1");
      assertThrows(ArchiveException.class, () -> api().summary(BATCH), code.toString());
      assertEquals(1, attempts, code.toString());
    }
    assertEquals(List.of(), waits);
  }

  @ParameterizedTest
  @EnumSource(names = {"TOO_MANY_REQUESTS", "UNAVAILABLE"})
  void aServerThatIsBusyIsLeftInPeaceByAllWorkers(ErrorCode code) {
    RetryingIngestApi api = api();
    List<Duration> other = new ArrayList<>();
    whileWaiting =
        wait -> {
          // What another worker does meanwhile.
          whileWaiting = otherWait -> other.add(otherWait);
          api.summary(BATCH);
        };
    fail(1, code, "15");
    api.summary(BATCH);
    assertEquals(Duration.ofSeconds(15), waits.get(0));
    assertEquals(2, other.size(), "the other worker waits, and the first for what is left");
    assertTrue(
        other.get(0).compareTo(Duration.ofSeconds(1)) > 0
            && other.get(0).compareTo(Duration.ofSeconds(15)) <= 0,
        "the other worker waits as long as the first was told: " + other);
  }

  @Test
  void aShorterHoldDoesNotEndALongerOne() {
    RetryingIngestApi api = api();
    fail(1, ErrorCode.UNAVAILABLE, "15");
    fail(1, ErrorCode.UNAVAILABLE, "0");
    api.summary(BATCH);
    assertTrue(
        waits.get(waits.size() - 1).compareTo(Duration.ofSeconds(1)) > 0,
        "the first hold still lasts: " + waits);
  }

  @Test
  void oneRequestThatFailsHoldsNoOther() {
    RetryingIngestApi api = api();
    int[] before = new int[1];
    whileWaiting =
        wait -> {
          whileWaiting = again -> {};
          before[0] = waits.size();
          api.summary(BATCH);
          assertEquals(before[0], waits.size(), "another worker waited: " + waits);
        };
    fail(1, ErrorCode.INTERNAL, "15");
    api.summary(BATCH);
    assertEquals(3, attempts);
  }

  @Test
  void noAttemptIsMadeAfterTheDeadline() {
    fail(3, ErrorCode.INTERNAL, null);
    RetryingIngestApi api = api(Deadline.in(Duration.ZERO), true, new SplittableRandom(1));
    ArchiveException told =
        assertThrows(
            ArchiveException.class, () -> api.summary(BATCH), "attempts though the time was over");
    assertTrue(told.getMessage().contains("--timeout"), told.getMessage());
    assertTrue(attempts <= 1, attempts + " attempts though the time was over");
    assertEquals(List.of(), waits, "nothing is waited for after the deadline");
  }

  @Test
  void noAttemptIsMadeWhereTheDeadlineCameWhileItWaited() {
    // Only the first of these has no hold to wait for before it tries again.
    for (ErrorCode code : List.of(ErrorCode.INTERNAL, ErrorCode.UNAVAILABLE)) {
      Deadline soon = Deadline.in(Duration.ofMillis(300));
      whileWaiting =
          wait -> {
            while (!soon.isOver()) {
              Thread.onSpinWait();
            }
          };
      attempts = 0;
      failures.clear();
      fail(3, code, "15");
      RetryingIngestApi api = api(soon, true, new SplittableRandom(1));
      ArchiveException told =
          assertThrows(
              ArchiveException.class,
              () -> api.summary(BATCH),
              "attempts though the time was over");
      assertTrue(told.getMessage().contains("--timeout"), told.getMessage());
      assertTrue(attempts <= 1, attempts + " attempts though the time was over");
    }
    for (Duration wait : waits) {
      assertTrue(!wait.isNegative(), "waits " + waits);
    }
  }

  @Test
  void noWaitGoesBeyondTheDeadline() {
    Duration left = Duration.ofSeconds(5);
    RetryingIngestApi api = api(Deadline.in(left), true, new SplittableRandom(1));
    for (ErrorCode code : List.of(ErrorCode.INTERNAL, ErrorCode.UNAVAILABLE)) {
      failures.clear();
      fail(2, code, "15");
      try {
        api.summary(BATCH);
      } catch (ArchiveException e) {
        assertTrue(e.getMessage().contains("--timeout"), e.getMessage());
      }
    }
    for (Duration wait : waits) {
      assertTrue(wait.compareTo(left) <= 0, "waits " + waits + " with " + left + " left");
    }
  }

  @Test
  void whatASecondRegistrationWouldDoubleIsRepeatedOnlyWhereItWasNotHeard() {
    RetryingIngestApi api = api(Deadline.in(null), false, new SplittableRandom(1));
    for (ErrorCode code : ErrorCode.values()) {
      attempts = 0;
      failures.clear();
      fail(1, code, null);
      boolean heard =
          code != ErrorCode.UNREACHABLE
              && code != ErrorCode.TOO_MANY_REQUESTS
              && code != ErrorCode.UNAVAILABLE;
      try {
        api.start(BATCH, null);
      } catch (ArchiveException e) {
        assertSame(code, e.code());
      }
      assertEquals(heard ? 1 : 2, attempts, code.toString());
    }
  }

  @Test
  void aStatusThatBreaksOffHasToldNothing() {
    List<FileStatus> told = new ArrayList<>();
    int[] calls = new int[1];
    IngestApi broken =
        (IngestApi)
            Proxy.newProxyInstance(
                IngestApi.class.getClassLoader(),
                new Class<?>[] {IngestApi.class},
                (proxy, method, arguments) -> {
                  @SuppressWarnings("unchecked")
                  Consumer<FileStatus> files = (Consumer<FileStatus>) arguments[2];
                  files.accept(null);
                  if (++calls[0] == 1) {
                    throw new ArchiveException(ErrorCode.ANSWER_LOST, "broke off");
                  }
                  return null;
                });
    new RetryingIngestApi(
            broken,
            POLICY,
            waits::add,
            new SplittableRandom(1),
            true,
            Deadline.in(null),
            Progress.silent())
        .status(BATCH, 10, told::add);
    assertEquals(2, calls[0]);
    assertEquals(1, told.size(), "files of an answer that broke off were told");
  }
}
