package dev.archive.storage;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.function.Function;

/**
 * Takes bytes as they arrive, piece by piece, so that no thread waits for a sender that is silent.
 * One thread at a time may use it. Closing drops what was not finished.
 *
 * @param <R> what becomes of the bytes
 */
public interface Incoming<R> extends AutoCloseable {
  /**
   * Takes the next bytes, all of them.
   *
   * @throws ArchiveException {@link ErrorCode#BODY_SIZE} or {@link ErrorCode#TOO_LARGE} where there
   *     are more than there may be, or what the store reports
   */
  void write(ByteBuffer bytes);

  /**
   * The last byte has been written.
   *
   * @throws ArchiveException {@link ErrorCode#BODY_SIZE} where bytes are missing, or what the store
   *     reports
   */
  R finish();

  /**
   * No more bytes will arrive, though more were expected.
   *
   * @return what their sender is told
   */
  default ArchiveException broken(ArchiveException why) {
    return why;
  }

  /** The same bytes, of which something else is made when they are finished. */
  default <T> Incoming<T> then(Function<? super R, ? extends T> next) {
    return new IncomingThen<>(this, next);
  }

  @Override
  void close();

  /** Takes bytes only to know their size and digest; nothing is kept. */
  static Incoming<Stored> digest(long size) {
    MessageDigest digest = Sha256.newDigest();
    return new IncomingSum<>(size, digest::update, () -> new Stored(size, Sha256.of(digest)));
  }

  /**
   * Takes all bytes of a stream that does not keep its reader waiting, and closes this.
   *
   * @param incoming is closed when this returns
   * @param most how many bytes are read at once
   */
  static <R> R of(InputStream body, Incoming<R> incoming, int most) {
    try (Incoming<R> taken = incoming) {
      byte[] buffer = new byte[Math.max(1, most)];
      try {
        for (int read = body.readNBytes(buffer, 0, buffer.length);
            read > 0;
            read = body.readNBytes(buffer, 0, buffer.length)) {
          taken.write(ByteBuffer.wrap(buffer, 0, read));
        }
      } catch (IOException e) {
        throw new ArchiveException(ErrorCode.BODY_SIZE, "the body could not be read to its end", e);
      }
      return taken.finish();
    }
  }
}
