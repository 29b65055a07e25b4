package dev.archive.ledger;

import static dev.archive.ledger.FileChanges.requireUploading;

import dev.archive.ledger.GroupCommit.Session;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.Entry;
import dev.archive.model.ErrorCode;
import dev.archive.model.EventKind;
import dev.archive.model.Limits;
import dev.archive.model.LogicalPath;
import dev.archive.model.Operation;
import dev.archive.model.Owner;
import dev.archive.model.Result;
import dev.archive.model.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadFactory;
import java.util.function.Consumer;

/**
 * The versioned state of all batches. Every change of a batch takes the next integer version, is
 * atomic, and is durable when its call returns. No call's cost grows with the number of files of
 * its batch, but for those that stream them.
 */
public final class BatchLedger implements AutoCloseable {
  /** How long a call waits for what others hold, before it is refused for now. */
  public static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final Operation EXPIRY = Operation.unnamed("expiry");
  private static final String NOTE_READ =
      "UPDATE file SET read_at = ? WHERE batch_id = ? AND path = ? AND version = ?";

  static final String SELECT_BY_KEY =
      "SELECT " + Rows.BATCH_COLUMNS + " FROM batch WHERE idempotency_key = ?";

  private final LedgerDatabase database;
  private final GroupCommit writer;
  private final Clock clock;
  private final Deliveries deliveries;
  private final FileChanges files;
  private final PartRows partRows;
  private final Queries queries;
  private final Snapshots snapshots;
  private final Tokens tokens;
  private final Quotas quotas = new Quotas();

  /** What a change left behind. */
  public record Change(EntryState entry, long version) {}

  /**
   * One part that arrived.
   *
   * @param name of the file that it lies in by itself; null where it lies at its place among the
   *     others
   */
  public record PartState(int number, long size, String etag, String name) {
    /** One at its place among the others. */
    public PartState(int number, long size, String etag) {
      this(number, size, etag, null);
    }
  }

  /** Takes rows as they are read. */
  @FunctionalInterface
  public interface RowConsumer<T> {
    void accept(T row) throws IOException;
  }

  /** Opens the ledger in a file of its own, made where it is missing. */
  public BatchLedger(Path file, Clock clock, ThreadFactory threads) {
    this(file, clock, threads, PATIENCE);
  }

  /** The same, with a patience of its own. */
  public BatchLedger(Path file, Clock clock, ThreadFactory threads, Duration patience) {
    this(file, clock, threads, patience, stamp -> {});
  }

  /**
   * The same.
   *
   * @param admission is told what the ledger knows of its archive (null where that is nothing)
   *     before anything is changed, and may refuse it
   */
  public BatchLedger(
      Path file, Clock clock, ThreadFactory threads, Duration patience, Consumer<Stamp> admission) {
    this.database = new LedgerDatabase(file, clock, patience, admission);
    this.writer = new GroupCommit(database, threads, System::nanoTime);
    this.clock = clock;
    this.deliveries = new Deliveries(database, writer, clock);
    this.files = new FileChanges(clock);
    this.partRows = new PartRows(database, writer);
    this.queries = new Queries(database);
    this.snapshots = new Snapshots(database);
    this.tokens = new Tokens(database, writer, clock);
  }

  /** Bounds what each owner may have, from now on; until it is called, nothing is bounded. */
  public void bound(Limits limits) {
    quotas.bound(limits);
  }

  /** Who may call. */
  public Tokens tokens() {
    return tokens;
  }

  /** The messages about finalized batches. */
  public Deliveries deliveries() {
    return deliveries;
  }

  /**
   * How long the last change took to become durable, or one that is becoming so has taken until
   * now, where that is longer.
   */
  public Duration commitTime() {
    return writer.commitTime();
  }

  /** How many changes wait for the next commit. */
  public int waiting() {
    return writer.waiting();
  }

  /** What the commits of this process were like. */
  public CommitFigures commits() {
    return writer.figures();
  }

