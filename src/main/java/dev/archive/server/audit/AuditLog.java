package dev.archive.server.audit;

import dev.archive.durable.DurableDirectories;
import dev.archive.durable.DurableFiles;
import dev.archive.durable.FileLock;
import dev.archive.durable.LocalErrors;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Sample;
import dev.archive.model.Sha256;
import dev.archive.model.Text;
import dev.archive.wire.Json;
import dev.archive.wire.Messages.AuditPage;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * What an audit has found so far, in the state directory, so that an interrupted one goes on where
 * it was: a line with its head, then each part as it was answered. The last line may be torn; that
 * part is checked again. A log that ended well is removed.
 */
public final class AuditLog implements AutoCloseable {
  private static final int MAX_LINE_LENGTH = 16 << 20;
  private static final long FORCE_MILLIS = 1_000;

  private final Path file;
  private final FileLock lock;
  private final Clock clock;
  private final String of;
  private final String began;
  private final Sample sample;
  private final boolean resumed;
  private FileChannel channel;
  private long forced;

  /** What could not be written any more: parts with findings, for the report of this run. */
  private final List<AuditPage> unwritten = new ArrayList<>();

  private IOException failure;

  private AuditLog(Path file, FileLock lock, Clock clock, Map<String, Object> head, boolean resumed)
      throws IOException {
    this.file = file;
    this.lock = lock;
    this.clock = clock;
    this.of = String.valueOf(head.get("of"));
    this.began = String.valueOf(head.get("began"));
    this.sample =
        new Sample(
            ((Number) head.get("percent")).doubleValue(), ((Number) head.get("seed")).longValue());
    this.resumed = resumed;
    this.channel = FileChannel.open(file, StandardOpenOption.WRITE);
  }

  /**
   * Resumes the log of an interrupted audit, or begins one.
   *
   * @param of names what is audited: the same name, the same audit
   * @param wished which files to read, unless the log says which; another percentage is another
   *     audit
   * @param again whether to begin in any case
   * @throws ArchiveException {@link ErrorCode#LOCKED} where another process does the same audit;
   *     {@link ErrorCode#USAGE} where the directory cannot be used
   */
  public static AuditLog open(Path state, String of, Sample wished, boolean again, Clock clock) {
    Path root = state.toAbsolutePath().normalize();
    String name = of + "\n" + wished.percent();
    String key = Sha256.of(name.getBytes(StandardCharsets.UTF_8)).hex().substring(0, 32);
    FileLock lock = null;
    try {
      Path directory = DurableDirectories.ofOwner(root).ensure(root.resolve("audits"));
      lock = FileLock.tryLock(directory.resolve(key + ".lock"));
      if (lock == null) {
        throw new ArchiveException(
            ErrorCode.LOCKED, "another process is doing the same; nothing was done");
      }
      Path file = directory.resolve(key + ".jsonl");
      Map<String, Object> head = again || !Files.exists(file) ? null : head(file);
      boolean resumed = head != null;
      if (!resumed) {
        head = new LinkedHashMap<>();
        head.put("event", "audit");
        head.put("of", of);
        head.put("began", clock.instant().toString());
        head.put("percent", wished.percent());
        head.put("seed", wished.seed());
        byte[] line = (Json.text(head) + "\n").getBytes(StandardCharsets.UTF_8);
        DurableFiles.publish(file, out -> out.write(line), DurableFiles.PRIVATE_FILE);
      }
      AuditLog log = new AuditLog(file, lock, clock, head, resumed);
      log.cutTornEnd();
      return log;
    } catch (IOException | RuntimeException e) {
      if (lock != null) {
        lock.close();
      }
      if (e instanceof ArchiveException known) {
        throw known;
      }
      throw new ArchiveException(
          ErrorCode.USAGE,
          "the state directory "
              + Text.quote(root.toString())
              + " cannot be used: "
              + (e instanceof IOException io ? LocalErrors.reason(io) : e.getMessage())
              + "; nothing was done. Name another with --state-dir",
          e);
    }
  }

