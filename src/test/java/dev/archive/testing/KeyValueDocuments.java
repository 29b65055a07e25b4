package dev.archive.testing;

import dev.archive.testing.KeyValueIngestOptions.Variant;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * Imitates the first deployments: the document of a batch lies in an eventually consistent
 * key-value store, is read, changed and written back, and the write names no condition. With {@link
 * Variant#UNCOMPARED_VERSION} it also imitates the attempt to repair that: a version is counted but
 * never compared, a random wait comes before each read, and a refused change is tried again.
 */
final class KeyValueDocuments implements BatchDocuments {
  private final KeyValueIngestOptions options;
  private final boolean versioned;
  private final Random random;
  private final Map<String, Slot> slots = new ConcurrentHashMap<>();
  private final CountDownLatch closed = new CountDownLatch(1);

  KeyValueDocuments(KeyValueIngestOptions options) {
    this.options = options;
    this.versioned = options.variant() == Variant.UNCOMPARED_VERSION;
    this.random = new Random(options.seed());
  }

  @Override
  public void create(BatchDocument document) {
    // Nobody has read a fresh key before, so no cache can hold that it is missing.
    slots.put(
        document.batchId(),
        new Slot(document, new ReadWindow(options.interleave(), options.quiet())));
  }

  @Override
  public BatchDocument read(String batchId) {
    return slot(batchId).read(random);
  }

  @Override
  public BatchDocument update(String batchId, UnaryOperator<BatchDocument> change) {
    int attempts = versioned ? 3 : 1;
    for (int attempt = 1; ; attempt++) {
      try {
        return updateOnce(slot(batchId), change);
      } catch (Refusal refusal) {
        if (attempt == attempts) {
          throw refusal;
        }
        pause(options.jitter().multipliedBy(2L << attempt));
      }
    }
  }

  @Override
  public BatchDocument updateByFinalize(String batchId, UnaryOperator<BatchDocument> change) {
    return update(batchId, change);
  }

  @Override
  public Map<String, BatchDocument> current() {
    return slots.entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue().current()));
  }

  @Override
  public void close() {
    closed.countDown();
  }

  private BatchDocument updateOnce(Slot slot, UnaryOperator<BatchDocument> change) {
    BatchDocument before = slot.window.overlap(() -> readAfterJitter(slot));
    BatchDocument after = change.apply(before);
    if (versioned) {
      // Written even where nothing changed, so a mere repetition can put an old state back.
      slot.write(after.nextVersion(), options.staleReads());
    } else if (after != before) {
      slot.write(after, options.staleReads());
    }
    return before;
  }

  private BatchDocument readAfterJitter(Slot slot) {
    if (versioned) {
      pause(Duration.ofNanos((long) (random.nextDouble() * options.jitter().toNanos())));
    }
    return slot.read(random);
  }

  private Slot slot(String batchId) {
    Slot slot = slots.get(batchId);
    if (slot == null) {
      throw Refusal.notFound("Batch not found");
    }
    return slot;
  }

  private void pause(Duration duration) {
    try {
      closed.await(duration.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** One key of the store, with the value that a cache may still hold. */
  private static final class Slot {
    private final ReadWindow window;
    private BatchDocument current;
    private BatchDocument previous;
    private int staleReadsLeft;

    Slot(BatchDocument document, ReadWindow window) {
      this.current = document;
      this.window = window;
    }

    synchronized BatchDocument read(Random random) {
      if (staleReadsLeft > 0) {
        staleReadsLeft--;
        return random.nextBoolean() ? previous : current;
      }
      return current;
    }

    synchronized void write(BatchDocument document, int staleReads) {
      previous = current;
      current = document;
      staleReadsLeft = staleReads;
    }

    synchronized BatchDocument current() {
      return current;
    }
  }
}
