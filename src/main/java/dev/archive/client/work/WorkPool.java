package dev.archive.client.work;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.FatalErrors;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The only threads of the uploader: a bounded number, which take work as it comes; results come
 * back on the thread of the caller. No work may wait for other work of the same pool.
 */
public final class WorkPool implements AutoCloseable {
  /** How long work that was told to stop is waited for once the deadline is over. */
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(2);

  private final ThreadPoolExecutor executor;
  private final Runnable stop;
  private final Deadline deadline;

  /**
   * A pool.
   *
   * @param stop makes work that is under way end soon; called when its results are not wanted any
   *     more
   * @param deadline after which nothing is waited for
   */
  public WorkPool(int threads, String name, Runnable stop, Deadline deadline) {
    this.stop = stop;
    this.deadline = deadline;
    AtomicInteger count = new AtomicInteger();
    this.executor =
        new ThreadPoolExecutor(
            threads,
            threads,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            work -> {
              Thread thread = new Thread(work, name + "-" + count.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    executor.allowCoreThreadTimeOut(true);
  }

  /** Starts one piece of work beside others. */
  public <R> Future<R> submit(Callable<R> work) {
    return executor.submit(work);
  }

  /**
   * The result of work that was submitted; its failure becomes the caller's.
   *
   * @throws ArchiveException {@link ErrorCode#TIMED_OUT}
   */
  public <R> R join(Future<R> work) {
    try {
      return work.get(Math.max(0, deadline.left().toMillis()), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      work.cancel(true);
      throw Deadline.over();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ArchiveException(ErrorCode.INTERRUPTED, "interrupted", e);
    } catch (ExecutionException e) {
      throw unchecked(e.getCause());
    }
  }

  /**
   * Does the work for each item, at most {@code limit} at once, and hands each result to the
   * caller's consumer. The first failure ends it: nothing new begins, what is under way is waited
   * for, then the failure is thrown.
   */
  @SuppressWarnings("CollectionUndefinedEquality")
  public // A task is equal to itself alone, which is what is meant.
  <T, R> void run(Iterator<T> items, int limit, Function<T, R> work, Consumer<R> results) {
    BlockingQueue<FutureTask<R>> done = new LinkedBlockingQueue<>();
    Set<FutureTask<R>> running = new HashSet<>();
    try {
      while (items.hasNext() || !running.isEmpty()) {
        while (running.size() < limit && items.hasNext()) {
          T item = items.next();
          FutureTask<R> task =
              new FutureTask<>(() -> work.apply(item)) {
                @Override
                protected void done() {
                  done.add(this);
                }
              };
          running.add(task);
          executor.execute(task);
        }
        FutureTask<R> next = done.poll(deadline.left().toMillis(), TimeUnit.MILLISECONDS);
        if (next == null) {
          throw Deadline.over();
        }
        running.remove(next);
        results.accept(next.get());
        if (items.hasNext()) {
          deadline.check();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ArchiveException(ErrorCode.INTERRUPTED, "interrupted", e);
    } catch (ExecutionException e) {
      throw unchecked(e.getCause());
    } finally {
      drain(running, done);
    }
  }

  /**
   * The same for files of which many may be small: those are given to a thread by the group, for to
   * hand over each alone costs more than to read it.
   *
   * @param size of an item, in bytes
   */
  public <T, R> void runInGroups(
      Iterator<T> items,
      int limit,
      ToLongFunction<T> size,
      Function<T, R> work,
      Consumer<R> results) {
    run(
        new Groups<>(items, size),
        limit,
        group -> {
          List<R> done = new ArrayList<>(group.size());
          for (T item : group) {
            deadline.check();
            done.add(work.apply(item));
          }
          return done;
        },
        done -> done.forEach(results));
  }

  @SuppressWarnings("CollectionUndefinedEquality")
  private <R> void drain(Set<FutureTask<R>> running, BlockingQueue<FutureTask<R>> done) {
    if (running.isEmpty()) {
      return;
    }
    stop.run();
    running.forEach(task -> task.cancel(true));
    boolean interrupted = false;
    while (!running.isEmpty()) {
      try {
        Duration patience = deadline.atMost(deadline.left()).plus(STOP_TIMEOUT);
        FutureTask<R> ended = done.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
        if (ended == null) {
          // What does not end, such as a read of a network disk, ends with the process.
          return;
        }
        running.remove(ended);
      } catch (InterruptedException e) {
        interrupted = true;
        running.clear();
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static RuntimeException unchecked(@Nullable Throwable failure) {
    FatalErrors.report(failure);
    if (failure instanceof Error error) {
      throw error;
    }
    return failure instanceof RuntimeException known ? known : new IllegalStateException(failure);
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
