package dev.archive.client;

import dev.archive.durable.DurableFiles;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.ErrorCode;
import dev.archive.model.Receipt;
import dev.archive.model.Sha256;
import dev.archive.model.Text;
import dev.archive.source.SourceFile;
import dev.archive.wire.JournalMessages.Finished;
import dev.archive.wire.JournalMessages.Header;
import dev.archive.wire.JournalMessages.Line;
import dev.archive.wire.JournalMessages.Planned;
import dev.archive.wire.JournalMessages.PlannedFile;
import dev.archive.wire.Json;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * What one run wants and what was proved of it, on disk: the plan with its idempotency key, durable
 * before the first byte is sent; then, appended, the batch, each file that the server proved to
 * hold, and the receipt.
 *
 * <p>A line is the CRC32C of a JSON text in hex, a space, the text. A tail that a crash tore off is
 * dropped: what it said is asked of the server again. A line that is wrong before the end, another
 * format or another run's journal is refused and never guessed at.
 */
final class Journal implements AutoCloseable {
  static final int FORMAT = 1;

  private final Path file;
  private final RunIdentity identity;
  private final Map<String, PlannedFile> files = new HashMap<>();
  private Planned planned;
  private BatchId batch;
  private Receipt receipt;
  private FileChannel channel;

  private Journal(Path file, RunIdentity identity) {
    this.file = file;
    this.identity = identity;
  }

  /**
   * Opens the journal of a run, and reads what an earlier process left in it.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE} where the file is not this run's journal, or
   *     was damaged or edited
   */
  static Journal open(Path file, RunIdentity identity) {
    Journal journal = new Journal(file, identity);
    try {
      journal.read();
      return journal;
    } catch (IOException e) {
      throw unusable(file, SourceFile.reason(e), e);
    }
  }

  /** Whether there is a plan in it. */
  boolean hasPlan() {
    return planned != null;
  }

  /** The name under which the batch was opened, or was about to be. */
  String idempotencyKey() {
    return planned.idempotencyKey();
  }

  /** The batch, or null. */
  BatchId batch() {
    return batch;
  }

  /** The receipt of a run that ended well, or null. */
  Receipt receipt() {
    return receipt;
  }

  /** Whether the journal's plan has the same paths and sizes: then its batch can hold this plan. */
  boolean hasSameShape(Plan plan) {
    return matches(plan, (line, source) -> line.size() == source.size());
  }

  /** Whether nothing at all has changed in the sources since the journal's plan. */
  boolean isUnchanged(Plan plan) {
    return matches(plan, Journal::isSame);
  }

  private interface Match {
    boolean test(PlannedFile line, SourceFile source);
  }

