package dev.archive.storage;

import dev.archive.durable.DurableFiles;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of batches: objects under their logical paths, the tag files of their bags, and what is
 * still arriving. It knows nothing of what a batch may or must hold; the ledger does. The tests
 * have a suite of its contract, {@code ByteStoreContract} and three more, which every
 * implementation passes.
 *
 * <h2>What every implementation guarantees</h2>
 *
 * <ul>
 *   <li><b>Absent or whole.</b> Under a final name there is nothing, or one object with all its
 *       bytes as they arrived. That holds after a failure, the end of a process or a power cut at
 *       any moment.
 *   <li><b>Durable before it returns.</b> What {@code publish}, {@code publishTag}, {@code
 *       removeObject}, {@code removeTag} and {@code beginClosing} did survives a power cut. So does
 *       what {@code read} has found, by whichever process it was published. What {@code endStaging}
 *       and {@code remove} removed may come back; they are called again.
 *   <li><b>Exact names.</b> Two paths name one object only if they are equal, character by
 *       character. Tag files are not objects and have names of their own. A store may refuse a path
 *       in {@code requireStorable}; it publishes every other. One exception: it may refuse a path
 *       above or below that of another object with {@link ErrorCode#CONFLICT}.
 *   <li><b>Temporary names are created once.</b> Each arrival and each loose part gets a name that
 *       nothing else has or had, in any process. So nobody writes into what another has.
 *   <li><b>A final name is replaced in one step.</b> To publish under a name that is taken replaces
 *       the object: a reader meets the old one or the new one, each whole. If two publish at the
 *       same time, one of the two objects is there afterwards; which is not defined. So a caller
 *       counts on an object only after it compared the digest or the {@link ObjectStamp}. The store
 *       does not know which files are completed; only the ledger can keep them from being replaced.
 *   <li><b>Digests are of the stored bytes.</b> A {@link Stored} never repeats what a sender
 *       claims.
 * </ul>
 *
 * <h2>Many processes</h2>
 *
 * <p>Any number of processes may use one store. What one publishes or removes, the others see in
 * their next call. No guarantee of this interface rests on a lock or memory of one process. {@link
 * PartStore} says what it asks of processes that write parts of the same upload.
 *
 * <h2>What is temporary</h2>
 *
 * <p>Arrivals, parts and the note that a bag is being closed are temporary. No reader sees them,
 * and they hinder nobody. Who began an arrival removes it by closing it. What a killed process left
 * goes with {@code endStaging} and {@code remove} of its batch. A store may sweep it earlier, if
 * nobody else uses the store.
 *
 * <h2>Errors</h2>
 *
 * <p>All are {@link ArchiveException}s. Beside those that a method names: {@link
 * ErrorCode#STORAGE_FULL} where there is no room, and nothing of the request was kept; {@link
 * ErrorCode#UNAVAILABLE} where the same may work later; {@link ErrorCode#INTERNAL} where the store
 * failed and it is unknown whether it did what it was asked. Everything may be asked again.
 *
 * <p>Sizes and positions are in bytes.
 *
 * <h2>What is not here</h2>
 *
 * <p>The quarantine, the audit's look at what lies on the disk ({@link StoreReader}), the sweep at
 * a start, the path of a bag and the scratch files of a process ({@link Spool}) belong to the
 * directory: they have no meaning, or another one, where there are no files.
 */
public interface ByteStore {
  /**
   * Refuses a path that the store could not hold, before anybody counts on it.
   *
   * @throws ArchiveException {@link ErrorCode#INVALID_REQUEST}
   */
  void requireStorable(BatchId batch, LogicalPath path);

  /** How many bytes there is room for; {@link Long#MAX_VALUE} where there is no known bound. */
  long room();

  /**
   * Takes the bytes of a whole object: hashed in the pass that writes them, durable when it is
   * finished, and not yet published.
   *
   * @param size how many bytes there must be
   * @return refuses with {@link ErrorCode#BODY_SIZE} where there are fewer or more; closing it
   *     leaves nothing unless it was finished
   */
  Incoming<Staged> receive(BatchId batch, long size);

  /** Begins to take many objects of a batch. */
  ObjectWriter writer(BatchId batch);

  /** The large objects that arrive in parts. */
  PartStore parts();

  /** Reads and hashes a published object; null where there is none. */
  @Nullable Stored read(BatchId batch, LogicalPath path);

  /** What tells whether a published object is the same as before; null where nothing does. */
  @Nullable ObjectStamp stamp(BatchId batch, LogicalPath path);

  /** What sees whether the objects of a batch are there. */
  ObjectPresence presence(BatchId batch);

  /** What opens the objects and tag files of a batch to be read. */
  StoredObjects objects(BatchId batch);

  /** Removes a published object, where it is there; it is gone for good once this returns. */
  void removeObject(BatchId batch, LogicalPath path);

  /**
   * Publishes a tag file of a bag, in place of one of the same name.
   *
   * @param name one segment
   * @param content where it fails, the failure is the caller's and nothing has changed
   */
  void publishTag(BatchId batch, String name, DurableFiles.Content content);

  /** Whether a tag file is there. */
  boolean hasTag(BatchId batch, String name);

  /** Removes a tag file, where it is there; it is gone for good once this returns. */
  void removeTag(BatchId batch, String name);

  /**
   * Notes, durably, that a bag is being closed; {@link #endStaging} takes the note back. A bag with
   * all its tag files and this note may never have been finished.
   */
  void beginClosing(BatchId batch);

  /** Whether the closing of a bag was begun, and not ended. */
  boolean isClosing(BatchId batch);

  /** A batch is finished: what is temporary of it goes. */
  void endStaging(BatchId batch);

  /** The batches of which something temporary is there, in no order; others may be among them. */
  List<BatchId> staged();

  /** The batches that have an object or a tag file, in no order; empty ones may be among them. */
  List<BatchId> bags();

  /** Whether a batch is one of {@link #bags}. */
  boolean hasBag(BatchId batch);

  /**
   * Removes all bytes of a batch, published or not; writers of its parts can write no more. Nobody
   * may count on them any longer, so it need not survive a power cut: it is done again.
   *
   * @param tags names that files of the archive have beside the payload
   * @param registered which of some logical paths are or were registered in the batch
   * @return whether something is in the bag that the archive did not write; it stays
   */
  boolean remove(BatchId batch, Set<String> tags, Function<List<String>, Set<String>> registered);

  /**
   * Moves what is there of a batch to where nobody counts on it, and loses nothing of it.
   *
   * @param bag what is published; else what is temporary
   * @param why in words, kept with it
   * @param when kept with it
   * @return the name under which it is kept, or null where nothing is there
   */
  @Nullable String setAside(BatchId batch, boolean bag, String why, Instant when);
}
