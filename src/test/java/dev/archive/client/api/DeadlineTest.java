package dev.archive.client.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.client.state.RunIdentity;
import dev.archive.client.state.StateDirectory;
import dev.archive.client.work.Deadline;
import dev.archive.client.work.Pause;
import dev.archive.client.work.Progress;
import dev.archive.client.work.WorkPool;
import dev.archive.durable.FileLock;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whatever may block ends at the deadline. */
@Timeout(60)
class DeadlineTest {
  private static final Duration SOON = Duration.ofMillis(50);

  @TempDir Path directory;

  @Test
  void noPauseIsLongerThanTheDeadline() {
    assertTimedOut(() -> Deadline.in(SOON).bound(Pause.real()).last(Duration.ofHours(1)));
  }

  @Test
  void waitingForTheLockOfAnotherRunEnds() {
    StateDirectory state = new StateDirectory(directory);
    RunIdentity run = RunIdentity.of("server", List.of(directory), "/", "me", List.of());
    Duration hour = Duration.ofHours(1);
    try (FileLock held = state.lock(run, Duration.ZERO, Pause.real(), Progress.silent())) {
      Pause bound = Deadline.in(SOON).bound(Pause.real());
      assertTimedOut(() -> state.lock(run, hour, bound, Progress.silent()));
      assertTrue(held != null);
    }
  }

  @Test
  void workThatDoesNotEndIsNotWaitedFor() {
    CountDownLatch never = new CountDownLatch(1);
    try (WorkPool pool = new WorkPool(1, "test", () -> {}, Deadline.in(SOON))) {
      assertTimedOut(
          () -> pool.run(List.of(1).iterator(), 1, each -> uninterruptibly(never), each -> {}));
    }
    try (WorkPool pool = new WorkPool(1, "test", () -> {}, Deadline.in(SOON))) {
      Future<Integer> work = pool.submit(() -> uninterruptibly(never));
      assertTimedOut(() -> pool.join(work));
    }
    never.countDown();
  }

  private static int uninterruptibly(CountDownLatch latch) {
    while (true) {
      try {
        latch.await();
        return 1;
      } catch (InterruptedException e) {
        // What hangs in a read of a network disk does not listen either.
      }
    }
  }

  @Test
  void anAnswerMustKeepItsRateAfterAWhile() throws IOException {
    AtomicLong now = new AtomicLong();
    byte[] body = new byte[100_000];
    assertThrows(AnswerRate.TooSlow.class, () -> read(body, 500, now));
    assertTrue(Duration.ofNanos(now.get()).compareTo(AnswerRate.GRACE.multipliedBy(3)) < 0);
    assertEquals(body.length, read(body, 2000, now));
    assertEquals(20, read(new byte[20], 1, now));
    assertEquals(
        body.length, AnswerRate.ANY.keptBy(new ByteArrayInputStream(body)).readAllBytes().length);
  }

  /** Reads a body of which so many bytes come each second. */
  private static int read(byte[] body, int rate, AtomicLong now) throws IOException {
    InputStream slow =
        new ByteArrayInputStream(body) {
          @Override
          public synchronized int read(byte[] buffer, int offset, int length) {
            now.addAndGet(1_000_000_000);
            return super.read(buffer, offset, Math.min(length, rate));
          }
        };
    return AnswerRate.MIN.keptBy(slow, now::get).readAllBytes().length;
  }

  private static void assertTimedOut(Runnable blocking) {
    ArchiveException over = assertThrows(ArchiveException.class, blocking::run);
    assertEquals(ErrorCode.TIMED_OUT, over.code(), over.getMessage());
  }
}
