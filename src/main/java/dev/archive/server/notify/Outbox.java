package dev.archive.server.notify;

import dev.archive.ledger.BatchState;
import dev.archive.ledger.Deliveries;
import dev.archive.ledger.Deliveries.Delivery;
import dev.archive.model.BatchId;
import dev.archive.server.bag.Amendment;
import dev.archive.wire.Json;
import dev.archive.wire.Messages.FinalizedEvent;
import dev.archive.wire.RawJson;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells a hook of each finalized batch, at least once: a message leaves the ledger only when the
 * hook has taken it, or was tried in vain often enough. Messages of different batches go side by
 * side, so that none waits for a hook that stalls on another.
 */
public final class Outbox implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Outbox.class);
  private static final int MAX_TRIES = 10;
  private static final Duration FIRST_WAIT = Duration.ofSeconds(10);

  private final Deliveries deliveries;
  private final Function<BatchId, String> skipped;
  private final Function<BatchId, Path> bags;
  private final Hook hook;
  private final Executor workers;
  private final Semaphore free;

  /**
   * The batches whose messages are on their way: only so that this process does not send one twice
   * at the same time. What has to be sent is in the ledger.
   */
  private final Set<BatchId> busy = ConcurrentHashMap.newKeySet();

  /**
   * Delivers.
   *
   * @param skipped the list of files that a batch goes without, or null
   * @param bags where the bag of a batch lies
   * @param workers deliver, as many at once as the hook takes
   */
  public Outbox(
      Deliveries deliveries,
      Function<BatchId, String> skipped,
      Function<BatchId, Path> bags,
      Hook hook,
      Executor workers) {
    this.workers = workers;
    this.free = new Semaphore(hook.parallel());
    this.deliveries = deliveries;
    this.skipped = skipped;
    this.bags = bags;
    this.hook = hook;
  }

  /** Begins to deliver what is due; what fails is due again later. */
  @Override
  public void run() {
    boolean more = true;
    while (more && free.tryAcquire()) {
      Delivery due = null;
      try {
        due = next();
        if (due != null) {
          Delivery first = due;
          workers.execute(() -> deliverAll(first));
        }
      } catch (RuntimeException e) {
        LOG.warn("messages of finalized batches are not delivered; it is tried again", e);
        done(due);
        return;
      }
      more = due != null;
      if (!more) {
        free.release();
      }
    }
  }

  /** Delivers a message, and then the others that are due. */
  private void deliverAll(Delivery first) {
    Delivery due = first;
    try {
      while (due != null) {
        deliver(due);
        busy.remove(due.batch().id());
        due = null;
        due = next();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.warn("messages of finalized batches are not delivered; it is tried again", e);
    } finally {
      done(due);
    }
  }

  private void done(@Nullable Delivery due) {
    if (due != null) {
      busy.remove(due.batch().id());
    }
    free.release();
  }

  private synchronized @Nullable Delivery next() {
    if (Thread.currentThread().isInterrupted()) {
      return null;
    }
    Delivery due = deliveries.begin(Outbox::wait, Set.copyOf(busy));
    if (due != null) {
      busy.add(due.batch().id());
    }
    return due;
  }

  /** Twice as long after each try: ten tries in an hour and a half. */
  static Duration wait(int attempt) {
    Duration wait = FIRST_WAIT.multipliedBy(1L << Math.min(attempt - 1, 20));
    return wait.compareTo(Deliveries.MAX_WAIT) < 0 ? wait : Deliveries.MAX_WAIT;
  }

  private void deliver(Delivery delivery) throws InterruptedException {
    BatchId id = delivery.batch().id();
    try {
      hook.deliver(Json.bytes(message(delivery.batch())));
    } catch (InterruptedException e) {
      deliveries.release(id);
      throw e;
    } catch (IOException e) {
      LOG.warn(
          "try {} of {} to tell of batch {} failed: {}",
          delivery.attempt(),
          MAX_TRIES,
          id,
          e.toString());
      if (delivery.attempt() >= MAX_TRIES) {
        deliveries.end(id, false);
      }
      return;
    }
    deliveries.end(id, true);
  }

  private FinalizedEvent message(BatchState batch) {
    return new FinalizedEvent(
        "finalized",
        batch.id().value(),
        batch.finalizedVersion(),
        batch.completedFiles(),
        batch.completedBytes(),
        batch.manifestSha256().hex(),
        batch.finalizedAt().toString(),
        batch.rootPath(),
        batch.uploader(),
        batch.metadata() == null ? null : new RawJson(batch.metadata()),
        bags.apply(batch.id()).toString(),
        Amendment.read(skipped.apply(batch.id())));
  }
}
