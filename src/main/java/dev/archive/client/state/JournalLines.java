package dev.archive.client.state;

import dev.archive.model.ArchiveException;
import dev.archive.wire.FileLines;
import dev.archive.wire.JournalMessages.Line;
import dev.archive.wire.JournalMessages.PlannedFile;
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
import org.jspecify.annotations.Nullable;

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
  private long count;
  private boolean damaged;

  JournalLines(Path file) throws IOException {
    this.in = Files.newInputStream(file);
  }

  /** The next line, or null where none follows, or one that is not whole or not right. */
  @Nullable Line next() throws IOException {
    return next(false);
  }

  /**
   * The next line that is not about one file, which there may be a million of: of those only the
   * sums are checked.
   */
  @Nullable Line nextOfRun() throws IOException {
    return next(true);
  }

  private @Nullable Line next(boolean ofRun) throws IOException {
    for (byte[] bytes = nextBytes(); bytes != null; bytes = nextBytes()) {
      boolean sound = isSound(bytes);
      boolean passedOver = sound && ofRun && isOfAFile(bytes);
      Line line = sound && !passedOver ? parse(bytes) : null;
      if (line == null && !passedOver) {
        damaged = true;
        return null;
      }
      good += bytes.length + 1;
      count++;
      if (line != null) {
        return line;
      }
    }
    return null;
  }

  private static boolean isOfAFile(byte[] bytes) {
    String begin = new String(bytes, 0, Math.min(bytes.length, 20), StandardCharsets.US_ASCII);
    return begin.startsWith("{\"file\":", TEXT) || begin.startsWith("{\"proved\":", TEXT);
  }

  /** Where in the file the last good line ended, in bytes. */
  long good() {
    return good;
  }

  /** How many good lines there were. */
  long count() {
    return count;
  }

  /** Whether a whole line that is wrong follows the last good one. */
  boolean endsInDamage() {
    return damaged;
  }

  /** After the last good line: whether a whole line follows the one that is wrong. */
  boolean goesOn() throws IOException {
    return nextBytes() != null;
  }

  /** The bytes of the next line without its end; null behind the last whole one. */
  private byte @Nullable [] nextBytes() throws IOException {
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

  private static boolean isSound(byte[] line) {
    return line.length > TEXT
        && line[TEXT - 1] == ' '
        && Arrays.equals(line, 0, TEXT - 1, crc(line, TEXT), 0, TEXT - 1);
  }

  private static @Nullable Line parse(byte[] line) {
    PlannedFile file = isOfAFile(line) ? FileLines.read(line, TEXT) : null;
    if (file != null) {
      return line[TEXT + 2] == 'f' ? Line.of(file) : Line.proved(file);
    }
    try {
      return Json.read(Arrays.copyOfRange(line, TEXT, line.length), Line.class);
    } catch (ArchiveException e) {
      return null;
    }
  }

  /** Writes lines to a stream. For one thread. */
  static final class Writer {
    private final OutputStream out;
    private final FileLines.Writer files = new FileLines.Writer();

    Writer(OutputStream out) {
      this.out = out;
    }

    void write(Line line) throws IOException {
      byte[] text =
          line.file() != null
              ? files.file(line.file())
              : line.proved() != null ? files.proved(line.proved()) : Json.bytes(line);
      out.write(crc(text, 0));
      out.write(' ');
      out.write(text);
      out.write('\n');
    }
  }

  private static byte[] crc(byte[] bytes, int from) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, from, bytes.length - from);
    return HexFormat.of().toHexDigits(crc.getValue(), TEXT - 1).getBytes(StandardCharsets.US_ASCII);
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
