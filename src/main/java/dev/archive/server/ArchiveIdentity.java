package dev.archive.server;

import dev.archive.durable.DurableFiles;
import dev.archive.ledger.BatchLedger;
import dev.archive.ledger.Stamp;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the ledger and the directory of an archive share: an id, made once, and a mark that changes
 * with each generation. A ledger that lacks the directory's mark is not the one that was used last.
 *
 * <p>A new mark goes into the ledger first, beside the one before it, and then into the directory.
 * So after a crash between the two the directory has the ledger's previous mark, and a ledger that
 * was put back from a copy has neither mark of the directory.
 */
final class ArchiveIdentity {
  private static final Logger LOG = LoggerFactory.getLogger(ArchiveIdentity.class);
  static final String FILE = "archive-id";
  static final String LEDGER = "state.db";
  private static final Pattern ULID = Pattern.compile("[0-7][0-9A-HJKMNP-TV-Z]{25}");

  private final Path root;
  private final @Nullable String id;
  private final @Nullable RootMark mark;
  private final long batches;
  private final List<String> warnings = new ArrayList<>();
  private boolean behind;

  /** How a ledger fits the directory that it lies in. */
  enum Fit {
    SAME,
    OLDER,
    YOUNGER,
    FOREIGN,
    DIVERGED
  }

  private ArchiveIdentity(Path root, @Nullable String id, @Nullable RootMark mark, long batches) {
    this.root = root;
    this.id = id;
    this.mark = mark;
    this.batches = batches;
  }

  /**
   * What the directory says.
   *
   * @param batches how many batches have bytes in it
   */
  static ArchiveIdentity of(Path root, long batches) throws IOException {
    return new ArchiveIdentity(root, readId(root), RootMark.read(root), batches);
  }

  /** The id of the directory; null where it has none. */
  @Nullable String id() {
    return id;
  }

  /** The generation of the directory; 0 where it has none. */
  long generation() {
    return mark == null ? 0 : mark.generation();
  }

  private static long generation(@Nullable Stamp stamp) {
    return stamp == null ? 0 : stamp.generation();
  }

  /** What was odd and did not keep the server from starting. */
  List<String> warnings() {
    return warnings;
  }

  /** How a ledger fits; its stamp is null where it has none. */
  Fit fit(@Nullable Stamp stamp) {
    if (stamp == null) {
      return mark == null || batches == 0 ? Fit.SAME : Fit.OLDER;
    }
    if (id != null && !id.equals(stamp.archiveId())) {
      return Fit.FOREIGN;
    }
    if (mark == null
        || mark.mark().equals(stamp.mark())
        || mark.mark().equals(stamp.previousMark())) {
      return Fit.SAME;
    }
    if (mark.generation() == stamp.generation()) {
      return Fit.DIVERGED;
    }
    return mark.generation() > stamp.generation() ? Fit.OLDER : Fit.YOUNGER;
  }

  /**
   * Refuses to begin a new ledger where there are batches already.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE}
   */
  void requireLedger() throws IOException {
    Path file = root.resolve(LEDGER);
    boolean there = Files.exists(file);
    if (batches > 0 && !(there && Files.size(file) > 0)) {
      throw refusal(
          (there ? "is empty" : "is missing")
              + ", though "
              + Count.of(batches, "batch")
              + (batches == 1 ? " lies" : " lie")
              + " beside it",
          "put it back from a copy");
    }
  }

  /**
   * Whether a log lies beside the ledger that was not written over it: the ledger is older. A mark
   * counts for the directory only once the ledger's file has it without the log.
   */
  boolean isOlderThanItsLog() throws IOException {
    Path file = root.resolve(LEDGER);
    Path log = root.resolve(LEDGER + "-wal");
    if (mark == null || !Files.exists(file) || !Files.exists(log) || Files.size(log) == 0) {
      return false;
    }
    Stamp stamp = BatchLedger.stampWithoutLog(file);
    return stamp != null && stamp.generation() < mark.generation();
  }

  /**
   * Refuses a ledger beside the log of a newer one: SQLite would write that into it.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE}
   */
  void requireItsLog() throws IOException {
    if (isOlderThanItsLog()) {
      throw refusal(
          "is older than state.db-wal beside it",
          "put the ledger back that this log belongs to, or move state.db-wal and state.db-shm"
              + " away");
    }
  }

