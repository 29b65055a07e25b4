package dev.archive.client.state;

import dev.archive.client.plan.Plan;
import dev.archive.durable.DurableFiles;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Receipt;
import dev.archive.model.Sha256;
import dev.archive.model.Text;
import dev.archive.source.SourceFile;
import dev.archive.source.Stamp;
import dev.archive.wire.JournalMessages.Finished;
import dev.archive.wire.JournalMessages.Header;
import dev.archive.wire.JournalMessages.Line;
import dev.archive.wire.JournalMessages.Options;
import dev.archive.wire.JournalMessages.Planned;
import dev.archive.wire.JournalMessages.PlannedFile;
import dev.archive.wire.Json;
import dev.archive.wire.Messages.FileStatus;
import dev.archive.wire.RawJson;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What one run wants and what was proved of it, on disk: the plan with its idempotency key, durable
 * before the first byte is sent; then, appended, the batch, each file that the server proved to
 * hold, and the receipt.
 *
 * <p>A tail that a crash tore off is dropped: what it said is asked of the server again. A line
 * that is wrong before the end, another format or another run's journal is refused and never
 * guessed at. What it says of single files is not held in memory, but read again where it is asked
 * for.
 */
public final class Journal implements AutoCloseable {
  static final int FORMAT = 1;

  private final Path file;
  private final @Nullable RunIdentity identity;
  private @Nullable Planned planned;
  private @Nullable BatchId batch;
  private @Nullable Receipt receipt;
  private @Nullable String finishedAt;
  private @Nullable String archive;
  private boolean allowSkipped;
  private boolean cutOff;
  private @Nullable FileChannel channel;

  /** The files of the plan whose digests were told though another time of change stands there. */
  private final BitSet assumed = new BitSet();

  /** Those of them that have another inode too. */
  private final BitSet assumedInode = new BitSet();

  /** The plan that was compared last, and its files that the journal's plan has with their size. */
  private @Nullable Plan compared;

  private final BitSet sameSize = new BitSet();

  /** A file that the server proved to hold, with the digest of what was sent. */
  public record Proved(SourceFile file, @Nullable Sha256 sha256) {}

  private Journal(Path file, @Nullable RunIdentity identity) {
    this.file = file;
    this.identity = identity;
  }

  /**
   * Opens the journal of a run, and reads what an earlier process left in it.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE} where the file is not this run's journal, or
   *     was damaged or edited
   */
  public static Journal open(Path file, RunIdentity identity) {
    Journal journal = new Journal(file, identity);
    try {
      journal.read();
      return journal;
    } catch (IOException e) {
      throw unusable(file, SourceFile.reason(e), e);
    }
  }

  /**
   * Reads what a journal says of its run as a whole, and none of the files, however many.
   *
   * @return null where the run has ended well
   * @throws ArchiveException {@link ErrorCode#USAGE} where the file is no journal that can be used
   */
  static @Nullable UnfinishedRun unfinished(Path file) {
    Journal journal = new Journal(file, null);
    try (JournalLines lines = new JournalLines(file)) {
      Header header = journal.requireHeader(lines.next());
      for (Line line = lines.nextOfRun(); line != null; line = lines.nextOfRun()) {
        journal.take(line);
      }
      journal.requireSound(lines);
      if (journal.planned == null) {
        throw unusable(file, "it ends before its plan does", null);
      }
      if (journal.receipt != null) {
        return null;
      }
      return new UnfinishedRun(
          id(file),
          header.server(),
          header.sources().stream().map(Path::of).toList(),
          header.rootPath(),
          header.uploader(),
          header.filters() == null ? List.of() : header.filters(),
          journal.planned.described(),
          journal.allowSkipped,
          journal.batch,
          Files.getLastModifiedTime(file).toInstant());
    } catch (IOException e) {
      throw unusable(file, SourceFile.reason(e), e);
    }
  }

  /** Whether there is a plan in it. */
  public boolean hasPlan() {
    return planned != null;
  }

  /** Whether a plan was in it, of which a part is lost: its end, and all that followed. */
  public boolean isCutOff() {
    return cutOff;
  }

