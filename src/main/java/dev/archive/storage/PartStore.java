package dev.archive.storage;

import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Large objects that arrive in parts, under the id of their upload. A part that is cut as its
 * sender was told has its place in the object. Others are loose: the place of each is known when
 * the sizes of all are known. Nothing is an object before the whole is published.
 *
 * <p>A part that is durable has a mark, which does for an ETag: parts of the same size and content
 * have the same mark, others do not by accident. The ledger keeps the marks, and only what it keeps
 * counts: a part is dropped there before its bytes change, and added when they are durable.
 *
 * <p>A loose part gets a name that no other part has or had, in any process. It is absent or whole,
 * and never written again.
 *
 * <p>The parts of one upload that have places are written and assembled by one process at a time.
 * The right to write one may be known only to the process that gave it, and so may the digest of
 * what has arrived: where two processes wrote, an assembled object can have another digest than it
 * says, and a late byte can reach it.
 *
 * <p>Offsets and sizes are in bytes. The errors are those of a {@link ByteStore}.
 */
public interface PartStore {
  /**
   * The right to write one part. It ends when the part is sent again or the object is put together,
   * so that no late byte changes what others have proved.
   */
  interface PartWriter extends AutoCloseable {
    /**
     * Takes the bytes; durable when it is finished, with their mark. Until then, and where it
     * fails, the part may hold anything.
     *
     * @param offset of the part in the object
     * @param size of the part
     * @param declared the digest its bytes must have, or null
     * @return gives the right back when it is closed. It refuses with {@link ErrorCode#BODY_SIZE}
     *     where there are fewer or more bytes, {@link ErrorCode#FIXITY_MISMATCH} where they have
     *     another digest, {@link ErrorCode#CONFLICT} where the right has ended
     */
    Incoming<String> receive(long offset, long size, Sha256 declared);

    /**
     * Proves that nobody else has begun to write the part since.
     *
     * @throws ArchiveException {@link ErrorCode#CONFLICT}
     */
    void requireRight();

    /** Gives the right back. */
    @Override
    void close();
  }

  /**
   * Begins to write one part at its place. A writer that was writing the same part can write no
   * more: the last comer is the one whose sender still waits.
   *
   * @param number of the part, from 1
   */
  PartWriter write(BatchId batch, String uploadId, int number);

  /** How far the parts at their places reach; 0 where there are none. */
  long end(BatchId batch, String uploadId);

  /**
   * Takes the bytes of a part whose place is not known yet; durable when it is finished.
   *
   * @param max the most bytes
   * @param declared the digest its bytes must have, or null
   * @return refuses with {@link ErrorCode#TOO_LARGE} where there are more bytes, {@link
   *     ErrorCode#FIXITY_MISMATCH} where they have another digest; nothing of them is kept then
   */
  Incoming<LoosePart> receiveLoose(BatchId batch, String uploadId, long max, Sha256 declared);

  /** Whether a loose part is there with this size. */
  boolean hasLoose(BatchId batch, String name, long size);

  /** Removes a loose part that nobody counts on any more, where it is there. */
  void dropLoose(BatchId batch, String name);

  /**
   * The object whose parts all lie at their places, hashed and ready to be published; it takes the
   * parts. From now on nobody who began to write a part before can go on.
   *
   * @param size of the object
   * @return null where there are no parts, because they were published before or never came
   * @throws ArchiveException {@link ErrorCode#BYTES_MISSING} where they do not end at this size
   */
  @Nullable Staged assemble(BatchId batch, String uploadId, long size);

  /**
   * The object of pieces of which some are loose, copied one after the other, hashed and durable,
   * and ready to be published. The pieces stay. From now on nobody who began to write a part before
   * can go on.
   *
   * @param size of all pieces
   * @return null where a piece is not what its mark says
   */
  @Nullable Staged join(BatchId batch, String uploadId, List<Piece> pieces, long size);

  /** Removes the parts of an upload, loose or not: nobody counts on them any more. */
  void drop(BatchId batch, String uploadId, List<Piece> pieces);

  /** Takes bytes only to know the mark that they would have as a part; nothing is kept. */
  Incoming<String> mark(long size);

  /**
   * The mark that a piece of a published object would have as a part.
   *
   * @throws ArchiveException {@link ErrorCode#INTERNAL} where the object is not there
   */
  String markOf(BatchId batch, LogicalPath path, long offset, long size);
}
