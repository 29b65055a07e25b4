package dev.archive.client;

import dev.archive.model.ArchiveException;
import dev.archive.wire.JournalMessages.Line;
import dev.archive.wire.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.CRC32C;

/**
 * Reads the lines of a journal, one after another. Each is the CRC32C of a JSON text in hex, a
 * space, the text.
 */
final class JournalLines implements AutoCloseable {
  private static final int TEXT = 9;

  private final InputStream in;
  private final byte[] buffer = new byte[1 << 16];
  private int at;
  private int end;
  private long good;

  JournalLines(Path file) throws IOException {
    this.in = Files.newInputStream(file);
  }

  /** The next line, or null where none follows, or one that is not whole or not right. */
  Line next() throws IOException {
    byte[] bytes = nextBytes();
    Line line = bytes == null ? null : parse(bytes);
    if (line != null) {
      good += bytes.length + 1;
    }
    return line;
  }

  /** The next line that is not about one file, which there may be a million of. */
  Line nextOfRun() throws IOException {
    byte[] bytes = nextBytes();
    while (bytes != null && isOfAFile(bytes)) {
      bytes = nextBytes();
    }
    return bytes == null ? null : parse(bytes);
  }

  private static boolean isOfAFile(byte[] bytes) {
    String begin = new String(bytes, 0, Math.min(bytes.length, 20), StandardCharsets.US_ASCII);
    return begin.startsWith("{\"file\":", TEXT) || begin.startsWith("{\"proved\":", TEXT);
  }

  /** Where in the file the last good line ended, in bytes. */
  long good() {
    return good;
  }

  /** After the last good line: whether a whole line follows the one that is wrong. */
  boolean goesOn() throws IOException {
    return nextBytes() != null;
  }

  /** The bytes of the next line without its end; null behind the last whole one. */
  private byte[] nextBytes() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream(256);
    while (true) {
      int from = at;
      while (at < end && buffer[at] != '\n') {
        at++;
      }
      line.write(buffer, from, at - from);
      if (at < end) {
        at++;
        return line.toByteArray();
      }
      at = 0;
      end = in.read(buffer);
      if (end <= 0) {
        end = 0;
        return null;
      }
    }
  }

  private static Line parse(byte[] bytes) {
    if (bytes.length <= TEXT || bytes[TEXT - 1] != ' ') {
      return null;
    }
    byte[] text = Arrays.copyOfRange(bytes, TEXT, bytes.length);
    if (!Arrays.equals(bytes, 0, TEXT - 1, crc(text), 0, TEXT - 1)) {
      return null;
    }
    try {
      return Json.read(text, Line.class);
    } catch (ArchiveException e) {
      return null;
    }
  }

  static void write(OutputStream out, Line line) throws IOException {
    byte[] text = Json.bytes(line);
    out.write(crc(text));
    out.write(' ');
    out.write(text);
    out.write('\n');
  }

  private static byte[] crc(byte[] text) {
    CRC32C crc = new CRC32C();
    crc.update(text, 0, text.length);
    return HexFormat.of().toHexDigits(crc.getValue(), TEXT - 1).getBytes(StandardCharsets.US_ASCII);
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
