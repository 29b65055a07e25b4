package dev.archive.server.http;

import dev.archive.model.Sha256;
import dev.archive.storage.StoredObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;

/**
 * The bytes of one stored file, or a range of them. Of a whole file the last piece is given only
 * once all bytes are known to be right.
 */
final class ContentPieces implements PieceWriter.Pieces {
  private final StoredObject object;
  private final ByteRange range;
  private final Sha256 expected;
  private final MessageDigest digest;
  private final ByteBuffer buffer;
  private long at;

  /**
   * Of an object, which is closed with this.
   *
   * @param expected the digest of the whole object
   */
  ContentPieces(StoredObject object, ByteRange range, Sha256 expected) {
    this.object = object;
    this.range = range;
    this.expected = expected;
    this.digest = range.isWhole() ? Sha256.newDigest() : null;
    this.buffer =
        ByteBuffer.allocate((int) Math.min(PieceWriter.PIECE, Math.max(1, range.length())));
    this.at = range.from();
  }

  @Override
  public ByteBuffer next() throws IOException {
    if (at == range.to() && at > range.from()) {
      return null;
    }
    buffer.clear().limit((int) Math.min(buffer.capacity(), range.to() - at));
    object.read(buffer, at);
    buffer.flip();
    boolean isEmptyFile = at == range.to();
    at += buffer.remaining();
    if (digest != null) {
      digest.update(buffer.duplicate());
      if (at == range.to() && !Sha256.of(digest).equals(expected)) {
        throw new IOException("the stored bytes are altered");
      }
    }
    return isEmptyFile ? null : buffer;
  }

  @Override
  public void close() throws IOException {
    object.close();
  }
}