  /** The head of a log, or null where it is not ours. */
  private static Map<String, Object> head(Path file) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
      byte[] line = line(in);
      Map<String, Object> head = line == null ? Map.of() : Json.readObject(line);
      return head.get("percent") instanceof Number && head.get("seed") instanceof Number
          ? head
          : null;
    } catch (ArchiveException e) {
      return null;
    }
  }

  private void cutTornEnd() throws IOException {
    channel.truncate(read(page -> {}));
    channel.position(channel.size());
  }

  /** What is audited. */
  public String of() {
    return of;
  }

  /** When the audit began, in ISO-8601. */
  public String began() {
    return began;
  }

  /** When the audit began; long ago where the log does not say it in ISO-8601. */
  Instant begun() {
    try {
      return Instant.parse(began);
    } catch (DateTimeException e) {
      return Instant.EPOCH;
    }
  }

  /** Which files it reads. */
  public Sample sample() {
    return sample;
  }

  /** Whether an earlier run began it. */
  public boolean isResumed() {
    return resumed;
  }

  /** Hands on all parts so far; of those that could not be written, the ones with findings. */
  public void forEach(Consumer<AuditPage> pages) throws IOException {
    read(pages);
    unwritten.forEach(pages);
  }

  /**
   * Forgets the batches of which a part was checked longer ago than a time, or at a time that is
   * not over yet: they are checked again. A part of which nobody noted when is older than any time.
   */
  public void keepFrom(Instant oldest) throws IOException {
    Set<String> stale = new HashSet<>();
    Instant now = clock.instant();
    read(
        page -> {
          if (!isBetween(page.at(), oldest, now)) {
            stale.add(page.batchId());
          }
        });
    if (stale.isEmpty()) {
      return;
    }
    DurableFiles.publish(
        file,
        out -> {
          try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            write(out, line(in));
            for (byte[] line = line(in); line != null; line = line(in)) {
              if (!stale.contains(page(line).batchId())) {
                write(out, line);
              }
            }
          }
        },
        DurableFiles.PRIVATE_FILE);
    channel.close();
    channel = FileChannel.open(file, StandardOpenOption.WRITE);
    channel.position(channel.size());
  }

  private static void write(OutputStream out, byte[] line) throws IOException {
    out.write(line);
    out.write('\n');
  }

  private static boolean isBetween(String time, Instant oldest, Instant now) {
    try {
      Instant at = time == null ? Instant.MIN : Instant.parse(time);
      return !at.isBefore(oldest) && !at.isAfter(now);
    } catch (DateTimeException e) {
      return false;
    }
  }

  /** Hands on the parts up to the first line that is not a part, and tells where it begins. */
  private long read(Consumer<AuditPage> pages) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      long whole = line(in).length + 1L;
      for (byte[] line = line(in); line != null; line = line(in)) {
        AuditPage page = page(line);
        if (page == null) {
          break;
        }
        pages.accept(page);
        whole += line.length + 1L;
      }
      return whole;
    }
  }

  private static AuditPage page(byte[] line) {
    try {
      return Json.read(line, AuditPage.class);
    } catch (ArchiveException e) {
      return null;
    }
  }

  /** The next line that ends as a line, without its end; else null. */
  private static byte[] line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = in.read(); b >= 0 && line.size() < MAX_LINE_LENGTH; b = in.read()) {
      if (b == '\n') {
        return line.toByteArray();
      }
      line.write(b);
    }
    return null;
  }

  /**
   * Notes a part that was checked. A power cut may take the last second of them with it. After the
   * first failure nothing more is written, so that the log has no gap.
   *
   * @return the failure where this part is the first that could not be written, else null
   * @throws ArchiveException {@link ErrorCode#INTERRUPTED}
   */
  IOException add(AuditPage page) {
    IOException first = null;
    if (failure == null) {
      try {
        append(page);
        return null;
      } catch (ClosedByInterruptException e) {
        throw new ArchiveException(ErrorCode.INTERRUPTED, "interrupted", e);
      } catch (IOException e) {
        first = e;
        failure = e;
      }
    }
    if (!page.findings().isEmpty()) {
      unwritten.add(page);
    }
    return first;
  }

  private void append(AuditPage page) throws IOException {
    long whole = channel.position();
    ByteBuffer line = ByteBuffer.wrap((Json.text(page) + "\n").getBytes(StandardCharsets.UTF_8));
    try {
      while (line.hasRemaining()) {
        channel.write(line);
      }
      if (Math.abs(clock.millis() - forced) >= FORCE_MILLIS) {
        channel.force(false);
        forced = clock.millis();
      }
    } catch (IOException e) {
      if (channel.isOpen()) {
        // Else a part that came whole all the same would be reported twice.
        channel.truncate(whole);
      }
      throw e;
    }
  }

  /** The audit is complete: there is nothing to resume. */
  public void finish() throws IOException {
    Files.deleteIfExists(file);
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // What was found counts, and at worst is looked for again.
    }
    lock.close();
  }
}
