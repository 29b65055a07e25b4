package dev.archive.storage;

import dev.archive.model.BatchId;
import dev.archive.model.LogicalPath;
import java.io.IOException;

/** Where the bytes of stores are that a contract is tried on, and what can happen to them there. */
interface StorePlace {
  /** A store as one more process has it; it knows nothing of what the others did. */
  ByteStore open() throws IOException;

  /** Cuts the power, where that can be done: what is not durable is lost. Open stores are gone. */
  void powerCut();

  /** How many arrivals, parts and notes a batch has. */
  int temporaries(BatchId batch) throws IOException;

  /** Makes the store fail to publish in a batch that has nothing yet, or lets it work again. */
  void obstruct(BatchId batch, boolean obstruct) throws IOException;

  /** Changes the first byte of an object, as a failing disk does. */
  void damage(BatchId batch, LogicalPath path) throws IOException;
}
