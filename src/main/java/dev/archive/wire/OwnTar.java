package dev.archive.wire;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The tar streams that this program makes (POSIX.1-2001): before each file a pax header that says
 * all of it. Any tar program reads them. A library took a third of the processor time of an upload
 * of small files to write them, and as much to read them.
 */
final class OwnTar implements TarEntries {
  static final String SHA256 = "ARCHIVE.sha256";
  static final String MEDIA_TYPE = "ARCHIVE.content-type";

  /** Over what a header says: tar's own sum does not cover pax records. */
  static final String CHECK = "ARCHIVE.crc32c";

  private static final String PATH = "path";

  /** The name of each pax header. A file of a stranger may have it too. */
  private static final byte[] MARK = ascii("PaxHeaders.archive\0");

  /** What the keys of our own records begin with. */
  private static final String OWN_KEY = "ARCHIVE.";

  /** The magic of the format, and its version. */
  private static final byte[] USTAR = ascii("ustar\00000");

  static final int BLOCK = 512;

  /** The most bytes of the records about one file: a path of 4 KiB, and short ones. */
  private static final int MAX_RECORDS = 16 << 10;

  /** How many bytes of a stream tell whether it is one of these. */
  static final int HEAD = BLOCK + MAX_RECORDS;

  // Where the fields of a header are, and how long those of numbers are with their end.
  private static final int MODE = 100;
  private static final int USER = 108;
  private static final int GROUP = 116;
  private static final int SIZE = 124;
  private static final int SIZE_LENGTH = 12;
  private static final int MODIFIED = 136;
  private static final int SUM = 148;
  private static final int SUM_LENGTH = 8;
  private static final int KIND = 156;
  private static final int MAGIC = 257;

  private static final byte RECORDS = 'x';
  private static final byte FILE = '0';

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static int padded(int length) {
    return (length + BLOCK - 1) / BLOCK * BLOCK;
  }

  /** Writes such a stream. For one thread. */
  static final class Writer {
    private final OutputStream out;
    private byte[] header = new byte[4 * BLOCK];

    Writer(OutputStream out) {
      this.out = out;
    }

    void add(String name, int size, String sha256, String contentType, String check, byte[] content)
        throws IOException {
      byte[] records =
          (record(PATH, name)
                  + record(SHA256, sha256)
                  + record(MEDIA_TYPE, contentType)
                  + record(CHECK, check))
              .getBytes(StandardCharsets.UTF_8);
      int length = 2 * BLOCK + padded(records.length);
      if (header.length < length) {
        header = new byte[length];
      }
      Arrays.fill(header, 0, length, (byte) 0);
      System.arraycopy(MARK, 0, header, 0, MARK.length);
      fields(0, RECORDS, records.length);
      System.arraycopy(records, 0, header, BLOCK, records.length);
      int file = length - BLOCK;
      name(name, file);
      fields(file, FILE, size);
      out.write(header, 0, length);
      out.write(content, 0, size);
      pad(padded(size) - size);
    }

    void end() throws IOException {
      pad(2 * BLOCK);
      out.flush();
    }

    private void pad(int bytes) throws IOException {
      Arrays.fill(header, 0, bytes, (byte) 0);
      out.write(header, 0, bytes);
    }

    /** For programs that know no pax headers: as much of the name as is ASCII and fits. */
    private void name(String name, int at) {
      int length = Math.min(name.length(), MODE - 1);
      for (int i = 0; i < length; i++) {
        char c = name.charAt(i);
        header[at + i] = (byte) (c < 128 ? c : '_');
      }
    }

    private void fields(int at, byte kind, int size) {
      octal(at + MODE, 8, 0644);
      octal(at + USER, 8, 0);
      octal(at + GROUP, 8, 0);
      octal(at + SIZE, SIZE_LENGTH, size);
      octal(at + MODIFIED, SIZE_LENGTH, 0);
      header[at + KIND] = kind;
      System.arraycopy(USTAR, 0, header, at + MAGIC, USTAR.length);
      Arrays.fill(header, at + SUM, at + SUM + SUM_LENGTH, (byte) ' ');
      int sum = 0;
      for (int i = at; i < at + BLOCK; i++) {
        sum += header[i] & 0xff;
      }
      octal(at + SUM, SUM_LENGTH - 1, sum);
    }

    private void octal(int at, int length, int value) {
      int rest = value;
      for (int i = at + length - 2; i >= at; i--) {
        header[i] = (byte) ('0' + (rest & 7));
        rest >>>= 3;
      }
      header[at + length - 1] = 0;
    }

    /** A record says its own length in bytes, its digits included. */
    private static String record(String key, String value) {
      int rest = key.length() + 3 + utf8Length(value);
      int length = rest + Integer.toString(rest).length();
      if (Integer.toString(length).length() > Integer.toString(rest).length()) {
        length++;
      }
      return length + " " + key + "=" + value + "\n";
    }