  private boolean matches(Plan plan, Match match) {
    if (planned == null || planned.files() != plan.size()) {
      return false;
    }
    for (SourceFile source : plan.files()) {
      PlannedFile line = files.get(source.path().toString());
      if (line == null || !match.test(line, source)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isSame(PlannedFile line, SourceFile source) {
    return line.size() == source.size()
        && line.modified().equals(source.modified().toString())
        && line.key().equals(String.valueOf(source.fileKey()));
  }

  /** Gives the plan the digests of files that have not changed since they were read. */
  void tellDigests(Plan plan) {
    for (SourceFile source : plan.files()) {
      PlannedFile line = files.get(source.path().toString());
      if (line != null && line.sha256() != null && isSame(line, source)) {
        plan.setDigest(source.path(), Sha256.parse(line.sha256()));
      }
    }
  }

  /** Begins anew with a plan; it is durable when this returns. */
  void begin(Plan plan, String idempotencyKey) {
    planned = new Planned(plan.size(), plan.bytes(), idempotencyKey);
    batch = null;
    receipt = null;
    files.clear();
    try {
      closeChannel();
      DurableFiles.publish(
          file,
          out -> {
            write(out, new Line(header(), null, null, null, null, null));
            for (int i = 0; i < plan.size(); i++) {
              PlannedFile line = line(plan.file(i), plan.digest(i));
              files.put(line.path(), line);
              write(out, new Line(null, line, null, null, null, null));
            }
            write(out, new Line(null, null, planned, null, null, null));
          });
    } catch (IOException e) {
      throw unusable(file, SourceFile.reason(e), e);
    }
  }

  /** Keeps the batch; durable when this returns. */
  void opened(BatchId opened) {
    if (opened.equals(batch)) {
      return;
    }
    batch = opened;
    append(new Line(null, null, null, opened.value(), null, null), true);
  }

  /**
   * Keeps that the server proved to hold a file. A crash may lose it, and then the file is hashed
   * again.
   */
  void proved(SourceFile source, Sha256 sha256) {
    append(new Line(null, null, null, null, line(source, sha256), null), false);
  }

  /** Keeps the receipt; durable when this returns. */
  void finished(Receipt done) {
    receipt = done;
    Finished line =
        new Finished(
            done.batchId().value(),
            done.version(),
            done.files(),
            done.bytes(),
            done.manifestSha256().hex(),
            done.status().toString(),
            done.server());
    append(new Line(null, null, null, null, null, line), true);
  }

  private Header header() {
    return new Header(
        FORMAT, identity.server(), identity.sources(), identity.rootPath(), identity.uploader());
  }

  private static PlannedFile line(SourceFile source, Sha256 sha256) {
    return new PlannedFile(
        source.path().toString(),
        source.size(),
        source.modified().toString(),
        String.valueOf(source.fileKey()),
        sha256 == null ? null : sha256.hex());
  }

  private void append(Line line, boolean durable) {
    try {
      if (channel == null) {
        channel = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
      }
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      write(out, line);
      ByteBuffer bytes = ByteBuffer.wrap(out.toByteArray());
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      if (durable) {
        channel.force(false);
      }
    } catch (IOException e) {
      throw unusable(file, SourceFile.reason(e), e);
    }
  }

  private static void write(OutputStream out, Line line) throws IOException {
    byte[] text = Json.bytes(line);
    out.write(String.format("%08x ", crc(text)).getBytes(StandardCharsets.US_ASCII));
    out.write(text);
    out.write('\n');
  }

  private static long crc(byte[] text) {
    CRC32C crc = new CRC32C();
    crc.update(text, 0, text.length);
    return crc.getValue();
  }

  private void read() throws IOException {
    long good = 0;
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      for (long number = 1; ; number++) {
        byte[] text = nextLine(in);
        if (text == null) {
          break;
        }
        Line line = parse(text);
        if (line == null) {
          if (nextLine(in) != null) {
            throw unusable(file, "line " + number + " is damaged or was edited", null);
          }
          break;
        }
        if (number == 1) {
          requireOurs(line);
        }
        take(line);
        good += text.length + 1;
      }
    } catch (NoSuchFileException e) {
      return;
    }
    makeDurable(good);
    if (planned == null) {
      // The plan never was durable: nothing was sent under it.
      files.clear();
      batch = null;
    }
  }

  /** The bytes of the next line without its end; null behind the last whole one. */
  private static byte[] nextLine(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int next = in.read(); next >= 0; next = in.read()) {
      if (next == '\n') {
        return line.toByteArray();
      }
      line.write(next);
    }
    return null;
  }

  private static Line parse(byte[] text) {
    if (text.length < 10 || text[8] != ' ') {
      return null;
    }
    byte[] json = Arrays.copyOfRange(text, 9, text.length);
    String crc = new String(text, 0, 8, StandardCharsets.US_ASCII);
    if (!crc.equals(String.format("%08x", crc(json)))) {
      return null;
    }
    try {
      return Json.read(json, Line.class);
    } catch (ArchiveException e) {
      return null;
    }
  }

  private void requireOurs(Line line) {
    Header header = line.header();
    if (header == null) {
      throw unusable(file, "it does not begin as a journal does", null);
    }
    if (header.format() != FORMAT) {
      throw unusable(
          file, "it has format " + header.format() + " and this program writes " + FORMAT, null);
    }
    if (!header.equals(header())) {
      throw unusable(file, "it belongs to another run", null);
    }
  }

  private void take(Line line) {
    if (line.file() != null) {
      files.put(line.file().path(), line.file());
    } else if (line.planned() != null) {
      planned = line.planned();
    } else if (line.batch() != null) {
      batch = BatchId.parse(line.batch());
    } else if (line.proved() != null) {
      files.put(line.proved().path(), line.proved());
    } else if (line.finished() != null) {
      Finished done = line.finished();
      receipt =
          new Receipt(
              BatchId.parse(done.batchId()),
              done.version(),
              done.files(),
              done.bytes(),
              Sha256.parse(done.manifestSha256()),
              BatchStatus.parse(done.status()),
              done.server());
    }
  }

  /**
   * Drops a torn tail. A process that was killed may have left lines, or the name, in memory only.
   */
  private void makeDurable(long good) throws IOException {
    try (FileChannel whole = FileChannel.open(file, StandardOpenOption.WRITE)) {
      if (whole.size() > good) {
        whole.truncate(good);
      }
      whole.force(true);
    }
    DurableFiles.forceDirectory(file.getParent());
  }

  private static ArchiveException unusable(Path file, String why, Exception cause) {
    return new ArchiveException(
        ErrorCode.USAGE,
        "the journal "
            + Text.quote(file.toString())
            + " cannot be used: "
            + why
            + "; nothing was sent. Mend that, or move the file away to begin anew",
        cause);
  }

  private void closeChannel() throws IOException {
    if (channel != null) {
      channel.close();
      channel = null;
    }
  }

  @Override
  public void close() {
    try {
      if (channel != null) {
        channel.force(false);
      }
      closeChannel();
    } catch (IOException e) {
      throw unusable(file, SourceFile.reason(e), e);
    }
  }
}
