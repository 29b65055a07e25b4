package dev.archive.client.api;

import dev.archive.model.ArchiveException;
import dev.archive.model.Count;
import dev.archive.model.Sha256;
import dev.archive.source.SourceFile;
import java.io.IOException;
import java.net.URLConnection;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import java.util.function.LongConsumer;
import java.util.zip.CRC32C;
import okhttp3.MediaType;
import okhttp3.RequestBody;
import okio.BufferedSink;

/**
 * A file, or a part of one, as the body of a request: read as it is sent and hashed in that same
 * read. It can be sent again by opening the file again, which is for us to decide: to OkHttp it is
 * one-shot. A file that is not what the plan saw is refused.
 */
public final class FileBody extends RequestBody {
  private static final int BUFFER = 1 << 17;

  private final SourceFile source;
  private final boolean whole;
  private final long offset;
  private final long length;
  private final LongConsumer progress;
  private Sha256 sha256;
  private long crc32c;
  private long counted;

  private FileBody(
      SourceFile source, boolean whole, long offset, long length, LongConsumer progress) {
    this.source = source;
    this.whole = whole;
    this.offset = offset;
    this.length = length;
    this.progress = progress;
  }

  /** The whole file; its SHA-256 is known when it was sent. */
  public static FileBody whole(SourceFile source, LongConsumer progress) {
    return new FileBody(source, true, 0, source.size(), progress);
  }

  /**
   * A part; its CRC32C is known when it was sent, and the file's SHA-256 is for another to take.
   */
  public static FileBody part(SourceFile source, long offset, long length, LongConsumer progress) {
    return new FileBody(source, false, offset, length, progress);
  }

  /** The digest of the bytes that were sent last; null before, and for a part. */
  public Sha256 digest() {
    return sha256;
  }

  /** The CRC32C of the bytes that were sent last. */
  public long crc32c() {
    return crc32c;
  }

  @Override
  public MediaType contentType() {
    return null;
  }

  @Override
  public long contentLength() {
    return length;
  }

  @Override
  public boolean isOneShot() {
    return true;
  }

  /** Why a body could not be sent whole, carried through OkHttp, which lets only this kind pass. */
  static final class SourceFailure extends IOException {
    private final transient ArchiveException problem;

    SourceFailure(ArchiveException problem) {
      super(problem);
      this.problem = problem;
    }

    ArchiveException problem() {
      return problem;
    }
  }

  @Override
  public void writeTo(BufferedSink sink) throws IOException {
    progress.accept(-counted);
    counted = 0;
    MessageDigest digest = whole ? Sha256.newDigest() : null;
    CRC32C crc = new CRC32C();
    try (FileChannel channel = source.open()) {
      ByteBuffer buffer = ByteBuffer.allocate((int) Math.max(1, Math.min(BUFFER, length)));
      long sent = 0;
      while (sent < length) {
        buffer.clear().limit((int) Math.min(buffer.capacity(), length - sent));
        int read = read(channel, buffer, offset + sent);
        if (read < 0) {
          throw source.changed("shrank to " + Count.of(offset + sent, "byte"));
        }
        byte[] bytes = buffer.array();
        if (digest != null) {
          digest.update(bytes, 0, read);
        } else {
          crc.update(bytes, 0, read);
        }
        sink.write(bytes, 0, read);
        sent += read;
        progress.accept(read);
        counted = sent;
      }
      if (offset + length == source.size()) {
        source.requireEnd(channel);
      }
      source.requireUnchanged();
    } catch (ArchiveException e) {
      throw new SourceFailure(e);
    }
    sha256 = digest == null ? null : Sha256.of(digest);
    crc32c = crc.getValue();
  }

  private int read(FileChannel channel, ByteBuffer buffer, long position) {
    try {
      return channel.read(buffer, position);
    } catch (IOException e) {
      throw source.unreadable(e);
    }
  }

  /** The media type that the name of a file promises. */
  public static String mediaType(SourceFile file) {
    String guess = URLConnection.guessContentTypeFromName(file.path().fileName().replace("#", ""));
    return guess == null ? "application/octet-stream" : guess;
  }
}
