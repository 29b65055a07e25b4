package dev.archive.client.work;

import dev.archive.model.BatchId;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/** Keeps what a run tells. */
public final class RecordedProgress implements Progress {
  public final List<String> problems = new CopyOnWriteArrayList<>();
  public final List<String> notes = new CopyOnWriteArrayList<>();
  final List<BatchId> batches = new CopyOnWriteArrayList<>();
  public final AtomicLong sent = new AtomicLong();
  public final AtomicLong completed = new AtomicLong();

  @Override
  public void opened(BatchId batch, String server) {
    batches.add(batch);
  }

  @Override
  public void sent(long bytes) {
    sent.addAndGet(bytes);
  }

  @Override
  public void completed() {
    completed.incrementAndGet();
  }

  @Override
  public void note(String message) {
    notes.add(message);
  }

  @Override
  public void problem(String message) {
    problems.add(message);
  }
}