    private static int utf8Length(String text) {
      for (int i = 0; i < text.length(); i++) {
        if (text.charAt(i) > 127) {
          return text.getBytes(StandardCharsets.UTF_8).length;
        }
      }
      return text.length();
    }
  }

  private final InputStream in;
  private final byte[] block = new byte[BLOCK];
  private final Content content = new Content();
  private int padding;

  OwnTar(InputStream in) {
    this.in = in;
  }

  /**
   * Whether a stream is one of these: its first header is a pax header of this name, with a record
   * of ours. Reads up to {@link #HEAD} bytes.
   *
   * @throws IOException where it is shorter than one block
   */
  static boolean begins(InputStream in) throws IOException {
    byte[] first = in.readNBytes(BLOCK);
    if (first.length < BLOCK) {
      throw new IOException(first.length == 0 ? "it is empty" : "it breaks off");
    }
    return isRecords(first)
        && new String(in.readNBytes(Math.min(number(first, SIZE), MAX_RECORDS)), ISO_8859_1)
            .contains(OWN_KEY);
  }

  private static boolean isRecords(byte[] block) {
    return Arrays.equals(block, 0, MARK.length, MARK, 0, MARK.length) && block[KIND] == RECORDS;
  }

  @Override
  public @Nullable TarEntry next() throws IOException {
    skip((long) content.left + padding);
    content.left = 0;
    readFully(block);
    if (isZero()) {
      return null;
    }
    if (!isRecords(block)) {
      throw notOurs();
    }
    int length = number(block, SIZE);
    if (length > MAX_RECORDS) {
      throw notOurs();
    }
    byte[] records = new byte[length];
    readFully(records);
    skip(padded(length) - length);
    Map<String, String> fields = fields(records);
    readFully(block);
    if (block[KIND] != FILE || fields.get(PATH) == null || fields.get(CHECK) == null) {
      throw notOurs();
    }
    int size = number(block, SIZE);
    content.left = size;
    padding = padded(size) - size;
    return new TarEntry(
        fields.get(PATH),
        size,
        fields.get(SHA256),
        fields.get(MEDIA_TYPE),
        fields.get(CHECK),
        true);
  }

  private void readFully(byte[] bytes) throws IOException {
    if (in.readNBytes(bytes, 0, bytes.length) < bytes.length) {
      throw brokenOff();
    }
  }

  private void skip(long bytes) throws IOException {
    try {
      in.skipNBytes(bytes);
    } catch (EOFException e) {
      throw brokenOff();
    }
  }

  private static EOFException brokenOff() {
    return new EOFException("it breaks off");
  }

  private static IOException notOurs() {
    return new IOException("a header is not as it must be");
  }

  private boolean isZero() {
    for (byte each : block) {
      if (each != 0) {
        return false;
      }
    }
    return true;
  }

  private static int number(byte[] block, int at) throws IOException {
    long number = 0;
    for (int i = at; i < at + SIZE_LENGTH - 1; i++) {
      if (block[i] < '0' || block[i] > '7') {
        throw notOurs();
      }
      number = number << 3 | block[i] - '0';
    }
    if (number > Integer.MAX_VALUE - BLOCK) {
      throw notOurs();
    }
    return (int) number;
  }

  private static Map<String, String> fields(byte[] records) throws IOException {
    Map<String, String> fields = new HashMap<>();
    for (int at = 0; at < records.length; ) {
      int length = 0;
      int from = at;
      for (; from < records.length && records[from] >= '0' && records[from] <= '9'; from++) {
        length = 10 * length + records[from] - '0';
        if (length > records.length - at) {
          throw notOurs();
        }
      }
      int end = at + length - 1;
      if (end <= from || records[from] != ' ' || records[end] != '\n') {
        throw notOurs();
      }
      String record = utf8(records, from + 1, end);
      int equals = record.indexOf('=');
      if (equals < 0
          || fields.put(record.substring(0, equals), record.substring(equals + 1)) != null) {
        throw notOurs();
      }
      at = end + 1;
    }
    return fields;
  }

  private static String utf8(byte[] bytes, int from, int to) throws IOException {
    for (int i = from; i < to; i++) {
      if (bytes[i] < 0) {
        return StandardCharsets.UTF_8
            .newDecoder()
            .decode(ByteBuffer.wrap(bytes, from, to - from))
            .toString();
      }
    }
    return new String(bytes, from, to - from, StandardCharsets.US_ASCII);
  }

  @Override
  public InputStream content() {
    return content;
  }

  /** The rest of the present file. */
  private final class Content extends InputStream {
    private int left;

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (left == 0) {
        return -1;
      }
      int read = in.read(bytes, offset, Math.min(length, left));
      if (read < 0) {
        throw brokenOff();
      }
      left -= read;
      return read;
    }
  }
}
