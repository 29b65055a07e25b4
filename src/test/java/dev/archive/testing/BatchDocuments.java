package dev.archive.testing;

import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Where a deployment keeps the documents of its batches: an overwriting key-value store, or one
 * serialised object per batch. A missing batch is refused with 404.
 */
interface BatchDocuments extends AutoCloseable {

  void create(BatchDocument document);

  BatchDocument read(String batchId);

  /** Applies a change, which may refuse, and returns the document it was applied to. */
  BatchDocument update(String batchId, UnaryOperator<BatchDocument> change);

  /** The update of finalize, which even the serialised deployment does not do in one step. */
  BatchDocument updateByFinalize(String batchId, UnaryOperator<BatchDocument> change);

  /** What is really stored now, by batch, whatever a read would show. */
  Map<String, BatchDocument> current();

  /** Lets every call go that still waits for others. */
  @Override
  void close();
}