  /**
   * Refuses a ledger that is not known to be this archive's, before anything of it is changed. One
   * that is older is used, and named at each start until a person has put things right.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE}
   */
  void admit(@Nullable Stamp stamp) {
    switch (fit(stamp)) {
      case SAME -> {}
      case YOUNGER ->
          warn(
              "the archive's directory is older than its ledger (generation "
                  + generation()
                  + ", the ledger is of "
                  + generation(stamp)
                  + "): it was put back from a copy; run archive audit to see what is missing");
      case OLDER -> {
        String older =
            "is older than the archive (generation "
                + generation(stamp)
                + ", the archive is at "
                + generation()
                + ")";
        if (stamp == null) {
          throw refusal(older, "put the latest one back");
        }
        behind = true;
        warn(
            "the ledger "
                + older
                + ": what it does not know is kept, as a bag or in quarantine; stop the server and"
                + " put the latest ledger back, or run archive rebuild");
      }
      case FOREIGN ->
          throw refusal(
              "belongs to another archive ("
                  + (stamp == null ? "of no name" : stamp.archiveId())
                  + ", this one is "
                  + id
                  + ")",
              "put this archive's ledger back");
      case DIVERGED ->
          throw refusal(
              "belongs to another copy of this archive (both went on separately from generation "
                  + (generation() - 1)
                  + ")",
              "put this copy's ledger back");
    }
  }

  private ArchiveException refusal(String what, String wayBack) {
    return new ArchiveException(
        ErrorCode.USAGE,
        "the ledger "
            + root.resolve(LEDGER)
            + " "
            + what
            + ": not started, nothing was changed; "
            + wayBack
            + ", or run archive rebuild --root "
            + root);
  }

  private void warn(String warning) {
    LOG.warn(warning);
    warnings.add(warning);
  }

  /**
   * Whether the ledger is older than the directory: it gets no new mark, so that this stays known.
   */
  boolean isBehind() {
    return behind;
  }

  /**
   * Gives ledger and directory the same id and mark. A new mark is made only by one that is alone
   * on the root.
   *
   * @return the id
   */
  @Nullable String settle(BatchLedger ledger, Clock clock, boolean alone) throws IOException {
    Stamp stamp = ledger.stamp();
    String settled = id;
    if (settled == null) {
      settled = stamp == null ? ulid(clock) : stamp.archiveId();
      writeId(root, settled);
      settled = readId(root);
    }
    if (stamp == null) {
      ledger.stamp(settled);
    }
    if (alone && !behind) {
      boolean published = stamp == null || mark == null || mark.mark().equals(stamp.mark());
      if (published || publish(root, ledger)) {
        raise(root, ledger, generation(), clock);
      }
    }
    return settled;
  }

  /**
   * Gives ledger and directory a new mark, so that copies of the ledger made before are older; or
   * the directory the last one, where it has that not yet.
   */
  static void renew(Path root, BatchLedger ledger, Clock clock) throws IOException {
    RootMark mark = RootMark.read(root);
    if (mark == null || mark.mark().equals(ledger.stamp().mark()) || publish(root, ledger)) {
      raise(root, ledger, 0, clock);
    }
  }

  private static void raise(Path root, BatchLedger ledger, long above, Clock clock) {
    ledger.raise(above, ulid(clock));
    var unused = publish(root, ledger);
  }

  /**
   * The directory gets the mark that the ledger has, once the ledger's file has it.
   *
   * @return false where it cannot be brought there now, or has another meanwhile
   */
  private static boolean publish(Path root, BatchLedger ledger) {
    Stamp settled = ledger.stamp();
    if (!ledger.checkpoint()) {
      return false;
    }
    boolean[] same = new boolean[1];
    ledger.withStamp(
        stamp -> {
          same[0] = stamp.mark().equals(settled.mark());
          try {
            if (same[0]) {
              new RootMark(stamp.generation(), stamp.mark()).write(root);
            }
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
    return same[0];
  }

  /** Gives a root its id, unless it has one. */
  static void writeId(Path root, String id) throws IOException {
    byte[] line = (id + "\n").getBytes(StandardCharsets.US_ASCII);
    DurableFiles.createOnce(root.resolve(FILE), out -> out.write(line));
  }

  static String ulid(Clock clock) {
    return BatchId.ulid(clock.millis(), new SecureRandom());
  }

  /** The id in the file, or null where there is no file. */
  private static @Nullable String readId(Path root) throws IOException {
    Path file = root.resolve(FILE);
    try {
      String id = Files.readString(file, StandardCharsets.ISO_8859_1).strip();
      if (!ULID.matcher(id).matches()) {
        throw new ArchiveException(
            ErrorCode.USAGE,
            "the file " + file + " is damaged: not started; restore it from a copy, or remove it");
      }
      return id;
    } catch (NoSuchFileException e) {
      return null;
    }
  }
}
