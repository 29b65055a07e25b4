package dev.archive.client.api;

import dev.archive.model.ArchiveException;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import dev.archive.model.Sha256;
import dev.archive.source.SourceFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.zip.CRC32C;

/**
 * The digest of a local file that is not being sent in the same read.
 *
 * @param sha256 of the whole
 * @param crcs the CRC32C of each part, in order
 */
public record FileDigest(Sha256 sha256, List<Long> crcs) {
  private static final int BUFFER = 1 << 17;

  /** The SHA-256 of a file. */
  public static Sha256 of(SourceFile file) {
    return of(file, count -> {});
  }

  /**
   * The SHA-256 of a file.
   *
   * @param read is told how many bytes were read, now and then
   */
  public static Sha256 of(SourceFile file, LongConsumer read) {
    return of(file, Math.max(1, file.size()), read).sha256();
  }

  /**
   * The SHA-256 of a file, and the CRC32C of each of its parts.
   *
   * @throws ArchiveException {@link ErrorCode#SOURCE_CHANGED} where it is not what the walk saw, or
   *     {@link ErrorCode#SOURCE_UNREADABLE}
   */
  public static FileDigest of(SourceFile file, long partSize) {
    return of(file, partSize, count -> {});
  }

  private static FileDigest of(SourceFile file, long partSize, LongConsumer told) {
    MessageDigest sha256 = Sha256.newDigest();
    List<Long> crcs = new ArrayList<>();
    ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(BUFFER, file.size()));
    try (FileChannel channel = file.open()) {
      for (long offset = 0; offset < file.size(); offset += partSize) {
        CRC32C crc = new CRC32C();
        long end = Math.min(offset + partSize, file.size());
        for (long at = offset; at < end; ) {
          buffer.clear().limit((int) Math.min(buffer.capacity(), end - at));
          int read = channel.read(buffer, at);
          if (read < 0) {
            throw file.changed("shrank to " + Count.of(at, "byte"));
          }
          sha256.update(buffer.array(), 0, read);
          crc.update(buffer.array(), 0, read);
          told.accept(read);
          at += read;
        }
        crcs.add(crc.getValue());
      }
      file.requireEnd(channel);
    } catch (IOException e) {
      throw file.unreadable(e);
    }
    file.requireUnchanged();
    return new FileDigest(Sha256.of(sha256), crcs);
  }
}