  /**
   * How much of the archive waits for something.
   *
   * @param withMessages whether the messages about finalized batches are counted too
   */
  public Standing standing(boolean withMessages) {
    return queries.standing(withMessages);
  }

  private BatchLedger(LedgerDatabase database) {
    this.database = database;
    this.writer = null;
    this.clock = null;
    this.deliveries = null;
    this.files = null;
    this.partRows = new PartRows(database, writer);
    this.queries = new Queries(database);
    this.snapshots = new Snapshots(database);
    this.tokens = new Tokens(database, null, null);
  }

  /**
   * Opens a ledger to read from it only; nothing of it changes, and others may write it meanwhile.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE} where it is not one that this program can read
   *     as it is
   */
  public static BatchLedger readOnly(Path file) {
    return new BatchLedger(LedgerDatabase.readOnly(file, PATIENCE));
  }

  /** What this ledger knows of its archive, or null where it has not been told. */
  public Stamp stamp() {
    return database.read(Stamps::read);
  }

  /** Tells a ledger that has no stamp to which archive it belongs; another stamp stays. */
  public void stamp(String archiveId) {
    writer.write(
        session ->
            session.update(
                "INSERT OR IGNORE INTO archive (only_row, archive_id, generation, mark,"
                    + " previous_mark) VALUES (1, ?, 0, '', '')",
                archiveId));
  }

  /**
   * Begins a new generation.
   *
   * @param above the new generation is higher than this one
   * @param mark that no other has
   */
  public void raise(long above, String mark) {
    writer.write(
        session ->
            session.update(
                "UPDATE archive SET previous_mark = mark, mark = ?,"
                    + " generation = max(generation, ?) + 1 WHERE only_row = 1",
                mark,
                above));
  }

  /** Does something with the stamp while no process can change it. */
  public void withStamp(Consumer<Stamp> work) {
    writer.write(
        session -> {
          work.accept(Stamps.read(session));
          return null;
        });
  }

  /** When a batch was first seen to be overdue, or null. */
  public Instant overdueSince() {
    return database.read(Stamps::overdueAt);
  }

  /** Notes when a batch was first seen to be overdue; null where none is. */
  public void noteOverdue(Instant at) {
    writer.write(
        session ->
            session.update(
                "UPDATE archive SET overdue_at = ? WHERE only_row = 1",
                at == null ? null : at.toEpochMilli()));
  }

  /** How many changes were made through this object. */
  public long changes() {
    return writer.changes();
  }

  /**
   * Whether a change could be made at this moment.
   *
   * @param wait how long to wait for the answer
   * @return null if it could, or only the disk is slow; else what keeps it, as a sentence
   */
  public String trouble(Duration wait) {
    return writer.trouble(wait);
  }

  /** Completes when the ledger has closed itself because of an error that is not of one change. */
  public CompletableFuture<Error> failure() {
    return writer.failure();
  }

  /** Whether a ledger was written by a newer program than this one. */
  public static boolean isNewer(Path file) throws IOException {
    return LedgerDatabase.isNewer(file);
  }

  /**
   * The stamp in a ledger's file alone, without its log; null where that has none, or cannot be
   * read without the log. Nothing is changed.
   */
  public static Stamp stampWithoutLog(Path file) {
    return LedgerDatabase.stampWithoutLog(file);
  }

  /**
   * Brings all that was committed so far from the log into the ledger's file.
   *
   * @return whether all of it is there, durably; false where somebody still reads an older state
   */
  public boolean checkpoint() {
    return database.read(LedgerDatabase::checkpoint);
  }

  /**
   * Copies the file of a ledger without its log, which belongs to another.
   *
   * @param target an empty file
   * @throws ArchiveException {@link ErrorCode#USAGE} where it is damaged or no ledger
   */
  public static void copyWithoutLog(Path file, Path target) {
    LedgerDatabase.copyWithoutLog(file, target);
  }

