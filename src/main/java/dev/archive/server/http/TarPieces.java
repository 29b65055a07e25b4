package dev.archive.server.http;

import dev.archive.ledger.EntryState;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import dev.archive.storage.StoredObject;
import dev.archive.storage.StoredObjects;
import dev.archive.wire.TarFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Iterator;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stored files as a tar stream, many small ones in one piece. A file that is damaged ends it before
 * that file is whole, and what comes before it is given first.
 */
final class TarPieces implements PieceWriter.Pieces {
  private static final Logger LOG = LoggerFactory.getLogger(TarPieces.class);

  /** Up to so many bytes, a file and its header fit into one piece. */
  private static final int MAX_READ_ONCE = PieceWriter.PIECE / 2;

  private final Iterator<EntryState> files;
  private final StoredObjects objects;
  private final ByteBuffer buffer = ByteBuffer.allocate(PieceWriter.PIECE);

  /** What is to be copied before anything else: a header, padding, the end. */
  private ByteBuffer pending = ByteBuffer.allocate(0);

  private EntryState file;
  private StoredObject object;
  private MessageDigest digest;
  private long at;

  /** Where in the buffer the present file begins; 0 where that was in an earlier piece. */
  private int begin;

  private ArchiveException damage;
  private boolean ended;

  /**
   * Of files in the order in which they are given.
   *
   * @param objects opens them, and is closed with this
   */
  TarPieces(Iterator<EntryState> files, StoredObjects objects) {
    this.files = files;
    this.objects = objects;
  }

  @Override
  public ByteBuffer next() throws IOException {
    if (damage != null) {
      throw damage;
    }
    buffer.clear();
    begin = 0;
    try {
      while (buffer.hasRemaining() && step()) {
        // Goes on until the piece is full.
      }
    } catch (IOException e) {
      spoil(StoredObjects.unreadable(path().toString(), e));
    } catch (ArchiveException e) {
      spoil(e);
    }
    return buffer.flip().hasRemaining() ? buffer : null;
  }

  /** Takes back what is in the piece of a damaged file; throws where nothing is left. */
  private void spoil(ArchiveException e) {
    damage =
        file == null
            ? e
            : new ArchiveException(
                e.code(), e.getMessage(), Map.of("logical_path", path().toString()), e);
    LOG.warn("the tar stream of a batch ends early: {}", e.getMessage());
    buffer.position(begin);
    if (begin == 0) {
      throw damage;
    }
  }

  private boolean step() throws IOException {
    if (pending.hasRemaining()) {
      copyPending();
    } else if (object != null) {
      copyContent();
    } else if (ended) {
      return false;
    } else {
      advance();
    }
    return true;
  }

  private void advance() throws IOException {
    begin = buffer.position();
    file = null;
    if (files.hasNext()) {
      open(files.next());
    } else {
      ended = true;
      pending = ByteBuffer.wrap(TarFiles.end());
    }
  }

  private void copyPending() {
    int length = Math.min(pending.remaining(), buffer.remaining());
    buffer.put(pending.slice().limit(length));
    pending.position(pending.position() + length);
  }

  private void open(EntryState next) throws IOException {
    file = next;
    long size = next.registration().size();
    object = objects.open(path(), size);
    if (size > MAX_READ_ONCE && size <= ContentCalls.MAX_READ_TWICE) {
      requireRight(object.digest());
    }
    digest = Sha256.newDigest();
    at = 0;
    pending = ByteBuffer.wrap(TarFiles.header(path(), size, next.completedAt()));
  }

  private void copyContent() throws IOException {
    int from = buffer.position();
    int length = (int) Math.min(buffer.remaining(), object.size() - at);
    ByteBuffer place = buffer.slice().limit(length);
    object.read(place, at);
    digest.update(place.flip());
    buffer.position(from + length);
    at += length;
    if (at == object.size()) {
      end();
    }
  }

  private void end() throws IOException {
    long size = object.size();
    object.close();
    object = null;
    requireRight(Sha256.of(digest));
    pending = ByteBuffer.wrap(TarFiles.padding(size));
  }

  private void requireRight(Sha256 found) {
    if (!found.equals(file.sha256())) {
      throw new ArchiveException(
          ErrorCode.FIXITY_MISMATCH, "the stored bytes are altered: " + path());
    }
  }

  private LogicalPath path() {
    return file.registration().path();
  }

  @Override
  public void close() throws IOException {
    objects.close();
    if (object != null) {
      object.close();
    }
  }
}
