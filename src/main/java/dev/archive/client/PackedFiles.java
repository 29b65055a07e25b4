package dev.archive.client;

import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import dev.archive.source.SourceFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Files in little memory, so that a plan of millions fits: each is a row of 71 bytes and its path,
 * where the objects of a file and its digest take some 600. A row is known by a number that never
 * changes; its file is made anew each time it is asked for.
 */
final class PackedFiles {
  private static final int CHUNK_BITS = 18;
  private static final int CHUNK = 1 << CHUNK_BITS;
  private static final int DIGEST_LENGTH = 32;

  // Where the fields of a row are.
  private static final int SIZE = 0;
  private static final int MODIFIED_SECOND = 8;
  private static final int MODIFIED_NANO = 16;
  private static final int KEY_NUMBER = 20;
  private static final int KEY_FORM = 28;
  private static final int ORIGIN = 32;
  private static final int HAS_DIGEST = 36;
  private static final int DIGEST = 37;
  private static final int PATH_LENGTH = DIGEST + DIGEST_LENGTH;
  private static final int PATH = PATH_LENGTH + 2;

  private final List<ByteBuffer> chunks = new ArrayList<>();
  private final Interned<Origin> origins = new Interned<>();
  private final Interned<KeyForm> keyForms = new Interned<>();

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

  /** A file key but for its last number: {@code (dev=fe00,ino=} and {@code )}. */
  private record KeyForm(String before, String after) {
    private static final int MOST_DIGITS = 18;

    static KeyForm of(String key, int from, int to) {
      return new KeyForm(key.substring(0, from), key.substring(to));
    }

    /** The end of the last number in a key; 0 where it has none. */
    static int end(String key) {
      int end = key.length();
      while (end > 0 && !isDigit(key.charAt(end - 1))) {
        end--;
      }
      return end;
    }

    /** The start of the number with this end, as far as it can be kept as a number. */
    static int start(String key, int end) {
      int start = end;
      while (start > 0 && isDigit(key.charAt(start - 1)) && end - start < MOST_DIGITS) {
        start--;
      }
      while (start < end - 1 && key.charAt(start) == '0') {
        start++;
      }
      return start;
    }

    private static boolean isDigit(char c) {
      return c >= '0' && c <= '9';
    }
  }

  /** Adds a file and tells its row. */
  long add(SourceFile file) {
    String path = file.path().toString();
    byte[] utf8 = path.getBytes(StandardCharsets.UTF_8);
    ByteBuffer chunk = chunkFor(PATH + utf8.length);
    int at = chunk.position();
    Instant modified = file.modified().toInstant();
    chunk.putLong(file.size()).putLong(modified.getEpochSecond()).putInt(modified.getNano());
    putKey(chunk, file.fileKey());
    chunk.putInt(origins.number(Origin.of(file.file().toString(), path)));
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

  private void putKey(ByteBuffer chunk, String key) {
    if (key == null) {
      chunk.putLong(0).putInt(-1);
      return;
    }
    int end = KeyForm.end(key);
    int start = KeyForm.start(key, end);
    chunk.putLong(start == end ? -1 : Long.parseLong(key, start, end, 10));
    chunk.putInt(keyForms.number(KeyForm.of(key, start, end)));
  }

  /** The file of a row. */
  SourceFile file(long row) {
    ByteBuffer chunk = chunk(row);
    int at = at(row);
    LogicalPath path = path(row);
    return new SourceFile(
        origins.value(chunk.getInt(at + ORIGIN)).file(path.toString()),
        path,
        size(row),
        FileTime.from(
            Instant.ofEpochSecond(
                chunk.getLong(at + MODIFIED_SECOND), chunk.getInt(at + MODIFIED_NANO))),
        key(chunk.getInt(at + KEY_FORM), chunk.getLong(at + KEY_NUMBER)));
  }

  private String key(int form, long number) {
    if (form < 0) {
      return null;
    }
    KeyForm text = keyForms.value(form);
    return text.before() + (number < 0 ? "" : Long.toString(number)) + text.after();
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
    return chunk(row).get(at(row) + HAS_DIGEST) != 0;
  }

  /** The digest of a file, or null as long as it is not known. */
  Sha256 digest(long row) {
    if (!hasDigest(row)) {
      return null;
    }
    ByteBuffer chunk = chunk(row);
    byte[] digest = new byte[DIGEST_LENGTH];
    chunk.get(at(row) + DIGEST, digest);
    return Sha256.ofDigest(digest);
  }

  void setDigest(long row, Sha256 sha256) {
    if (sha256 != null) {
      chunk(row).put(at(row) + DIGEST, sha256.bytes());
    }
    chunk(row).put(at(row) + HAS_DIGEST, (byte) (sha256 == null ? 0 : 1));
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