  /**
   * Copies a ledger as it is at one moment, though others write it.
   *
   * @param target an empty file
   * @throws ArchiveException {@link ErrorCode#USAGE} where it is damaged or no ledger
   */
  public static void copy(Path file, Path target) {
    LedgerDatabase.copy(file, target, PATIENCE);
  }

  /**
   * Adds a batch at version 1, or finds the one that the same idempotency key made before.
   *
   * @throws ArchiveException {@link ErrorCode#CONFLICT} where the operation's key made a batch that
   *     was declared differently; {@link ErrorCode#QUOTA_EXCEEDED}
   */
  public BatchState create(BatchState batch, Operation operation) {
    return writer.write(
        session -> {
          BatchState known =
              operation.keyed()
                  ? Rows.batchOf(session.prepare(SELECT_BY_KEY, operation.ownedId()))
                  : null;
          if (known != null) {
            return sameWish(known, batch);
          }
          quotas.requireRoom(session, operation.owner(), batch);
          EventLog.begin(
              session,
              batch,
              EventKind.CREATED,
              operation,
              Instant.ofEpochMilli(batch.createdAt().toEpochMilli()));
          return batch;
        });
  }

  private static BatchState sameWish(BatchState known, BatchState wished) {
    if (known.declaredFiles() != wished.declaredFiles()
        || known.declaredBytes() != wished.declaredBytes()
        || !known.uploader().equals(wished.uploader())
        || !known.rootPath().equals(wished.rootPath())
        || !known.parentPi().equals(wished.parentPi())
        || !Objects.equals(known.metadata(), wished.metadata())
        || !Objects.equals(known.customPrompts(), wished.customPrompts())) {
      throw new ArchiveException(
          ErrorCode.CONFLICT,
          "the idempotency key belongs to batch "
              + known.id()
              + ", which was declared differently");
    }
    return known;
  }

  /**
   * The batch at its present version.
   *
   * @throws ArchiveException {@link ErrorCode#BATCH_NOT_FOUND}
   */
  public BatchState batch(BatchId id) {
    return queries.batch(id);
  }

  /** The batch at its present version, or null where there is none. */
  public BatchState find(BatchId id) {
    return queries.find(id);
  }

  /** To whom a batch belongs, or null where there is none. */
  public Owner owner(BatchId id) {
    return queries.owner(id);
  }

  /** The batch that was created with an idempotency key, or null where there is none. */
  public BatchState findByKey(String idempotencyKey) {
    return queries.findByKey(idempotencyKey);
  }

  /**
   * The file at a path.
   *
   * @throws ArchiveException {@link ErrorCode#FILE_NOT_FOUND}
   */
  public EntryState entry(BatchId id, LogicalPath path) {
    return queries.entry(id, path);
  }

  /**
   * Registers a file. The same registration again changes nothing, a digest where there was none is
   * added to it; another size or digest replaces a file that is not completed.
   *
   * @throws ArchiveException {@link ErrorCode#CONFLICT} where the path is completed with other
   *     content, or is a file here and a directory there, or where the operation has a key by which
   *     it was registered before and has been replaced since; {@link ErrorCode#NOT_UPLOADING};
   *     {@link ErrorCode#QUOTA_EXCEEDED}
   */
  public Change register(BatchId id, Registration wanted, Operation operation) {
    return writer.write(
        session -> {
          EventLog.admit(session, id, operation);
          return files.register(session, id, wanted, operation, quotas.ofBatch(session, id));
        });
  }

  /**
   * Registers files in one durable change of the disk, each as if it came alone: one that is
   * refused does not keep the others.
   */
  public List<Result<Change>> registerAll(
      BatchId id, List<Registration> wanted, Operation operation) {
    return writer.write(
        session -> {
          EventLog.admit(session, id, operation);
          Quotas.Room room = quotas.ofBatch(session, id);
          return FileChanges.each(
              wanted, file -> files.register(session, id, file, operation, room));
        });
  }

  private Instant now() {
    return files.now();
  }