  /** How many files were declared when the batch was opened. */
  public long declaredFiles() {
    return planned().files();
  }

  /** How many bytes were declared when the batch was opened. */
  public long declaredBytes() {
    return planned().bytes();
  }

  /** The name under which the batch was opened, or was about to be. */
  public String idempotencyKey() {
    return planned().idempotencyKey();
  }

  private Planned planned() {
    if (planned == null) {
      throw new IllegalStateException("the journal has no plan");
    }
    return planned;
  }

  /** The batch, or null. */
  public @Nullable BatchId batch() {
    return batch;
  }

  /** The receipt of a run that ended well, or null. */
  public @Nullable Receipt receipt() {
    return receipt;
  }

  /** When its batch was finalized, ISO-8601; null where the journal does not know. */
  public @Nullable String finishedAt() {
    return finishedAt;
  }

  /** Says when the batch was finalized, for the receipt that {@link #finished} keeps. */
  public void finishedAt(String time) {
    finishedAt = time;
  }

  /** What is known of the last run; null where there was none. */
  public @Nullable LastRun last() {
    return planned == null && archive == null ? null : new LastRun(batch, receipt != null, archive);
  }

  /** The id of the archive in which the batch was opened, or null where it is not known. */
  public @Nullable String archive() {
    return archive;
  }

  /**
   * Whether the batch was opened with this metadata; how the text is spaced does not count, and
   * none is an empty object.
   */
  public boolean hasSameMetadata(@Nullable RawJson metadata) {
    return planned != null && compact(planned.described()).equals(compact(metadata));
  }

  private static String compact(@Nullable RawJson metadata) {
    return metadata == null ? "{}" : Json.object(Json.members(metadata)).text();
  }

  /** Whether the journal's plan has the same paths and sizes: then its batch can hold this plan. */
  public boolean hasSameShape(Plan plan) {
    if (planned == null || planned.files() != plan.size()) {
      return false;
    }
    if (compared != plan) {
      compare(plan, (index, file) -> {});
    }
    return sameSize.cardinality() == plan.size();
  }

  /** Takes a file of a plan with what a line says of it. */
  private interface Match {
    void accept(int index, PlannedFile line);
  }

  /** Goes once through what the journal says of the files of a plan. */
  private void compare(Plan plan, Match match) {
    compared = plan;
    sameSize.clear();
    eachLine(
        line -> {
          PlannedFile file = line.file() == null ? line.proved() : line.file();
          int index = file == null ? -1 : indexIn(plan, file);
          if (file != null && index >= 0) {
            match.accept(index, file);
            if (line.file() != null && file.size() == plan.bytes(index)) {
              sameSize.set(index);
            }
          }
        });
  }

  /** Whether a file of the journal's plan is one of this plan too, with the same size. */
  public boolean overlaps(Plan plan) {
    boolean[] any = new boolean[1];
    eachLine(
        line -> {
          PlannedFile file = line.file();
          int index = any[0] || file == null ? -1 : indexIn(plan, file);
          any[0] |= file != null && index >= 0 && file.size() == plan.bytes(index);
        });
    return any[0];
  }

  /** The paths that the journal's plan has and this plan has not, in their order. */
  public List<LogicalPath> plannedBeside(Plan plan) {
    List<LogicalPath> paths = new ArrayList<>();
    eachLine(
        line -> {
          if (line.file() != null && indexIn(plan, line.file()) < 0) {
            paths.add(LogicalPath.parse(line.file().path()));
          }
        });
    return paths;
  }

  /**
   * Which of a server's files are known here to be what was read and sent: some line has the same
   * path, size and digest.
   */
  public Set<FileStatus> known(List<FileStatus> held) {
    Map<String, FileStatus> byPath = new HashMap<>();
    held.forEach(each -> byPath.put(each.logicalPath(), each));
    Set<FileStatus> known = new HashSet<>();
    eachLine(
        line -> {
          PlannedFile file = line.file() == null ? line.proved() : line.file();
          FileStatus there = file == null ? null : byPath.get(file.path());
          if (file != null
              && there != null
              && file.sha256() != null
              && file.sha256().equals(there.sha256())
              && Objects.equals(file.size(), there.fileSize())) {
            known.add(there);
          }
        });
    return known;
  }

