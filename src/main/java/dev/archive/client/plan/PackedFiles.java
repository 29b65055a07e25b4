package dev.archive.client.plan;

import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import dev.archive.source.SourceFile;
import dev.archive.source.Stamp;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Files in little memory, so that a plan of millions fits: each is a row of 79 bytes and its path,
 * where the objects of a file and its digest take some 600. A row is known by a number that never
 * changes; its file is made each time it is asked for.
 */
final class PackedFiles {
  private static final int CHUNK_BITS = 18;
  private static final int CHUNK = 1 << CHUNK_BITS;
  private static final int DIGEST_LENGTH = 32;

  // Where the fields of a row are.
  private static final int SIZE = 0;
  private static final int MODIFIED = 8;
  private static final int CHANGED = 20;
  private static final int INODE = 32;
  private static final int ORIGIN = 40;
  private static final int FLAGS = 44;
  private static final int DIGEST = 45;
  private static final int PATH_LENGTH = DIGEST + DIGEST_LENGTH;
  private static final int PATH = PATH_LENGTH + 2;

  // The bits of the flags.
  private static final int HAS_DIGEST = 1;
  private static final int YOUNG = 2;

  private final List<ByteBuffer> chunks = new ArrayList<>();
  private final Interned<Origin> origins = new Interned<>();

  /** Where files lie: in a directory, under the end of their path in the batch. */
  private record Origin(String directory, int skipped) {
    static Origin of(String file, String path) {
      int same = 0;
      while (same < Math.min(file.length(), path.length())
          && file.charAt(file.length() - 1 - same) == path.charAt(path.length() - 1 - same)) {
        same++;
      }
      return new Origin(file.substring(0, file.length() - same), path.length() - same);
    }

    Path file(String path) {
      return Path.of(directory + path.substring(skipped));
    }
  }

  /** Adds a file and tells its row. */
  long add(SourceFile file) {
    String path = file.path().toString();
    byte[] utf8 = path.getBytes(StandardCharsets.UTF_8);
    ByteBuffer chunk = chunkFor(PATH + utf8.length);
    int at = chunk.position();
    Stamp stamp = file.stamp();
    chunk.putLong(stamp.size());
    putTime(chunk, stamp.modified());
    putTime(chunk, stamp.changed());
    chunk.putLong(stamp.inode());
    chunk.putInt(origins.number(Origin.of(file.file().toString(), path)));
    chunk.put((byte) (stamp.young() ? YOUNG : 0));
    chunk.position(at + PATH_LENGTH);
    chunk.putShort((short) utf8.length).put(utf8);
    return (long) (chunks.size() - 1) << CHUNK_BITS | at;
  }

  private ByteBuffer chunkFor(int length) {
    ByteBuffer last = chunks.isEmpty() ? null : chunks.get(chunks.size() - 1);
    if (last == null || last.remaining() < length) {
      last = ByteBuffer.allocate(CHUNK);
      chunks.add(last);
    }
    return last;
  }

  private static void putTime(ByteBuffer chunk, FileTime time) {
    Instant instant = time.toInstant();
    chunk.putLong(instant.getEpochSecond()).putInt(instant.getNano());
  }

  private static FileTime time(ByteBuffer chunk, int at) {
    return FileTime.from(Instant.ofEpochSecond(chunk.getLong(at), chunk.getInt(at + 8)));
  }

  /** The file of a row. */
  SourceFile file(long row) {
    LogicalPath path = path(row);
    return new SourceFile(
        origins.value(chunk(row).getInt(at(row) + ORIGIN)).file(path.toString()), path, stamp(row));
  }

  Stamp stamp(long row) {
    ByteBuffer chunk = chunk(row);
    int at = at(row);
    return new Stamp(
        size(row),
        time(chunk, at + MODIFIED),
        time(chunk, at + CHANGED),
        chunk.getLong(at + INODE),
        (chunk.get(at + FLAGS) & YOUNG) != 0);
  }

  LogicalPath path(long row) {
    int length = chunk(row).getShort(at(row) + PATH_LENGTH);
    byte[] utf8 = new byte[length];
    chunk(row).get(at(row) + PATH, utf8);
    return LogicalPath.parse(new String(utf8, StandardCharsets.UTF_8));
  }

  long size(long row) {
    return chunk(row).getLong(at(row) + SIZE);
  }

  boolean hasDigest(long row) {
    return (chunk(row).get(at(row) + FLAGS) & HAS_DIGEST) != 0;
  }

  /** The digest of a file, or null as long as it is not known. */
  @Nullable Sha256 digest(long row) {
    if (!hasDigest(row)) {
      return null;
    }
    ByteBuffer chunk = chunk(row);
    byte[] digest = new byte[DIGEST_LENGTH];
    chunk.get(at(row) + DIGEST, digest);
    return Sha256.ofDigest(digest);
  }

  void setDigest(long row, @Nullable Sha256 sha256) {
    if (sha256 != null) {
      chunk(row).put(at(row) + DIGEST, sha256.bytes());
    }
    int flags = chunk(row).get(at(row) + FLAGS) & ~HAS_DIGEST;
    chunk(row).put(at(row) + FLAGS, (byte) (sha256 == null ? flags : flags | HAS_DIGEST));
  }

  /** The order of two rows' paths. */
  int compare(long row, long other) {
    int from = at(row) + PATH;
    int otherFrom = at(other) + PATH;
    return Arrays.compareUnsigned(
        chunk(row).array(),
        from,
        from + chunk(row).getShort(from - 2),
        chunk(other).array(),
        otherFrom,
        otherFrom + chunk(other).getShort(otherFrom - 2));
  }

  /** The order of a row's path and another in UTF-8. */
  int compare(long row, byte[] path) {
    int from = at(row) + PATH;
    return Arrays.compareUnsigned(
        chunk(row).array(), from, from + chunk(row).getShort(from - 2), path, 0, path.length);
  }

  private ByteBuffer chunk(long row) {
    return chunks.get((int) (row >>> CHUNK_BITS));
  }

  private static int at(long row) {
    return (int) (row & CHUNK - 1);
  }
}