  /**
   * Records a part whose bytes are durable. No change of the batch: bytes that arrive have no
   * version.
   *
   * @throws ArchiveException {@link ErrorCode#NOT_UPLOADING}
   */
  public void addPart(BatchId id, String uploadId, PartState part) {
    partRows.addPart(id, uploadId, part);
  }

  /** A part that is recorded as arrived, or null. */
  public PartState part(BatchId id, String uploadId, int number) {
    return partRows.part(id, uploadId, number);
  }

  /** Forgets one part, because its bytes are about to be written again. */
  public void dropPart(BatchId id, String uploadId, int number) {
    partRows.dropPart(id, uploadId, number);
  }

  /** Forgets parts of an upload, because their bytes are gone or turned out to be wrong. */
  public void dropParts(BatchId id, String uploadId, List<PartState> parts) {
    partRows.dropParts(id, uploadId, parts);
  }

  /** The parts that arrived, by number. */
  public List<PartState> parts(BatchId id, String uploadId) {
    return partRows.parts(id, uploadId);
  }

  /** Those of them with numbers from one to another, both included. */
  public List<PartState> parts(BatchId id, String uploadId, int first, int last) {
    return partRows.parts(id, uploadId, first, last);
  }

  /** The part with the highest number of those at their place among the others, or null. */
  public PartState lastPart(BatchId id, String uploadId) {
    return partRows.lastPart(id, uploadId);
  }

  /**
   * Completes a file whose bytes are durable under its final name. Completing twice changes
   * nothing.
   *
   * @param stored path, size and digest of those bytes
   * @throws ArchiveException {@link ErrorCode#CONFLICT} where the registration was replaced
   *     meanwhile
   */
  public Change complete(BatchId id, Entry stored, Operation operation) {
    return writer.write(
        session -> {
          EventLog.admit(session, id, operation);
          return files.complete(session, id, stored, operation);
        });
  }

  /** Completes files in one durable change of the disk, each as if it came alone. */
  public List<Result<Change>> completeAll(BatchId id, List<Entry> stored, Operation operation) {
    return writer.write(
        session -> {
          EventLog.admit(session, id, operation);
          return FileChanges.each(stored, file -> files.complete(session, id, file, operation));
        });
  }

  /**
   * Makes completed files whose bytes are missing uploading again, in one durable change of the
   * disk. Files that changed since they were seen stay as they are, as do those of a batch that is
   * not uploading.
   *
   * @param seen completed files, as they were seen
   * @return how many were reopened
   */
  public int reopen(BatchId id, List<EntryState> seen, Operation operation) {
    return writer.write(
        session -> {
          int reopened = 0;
          for (EntryState file : seen) {
            reopened += files.reopen(session, id, file, operation) ? 1 : 0;
          }
          return reopened;
        });
  }

  /**
   * Notes that the stored bytes of files were read and found right; no change of the batch. Files
   * that changed since they were seen are not noted. Nobody counts on the note: where the disk is
   * full or only read, or others hold the ledger, there is none.
   *
   * @param read files as they were seen
   * @param at when the reading began
   */
  public void noteReads(BatchId id, List<EntryState> read, Instant at) {
    if (read.isEmpty()) {
      return;
    }
    if (writer == null) {
      database.change(connection -> noteReads(connection, id, read, at));
      return;
    }
    try {
      writer.write(
          session -> {
            for (EntryState file : read) {
              session.update(NOTE_READ, readOf(id, file, at));
            }
            return read.size();
          });
    } catch (ArchiveException e) {
      if (e.code() != ErrorCode.STORAGE_FULL && e.code() != ErrorCode.UNAVAILABLE) {
        throw e;
      }
      // A full disk, or others that hold the ledger: the next audit reads again.
    }
  }

  private static void noteReads(
      Connection connection, BatchId id, List<EntryState> read, Instant at) throws SQLException {
    for (EntryState file : read) {
      try (PreparedStatement statement =
          LedgerDatabase.prepare(connection, NOTE_READ, readOf(id, file, at))) {
        statement.executeUpdate();
      }
    }
  }