  private static int indexIn(Plan plan, PlannedFile line) {
    return plan.indexOf(LogicalPath.parse(line.path()));
  }

  /**
   * Whether a file is the one that was read for this line: all that its stamp says is equal, and
   * was not too young to be trusted. A line of an older journal has no time of change, and proves
   * nothing.
   */
  private static boolean isSame(PlannedFile line, Stamp stamp, Trust trust) {
    return line.size() == stamp.size()
        && line.modified().equals(stamp.modified().toString())
        && !Boolean.TRUE.equals(line.young())
        && (trust.ignoresCtime() || stamp.changed().toString().equals(line.changed()))
        && (trust.ignoresInode() || hasInode(line.key(), stamp.inode()));
  }

  /** The key is the inode, in older journals with a device before it, which does not count. */
  private static boolean hasInode(String key, long inode) {
    String ours = key(inode);
    return key.equals(ours) || key.endsWith("," + ours + ")");
  }

  private static String key(long inode) {
    return "ino=" + inode;
  }

  /**
   * Gives the plan the digests of files that have not changed since they were read. What is trusted
   * less than fully now is kept as that: a later run with full trust reads these files.
   *
   * @param trust by what a file is known
   */
  public void tellDigests(Plan plan, Trust trust) {
    assumed.clear();
    assumedInode.clear();
    if (planned == null) {
      return;
    }
    compare(
        plan,
        (index, line) -> {
          Stamp stamp = plan.stamp(index);
          if (line.sha256() != null && isSame(line, stamp, trust)) {
            plan.setDigest(index, Sha256.parse(line.sha256()));
            assumed.set(index, !isSame(line, stamp, Trust.FULL));
            assumedInode.set(index, !hasInode(line.key(), stamp.inode()));
          }
        });
  }

  /**
   * Keeps whether the batch may be finalized without the files that fail, as the last command said:
   * one that resumes this run has no other way to know. Durable when this returns, or with the
   * plan.
   */
  public void allowSkipped(boolean allowed) {
    boolean told = planned == null || allowed == allowSkipped;
    allowSkipped = allowed;
    if (!told) {
      append(List.of(Line.of(new Options(allowed))), true);
    }
  }

  /**
   * Starts over with a plan; it is durable when this returns.
   *
   * @param metadata with which the batch is to be opened, or null
   */
  public void begin(Plan plan, String idempotencyKey, @Nullable RawJson metadata) {
    planned = Planned.of(plan.size(), plan.bytes(), idempotencyKey, metadata);
    batch = null;
    receipt = null;
    publish(plan);
  }

  /**
   * Keeps what is known now of a plan whose receipt is still right: the stamps and digests of its
   * files, and the archive that holds its batch.
   *
   * @param archiveId null where the server does not tell it
   */
  public void confirm(Plan plan, @Nullable String archiveId) {
    archive = archiveId == null ? archive : archiveId;
    publish(plan);
  }

