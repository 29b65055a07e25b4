package dev.archive.cli.process;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jline.utils.Signals;

/**
 * SIGINT and SIGTERM while a command runs: the first asks it to stop, which it does within seconds
 * with all that was proved so far kept; the second, or the end of those seconds, ends the process
 * at once. A SIGTERM within a second of another is the same one.
 */
public final class Interrupts implements AutoCloseable {
  private static final long SECONDS_TO_STOP = 5;

  /** GNU timeout signals its child, and then the group to which the child belongs. */
  private static final long REPEATED_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final int INTERRUPTED = 130;
  private static final int TERMINATED = 143;

  private final Thread command = Thread.currentThread();
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Map<String, Object> before;
  private volatile Runnable stop = () -> {};
  private volatile int exit;
  private long came;

  private Interrupts() {
    before =
        Map.of(
            "INT",
            Signals.register("INT", () -> stop("INT")),
            "TERM",
            Signals.register("TERM", () -> stop("TERM")));
  }

  /** From now on signals interrupt the thread that calls. */
  public static Interrupts ofThisThread() {
    return new Interrupts();
  }

  /** Does something at each SIGHUP, which would else end the process. */
  public static void onHangup(Runnable work) {
    var unused = Signals.register("HUP", work);
  }

  private void stop(String signal) {
    boolean second;
    synchronized (this) {
      if (exit == TERMINATED
          && signal.equals("TERM")
          && System.nanoTime() - came < REPEATED_NANOS) {
        return;
      }
      second = exit != 0;
      exit = signal.equals("TERM") ? TERMINATED : INTERRUPTED;
      came = System.nanoTime();
    }
    if (second) {
      Runtime.getRuntime().halt(exit);
    }
    command.interrupt();
    // Beside the wait below, which bounds it too.
    var unused = CompletableFuture.runAsync(stop);
    try {
      if (!ended.await(SECONDS_TO_STOP, TimeUnit.SECONDS)) {
        Runtime.getRuntime().halt(exit);
      }
    } catch (InterruptedException e) {
      Runtime.getRuntime().halt(exit);
    }
  }

  /** What else ends the command soon: an interrupt does not reach who waits for the network. */
  public void alsoBy(Runnable stopping) {
    stop = stopping;
  }

  /** Whether a signal came. */
  public boolean came() {
    return exit != 0;
  }

  /** The exit code of the signal that came. */
  public int exit() {
    return exit;
  }

  /** Signals do again what they did before. */
  @Override
  public void close() {
    before.forEach(Signals::unregister);
    ended.countDown();
  }
}
