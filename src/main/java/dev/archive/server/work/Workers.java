package dev.archive.server.work;

import dev.archive.durable.Failpoint;
import dev.archive.model.FatalErrors;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The threads of the server, beside those that Jetty makes for requests. */
public final class Workers {
  private static final Logger LOG = LoggerFactory.getLogger(Workers.class);
  private static final long IDLE_SECONDS = 10;

  private Workers() {}

  /** Does something again and again; without the catch one failure would be the last round. */
  public static ScheduledThreadPoolExecutor every(long millis, Runnable work, String name) {
    ScheduledThreadPoolExecutor thread =
        new ScheduledThreadPoolExecutor(1, each -> new Thread(each, name));
    Runnable round =
        () -> {
          try {
            Failpoint.reach(name);
            work.run();
          } catch (RuntimeException | Error e) {
            FatalErrors.report(e);
            LOG.warn("a round of {} failed; the next one comes", name, e);
          }
        };
    var unused = thread.scheduleWithFixedDelay(round, 0, millis, TimeUnit.MILLISECONDS);
    return thread;
  }

  /** Threads that do work for others, so many at once; they keep no process from ending. */
  public static ExecutorService of(int threads, String name) {
    ThreadPoolExecutor workers =
        new ThreadPoolExecutor(
            threads,
            threads,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            work -> {
              Thread thread = new Thread(work, name);
              thread.setDaemon(true);
              return thread;
            });
    workers.allowCoreThreadTimeOut(true);
    return workers;
  }

  /** The thread that writes a ledger. */
  public static Thread ledgerWriter(Runnable work) {
    return new Thread(work, "ledger-writer");
  }
}