  private static Object[] readOf(BatchId id, EntryState file, Instant at) {
    return new Object[] {
      at.toEpochMilli(), id.value(), file.registration().path().toString(), file.version()
    };
  }

  /**
   * Removes the registration of a file that is not complete. What is not registered stays so, and
   * nothing changes.
   *
   * @return the batch afterwards
   * @throws ArchiveException {@link ErrorCode#CONFLICT} where the file is complete; {@link
   *     ErrorCode#NOT_UPLOADING}; {@link ErrorCode#VERSION_CONFLICT}
   */
  public BatchState forget(BatchId id, LogicalPath path, Operation operation) {
    return writer.write(
        session -> {
          BatchState batch = EventLog.batch(session, id);
          requireUploading(batch);
          return Amendments.forget(session, batch, path, operation, now());
        });
  }

  /** The paths of a batch that were forgotten and are not registered now. */
  public List<LogicalPath> forgotten(BatchId id) {
    return database.read(connection -> Amendments.forgotten(connection, id));
  }

  /** The list of files that a finalized batch goes without, as finalize got it; null for none. */
  public String skipped(BatchId id) {
    return database.read(connection -> Amendments.skipped(connection, id));
  }

  /**
   * A page of that list.
   *
   * @param from 0, or what the page before says
   * @return null where there is no list
   */
  public SkippedPage skipped(BatchId id, long from) {
    return database.read(connection -> Amendments.page(connection, id, from));
  }

  /**
   * Keeps a page of the attributes of a batch's names, in the place of one with this number. It is
   * no change of the batch: what is finalized is what finalize names.
   *
   * @param last whether no page stays behind it
   * @throws ArchiveException {@link ErrorCode#NOT_UPLOADING}
   */
  public void putAttributes(BatchId id, int page, boolean last, byte[] lines) {
    writer.write(
        session -> {
          BatchState batch = EventLog.batch(session, id);
          requireUploading(batch);
          AttributePages.put(session, id, page, last, lines);
          return batch;
        });
  }

  /** Hands on the pages of a batch's attributes, as they were at one moment. */
  public void attributePages(BatchId id, RowConsumer<byte[]> pages) throws IOException {
    snapshots.attributePages(id, pages);
  }

  /** The digest of the attributes that a finalized batch has in its bag; null for none. */
  public Sha256 attributes(BatchId id) {
    return database.read(connection -> AttributePages.digest(connection, id));
  }

  /** Finalizes the batch as it was declared. */
  public BatchState finalizeBatch(BatchState seen, Sha256 manifest, Operation operation) {
    return finalizeBatch(seen, null, manifest, null, operation);
  }

  /**
   * Finalizes the batch if it still is at the version given, uploading, and as many files completed
   * as were declared; in the same change, the message that says so waits to be delivered.
   *
   * @param skipped the list of files that it goes without, and then what was declared does not
   *     count; null where it does
   * @param attributes the digest of the attributes in its bag; null where it has none
   * @return the batch as finalized by this call, or null where the batch had changed
   */
  public BatchState finalizeBatch(
      BatchState seen, String skipped, Sha256 manifest, Sha256 attributes, Operation operation) {
    return writer.write(
        session -> {
          BatchState batch = EventLog.batch(session, seen.id());
          if (batch.version() != seen.version()
              || batch.status() != BatchStatus.UPLOADING
              || skipped == null && batch.completedFiles() != batch.declaredFiles()
              || batch.registeredFiles() != batch.completedFiles()) {
            return null;
          }
          EventLog.admit(session, seen.id(), operation.goneOn());
          Instant now = now();
          BatchState closed =
              amended(session, batch, skipped, operation, now).closed(manifest, now);
          EventLog.append(session, closed, EventKind.FINALIZED, operation, now);
          AttributePages.close(session, seen.id(), attributes);
          announce(session, seen.id(), now);
          return closed;
        });
  }