  private void publish(Plan plan) {
    compared = null;
    try {
      closeChannel();
      DurableFiles.publish(
          file,
          out -> {
            JournalLines.Writer lines = new JournalLines.Writer(out);
            lines.write(Line.of(header()));
            for (int i = 0; i < plan.size(); i++) {
              lines.write(Line.of(line(plan, i)));
            }
            lines.write(Line.of(planned));
            if (allowSkipped) {
              lines.write(Line.of(new Options(true)));
            }
            if (archive != null) {
              lines.write(Line.archive(archive));
            }
            if (batch != null) {
              lines.write(Line.of(batch));
            }
            if (receipt != null) {
              lines.write(Line.of(line(receipt)));
            }
          },
          DurableFiles.PRIVATE_FILE);
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  /**
   * Keeps the batch, and the archive that it was opened in; durable when this returns.
   *
   * @param archiveId null where the server does not tell it
   */
  public void opened(BatchId opened, @Nullable String archiveId) {
    List<Line> lines = new ArrayList<>();
    if (archiveId != null && !archiveId.equals(archive)) {
      lines.add(Line.archive(archiveId));
      archive = archiveId;
    }
    if (!opened.equals(batch)) {
      lines.add(Line.of(opened));
      batch = opened;
    }
    if (!lines.isEmpty()) {
      append(lines, true);
    }
  }

  /**
   * Keeps that the server proved to hold files. A crash may lose it, and then they are hashed
   * again.
   */
  public void proved(List<Proved> files) {
    append(
        files.stream().map(each -> Line.proved(line(each.file(), each.sha256()))).toList(), false);
  }

  /**
   * Keeps the digest of a file that was read and is being sent, before the server can call it
   * complete. From many threads.
   */
  public void read(SourceFile source, Sha256 sha256) {
    append(List.of(Line.proved(line(source, sha256))), false);
  }

  /**
   * Keeps the receipt of a batch that holds another plan than the journal's, and that plan in its
   * place; durable when this returns.
   *
   * @param told the plan that was given to {@link #tellDigests}
   */
  public void finished(Receipt done, Plan held, Plan told) {
    planned = Planned.of(held.size(), held.bytes(), idempotencyKey(), planned().described());
    receipt = done;
    move(assumed, held, told);
    move(assumedInode, held, told);
    publish(held);
  }

  private static void move(BitSet marks, Plan to, Plan from) {
    BitSet before = (BitSet) marks.clone();
    marks.clear();
    for (int i = 0; i < to.size(); i++) {
      int index = before.isEmpty() ? -1 : from.indexOf(to.path(i));
      marks.set(i, index >= 0 && before.get(index));
    }
  }

  /** Keeps the receipt; durable when this returns. */
  public void finished(Receipt done) {
    receipt = done;
    append(List.of(Line.of(line(done))), true);
  }

  private Finished line(Receipt done) {
    return new Finished(
        done.batchId().value(),
        done.version(),
        done.files(),
        done.bytes(),
        done.manifestSha256().hex(),
        done.status().toString(),
        done.server(),
        finishedAt,
        done.attributesSha256() == null ? null : done.attributesSha256().hex());
  }

  private Header header() {
    RunIdentity run = Objects.requireNonNull(identity, "a journal that is only read");
    return new Header(
        FORMAT,
        run.server(),
        run.sources(),
        run.rootPath(),
        run.uploader(),
        run.filters().isEmpty() ? null : run.filters());
  }

  private PlannedFile line(Plan plan, int index) {
    PlannedFile line = line(plan.file(index), plan.digest(index));
    return assumed.get(index) ? line.assumed(assumedInode.get(index)) : line;
  }

  private static PlannedFile line(SourceFile source, @Nullable Sha256 sha256) {
    return new PlannedFile(
        source.path().toString(),
        source.size(),
        source.stamp().modified().toString(),
        key(source.stamp().inode()),
        source.stamp().changed().toString(),
        source.stamp().young() ? true : null,
        sha256 == null ? null : sha256.hex());
  }

  private synchronized void append(List<Line> lines, boolean durable) {
    try {
      if (channel == null) {
        channel = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
      }
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      JournalLines.Writer writer = new JournalLines.Writer(out);
      for (Line line : lines) {
        writer.write(line);
      }
      ByteBuffer bytes = ByteBuffer.wrap(out.toByteArray());
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      if (durable) {
        channel.force(false);
      }
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private void read() throws IOException {
    long good;
    try (JournalLines lines = new JournalLines(file)) {
      Line line = lines.next();
      if (line != null) {
        requireOurs(line);
      }
      for (; line != null; line = lines.nextOfRun()) {
        take(line);
      }
      good = lines.good();
      requireSound(lines);
    } catch (NoSuchFileException e) {
      return;
    }
    makeDurable(good);
    if (planned == null) {
      // A plan is published whole: what is there was cut off by a disk, or a person.
      cutOff = true;
      batch = null;
    }
  }

  /**
   * A crash tears the last line off, and leaves none that is whole and wrong. The plan was
   * published whole.
   */
  private void requireSound(JournalLines lines) throws IOException {
    if (lines.endsInDamage() && planned == null || lines.goesOn()) {
      throw unusable(file, "line " + (lines.count() + 1) + " is damaged or was edited", null);
    }
  }

  private void eachLine(Consumer<Line> consumer) {
    try (JournalLines lines = new JournalLines(file)) {
      for (Line line = lines.next(); line != null; line = lines.next()) {
        consumer.accept(line);
      }
    } catch (IOException e) {
      throw unusable(file, SourceFile.reason(e), e);
    }
  }

  private void requireOurs(Line line) {
    if (!requireHeader(line).equals(header())) {
      throw unusable(file, "it belongs to another run", null);
    }
  }

  private Header requireHeader(@Nullable Line line) {
    Header header = line == null ? null : line.header();
    if (header == null) {
      throw unusable(file, "it does not begin as a journal does", null);
    }
    if (header.format() != FORMAT) {
      throw unusable(
          file, "it has format " + header.format() + " and this program writes " + FORMAT, null);
    }
    return header;
  }

  private void take(Line line) {
    if (line.planned() != null) {
      planned = line.planned();
    } else if (line.batch() != null) {
      batch = BatchId.parse(line.batch());
    } else if (line.archive() != null) {
      archive = line.archive();
    } else if (line.options() != null) {
      allowSkipped = line.options().allowSkipped();
    } else if (line.finished() != null) {
      Finished done = line.finished();
      finishedAt = done.at();
      receipt =
          new Receipt(
              BatchId.parse(done.batchId()),
              done.version(),
              done.files(),
              done.bytes(),
              Sha256.parse(done.manifestSha256()),
              BatchStatus.parse(done.status()),
              done.server(),
              done.attributesSha256() == null ? null : Sha256.parse(done.attributesSha256()));
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
    DurableFiles.forceDirectory(DurableFiles.parent(file));
  }

  private static ArchiveException unusable(Path file, String why, @Nullable Exception cause) {
    return new ArchiveException(
        ErrorCode.USAGE,
        "the journal "
            + Text.quote(file.toString())
            + " cannot be used: "
            + why
            + "; nothing was sent. To forget this run: archive resume --forget "
            + id(file),
        cause);
  }

  private ArchiveException unwritable(IOException e) {
    return new ArchiveException(
        ErrorCode.UNAVAILABLE,
        "the journal "
            + Text.quote(file.toString())
            + " cannot be written: "
            + SourceFile.reason(e)
            + "; the run ends here. Mend that and run the same command again to go on",
        e);
  }

  /**
   * Whether a journal is of a run that opened a batch on the server of a name, now or before its
   * sources changed. A damaged one may hide that it did.
   */
  static boolean hasBatchOf(String server, Path file) {
    try (JournalLines lines = new JournalLines(file)) {
      Line line = lines.next();
      if (line == null || line.header() == null || !line.header().server().equals(server)) {
        return false;
      }
      while (line != null && line.batch() == null && line.archive() == null) {
        line = lines.nextOfRun();
      }
      return line != null || lines.endsInDamage();
    } catch (IOException e) {
      return false;
    }
  }

  /** The origin of a batch; null where the journal is of another, or tells nothing. */
  static @Nullable Origin origin(BatchId batch, Path file) {
    try (JournalLines lines = new JournalLines(file)) {
      Line line = lines.next();
      Header header = line == null ? null : line.header();
      boolean ofBatch = false;
      for (; line != null; line = lines.nextOfRun()) {
        ofBatch |= line.finished() != null && batch.value().equals(line.finished().batchId());
      }
      return header == null || !ofBatch
          ? null
          : Origin.of(header.sources().stream().map(Path::of).toList(), header.rootPath());
    } catch (IOException e) {
      return null;
    }
  }

  /** The id of the run that a journal belongs to: the name of its directory. */
  static String id(Path file) {
    return DurableFiles.parent(file.toAbsolutePath()).getFileName().toString();
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
      throw unwritable(e);
    }
  }
}
