package dev.archive.testing;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/**
 * Imitates the later deployments: each batch is one object whose calls run one after the other, so
 * no registration is lost. From some number of files on its state no longer fits into one value,
 * and every call fails. Finalize reads, enqueues and marks in separate calls, so it can race.
 */
final class DurableObjectDocuments implements BatchDocuments {
  private final KeyValueIngestOptions options;
  private final Map<String, BatchDocument> documents = new ConcurrentHashMap<>();
  private final Map<String, ReadWindow> finalizing = new ConcurrentHashMap<>();

  DurableObjectDocuments(KeyValueIngestOptions options) {
    this.options = options;
  }

  @Override
  public void create(BatchDocument document) {
    finalizing.put(document.batchId(), new ReadWindow(options.interleave(), options.quiet()));
    documents.put(document.batchId(), document);
  }

  @Override
  public BatchDocument read(String batchId) {
    BatchDocument document = documents.get(batchId);
    if (document == null) {
      throw Refusal.notFound("Batch not found");
    }
    if (options.failFromFiles() > 0 && document.files().size() >= options.failFromFiles()) {
      throw Refusal.internal();
    }
    return document;
  }

  @Override
  public synchronized BatchDocument update(String batchId, UnaryOperator<BatchDocument> change) {
    BatchDocument before = read(batchId);
    documents.put(batchId, change.apply(before));
    return before;
  }

  @Override
  public BatchDocument updateByFinalize(String batchId, UnaryOperator<BatchDocument> change) {
    read(batchId);
    BatchDocument before = finalizing.get(batchId).overlap(() -> read(batchId));
    BatchDocument after = change.apply(before);
    if (after != before) {
      // Only the status is set: a file registered since the read stays, but was not enqueued.
      update(batchId, document -> document.enqueued(after.enqueuedAt()));
    }
    return before;
  }

  @Override
  public Map<String, BatchDocument> current() {
    return Map.copyOf(documents);
  }

  @Override
  public void close() {
    // No call waits here longer than its window is patient.
  }
}