  /** The batch with the list of files that it goes without, where that is not null. */
  private static BatchState amended(
      Session session, BatchState batch, String skipped, Operation operation, Instant now)
      throws SQLException {
    if (skipped == null) {
      return batch;
    }
    BatchState amended = batch.amended(now);
    Sha256 digest = Sha256.of(skipped.getBytes(StandardCharsets.UTF_8));
    EventLog.amended(session, amended, digest, operation, now);
    Amendments.keep(session, batch.id(), skipped);
    return amended;
  }

  /** Hands on files, one after another. */
  @FunctionalInterface
  public interface Files {
    void forEach(RowConsumer<Entry> file) throws IOException;
  }

  /**
   * Takes over a finalized batch from its bag: one that the ledger does not know, or calls
   * uploading. All of it is one change; where the files end with an exception, nothing is changed.
   *
   * @param batch as far as its bag tells, where the ledger does not know it
   * @param files all that the bag holds
   * @param skipped the list of files that it goes without, or null
   * @param attributes the digest of the attributes in the bag; null where it has none
   * @param finalizedAt when the bag was closed
   * @return the batch as it is finalized now
   */
  public BatchState adopt(
      BatchState batch,
      Files files,
      String skipped,
      Sha256 manifest,
      Sha256 attributes,
      Instant finalizedAt,
      Operation operation) {
    return writer.write(
        session -> {
          Instant now = now();
          if (EventLog.find(session, batch.id()) == null) {
            EventLog.begin(session, batch, EventKind.ADOPTED, operation, now);
          } else {
            EventLog.empty(session, batch.id());
          }
          try {
            files.forEach(file -> adopt(session, batch.id(), file, operation));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
          BatchState whole = EventLog.batch(session, batch.id());
          BatchState closed =
              amended(session, whole, skipped, operation, now).closed(manifest, finalizedAt);
          EventLog.append(session, closed, EventKind.FINALIZED, operation, now);
          AttributePages.close(session, batch.id(), attributes);
          announce(session, batch.id(), now);
          return closed;
        });
  }

  private void adopt(Session session, BatchId id, Entry file, Operation operation)
      throws IOException {
    try {
      files.register(session, id, Registration.ofStored(file), operation, Quotas.UNBOUNDED);
      files.complete(session, id, file, operation);
    } catch (SQLException e) {
      throw new IOException(e);
    }
  }

  /** In the change that finalizes a batch: the message that says so waits to be delivered. */
  private static void announce(Session session, BatchId id, Instant now) throws SQLException {
    EventLog.forgetAnswers(session, id);
    session.update(
        "INSERT INTO outbox (batch_id, attempts, due_at) VALUES (?, 0, ?)",
        id.value(),
        now.toEpochMilli());
  }

  /**
   * Gives a batch up; one that has ended without being finalized stays as it is.
   *
   * @throws ArchiveException {@link ErrorCode#CONFLICT} where it is finalized
   */
  public BatchState abort(BatchId id, Operation operation) {
    return writer.write(
        session -> {
          BatchState batch = EventLog.batch(session, id);
          if (batch.status().isFinalized()) {
            throw new ArchiveException(
                ErrorCode.CONFLICT,
                "batch "
                    + id
                    + " is finalized (status "
                    + batch.status()
                    + "): what is archived stays, nothing was aborted");
          }
          if (batch.status() != BatchStatus.UPLOADING) {
            return batch;
          }
          EventLog.admit(session, id, operation);
          return end(session, batch, BatchStatus.ABORTED, operation);
        });
  }

  /**
   * Ends a batch that was abandoned.
   *
   * @param idleSince the latest last activity of such a batch
   * @return whether this call did it
   */
  public boolean expire(BatchId id, Instant idleSince) {
    return writer.write(
        session -> {
          BatchState batch = EventLog.find(session, id);
          boolean idle =
              batch != null
                  && batch.status() == BatchStatus.UPLOADING
                  && !batch.activeAt().isAfter(idleSince);
          if (idle) {
            end(session, batch, BatchStatus.EXPIRED, EXPIRY);
          }
          return idle;
        });
  }

  /** The batches that are uploading and have not been active since a moment. */
  public List<BatchId> idle(Instant since) {
    return queries.idle(since);
  }

  /**
   * Notes that a batch is in use. No change of the batch: it has no version.
   *
   * @param known how long ago, at the most, its last activity may be without being noted again
   */
  public void touch(BatchId id, Duration known) {
    long now = clock.millis();
    writer.write(session -> EventLog.touch(session, id, now, now - known.toMillis()));
  }

  private BatchState end(Session session, BatchState batch, BatchStatus status, Operation operation)
      throws SQLException {
    BatchState ended = batch.moved(status);
    EventLog.append(session, ended, EventKind.STATUS, operation, now());
    String id = batch.id().value();
    // Its idempotency key is free again: the request can still be granted, by another batch.
    session.update("UPDATE batch SET idempotency_key = NULL WHERE id = ?", id);
    session.update("DELETE FROM part WHERE batch_id = ?", id);
    AttributePages.drop(session, batch.id());
    EventLog.forgetAnswers(session, batch.id());
    return ended;
  }

  /**
   * Batches by id, which is the order in which they were made to the millisecond.
   *
   * @param status only those that stand there, or null
   * @param after only those with a greater id, or null
   * @param limit the most of them; there are fewer where their metadata is large
   */
  public List<BatchState> list(BatchStatus status, BatchId after, int limit) {
    return list(null, status, after, limit);
  }

  /**
   * The same.
   *
   * @param owner only those of one owner, or null
   */
  public List<BatchState> list(Owner owner, BatchStatus status, BatchId after, int limit) {
    return queries.list(owner, status, after, limit);
  }

  /**
   * The names of up to {@code limit} files that are registered and not completed, in the order of
   * their paths.
   */
  public List<LogicalPath> unfinished(BatchId id, int limit) {
    return queries.unfinished(id, limit);
  }

  /**
   * Completed files in the order of their paths.
   *
   * @param after only those with a greater path; empty for all
   * @param last only those up to this path
   * @param maxSize only those of at most so many bytes
   * @param limit the most of them
   */
  public List<EntryState> completed(
      BatchId id, String after, String last, long maxSize, int limit) {
    return queries.completed(id, after, last, maxSize, limit);
  }

  /**
   * The path of the file that stands so many files behind a path, registered or completed.
   *
   * @return null where there are fewer
   */
  public String pathAfter(BatchId id, String after, int count) {
    return queries.pathAfter(id, after, count);
  }

  /** Which of some paths are files of a batch, completed or not. */
  public Set<String> registered(BatchId id, Collection<String> paths) {
    return queries.registered(id, paths);
  }

  /** Which of some paths are files of a batch, or were before they were forgotten. */
  public Set<String> everRegistered(BatchId id, Collection<String> paths) {
    return queries.everRegistered(id, paths);
  }

  /**
   * Hands on a batch and its files as they were at one moment: the batch first, then each file.
   *
   * @param order by path, or by the version of the last change
   * @param since with {@link Order#VERSION}: only files whose last change is after this version
   * @param limit the most files; 0 for all
   */
  public void snapshot(
      BatchId id,
      Order order,
      long since,
      long limit,
      RowConsumer<BatchState> batch,
      RowConsumer<EntryState> files)
      throws IOException {
    snapshots.snapshot(id, order, since, limit, batch, files);
  }

  /**
   * Hands on a batch and its history as they were at one moment: the batch first, then each event.
   *
   * @param since only the events of later versions
   * @param limit the most events
   */
  public void history(
      BatchId id,
      long since,
      long limit,
      RowConsumer<BatchState> batch,
      RowConsumer<RecordedEvent> events)
      throws IOException {
    snapshots.history(id, since, limit, batch, events);
  }

  /** How a snapshot's files are ordered. */
  public enum Order {
    PATH,
    VERSION
  }

  @Override
  public void close() {
    if (writer != null) {
      writer.close();
    }
    database.close();
  }
}
