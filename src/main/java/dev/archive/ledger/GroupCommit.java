package dev.archive.ledger;

import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.model.FatalErrors;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Many callers, one durable transaction. One thread owns the one connection that writes; it takes
 * all changes that wait, runs each in a savepoint of its own, commits once and only then lets the
 * callers go. One commit a change gave some 2,500 changes a second on an idle disk, groups of them
 * 16,000 to 35,000.
 *
 * <p>A commit that failed is never tried again on its connection: its callers get an error (what
 * became of their change is unknown until asked), the connection is thrown away, and the next one
 * is checked before it is used.
 */
final class GroupCommit implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GroupCommit.class);
  private static final int MAX_GROUP_CHANGES = 1024;

  /** SQLite's result codes, which its driver gives as the exception's error code. */
  private static final int BUSY = 5;

  private static final int NO_MEMORY = 7;
  private static final int READ_ONLY = 8;
  private static final int INTERRUPTED = 9;
  private static final int IO_ERROR = 10;
  private static final int CORRUPT = 11;
  private static final int FULL = 13;
  private static final int CANNOT_OPEN = 14;

  /** A change, run on the writer's thread inside a transaction; it may run only once. */
  @FunctionalInterface
  interface Change<T> {
    T run(Session session) throws SQLException;
  }

  /** The writing connection with its statements, each prepared once. */
  static final class Session {
    private final Connection connection;
    private final Map<String, PreparedStatement> statements = new HashMap<>();

    /**
     * The batches that this transaction has read or changed, so that a group reads each once, and a
     * change writes each once.
     */
    final Map<BatchId, EventLog.Head> heads = new HashMap<>();

    /** What this transaction has seen to be a directory of a batch. */
    final Set<String> directories = new HashSet<>();

    /** Which batches have forgotten files, as this transaction has asked. */
    final Map<BatchId, Boolean> forgetful = new HashMap<>();

    private final Statement control;

    private Session(Connection connection) throws SQLException {
      this.connection = connection;
      this.control = connection.createStatement();
    }

    private void forget() {
      heads.clear();
      directories.clear();
      forgetful.clear();
    }

    /** The statement of this text with its parameters set. */
    PreparedStatement prepare(String sql, Object... parameters) throws SQLException {
      PreparedStatement statement = statements.get(sql);
      if (statement == null) {
        statement = connection.prepareStatement(sql);
        statements.put(sql, statement);
      }
      for (int i = 0; i < parameters.length; i++) {
        statement.setObject(i + 1, parameters[i]);
      }
      return statement;
    }

    /** Runs an update and tells how many rows it changed; those that triggers change count, too. */
    int update(String sql, Object... parameters) throws SQLException {
      return prepare(sql, parameters).executeUpdate();
    }
  }

  /** A change that waits; one that only asks whether changes can be made does not count. */
  private record Pending<T>(
      Change<T> change, CompletableFuture<T> result, boolean counts, long since) {
    /** Runs the change; what happened is told only after the commit. */
    Runnable run(Session session) throws SQLException {
      session.control.execute("SAVEPOINT one");
      try {
        T value = change.run(session);
        EventLog.settle(session);
        session.control.execute("RELEASE one");
        return () -> result.complete(value);
      } catch (SQLException | RuntimeException e) {
        session.forget();
        if (e instanceof SQLException failure && isOfTheDisk(failure)) {
          throw e;
        }
        session.control.execute("ROLLBACK TO one");
        session.control.execute("RELEASE one");
        return () -> result.completeExceptionally(e);
      }
    }
  }

  private final LedgerDatabase database;
  private final BlockingQueue<Pending<?>> queue = new LinkedBlockingQueue<>();
  private final CommitTime time;
  private final CommitFigures figures = new CommitFigures();
  private final LongSupplier nanos;
  private final Thread writer;
  private final CompletableFuture<Error> failure = new CompletableFuture<>();
  private final AtomicLong changes = new AtomicLong();
  private CompletableFuture<Void> probe;
  private volatile boolean closed;
  private Session session;
  private boolean suspect;

  GroupCommit(LedgerDatabase database, ThreadFactory threads, LongSupplier nanos) {
    this.database = database;
    this.nanos = nanos;
    this.time = new CommitTime(nanos);
    this.writer = threads.newThread(this::writeUntilClosed);
    writer.start();
  }

  /** Runs a change and returns its result once it is durable. */
  <T> T write(Change<T> change) {
    CompletableFuture<T> result = new CompletableFuture<>();
    add(new Pending<>(change, result, true, nanos.getAsLong()));
    try {
      return result.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof ArchiveException known) {
        throw known;
      }
      throw new ArchiveException(
          ErrorCode.INTERNAL, "the ledger could not be changed", e.getCause());
    }
  }

  private void add(Pending<?> pending) {
    queue.add(pending);
    if (closed) {
      failAll(ended());
    }
  }

  /** Why no change is made any more. */
  private ArchiveException ended() {
    return new ArchiveException(
        ErrorCode.UNAVAILABLE,
        failure.isDone()
            ? "the ledger has closed after an internal error; restart the server"
            : "the server is shutting down");
  }

  /** Completes when an error that is not of one change has ended the writer. */
  CompletableFuture<Error> failure() {
    return failure;
  }

  /**
   * Asks the writer for a change that changes nothing.
   *
   * @return null if it was made in time, or a commit is under way; else why not
   */
  String trouble(Duration wait) {
    CompletableFuture<Void> asked = probe();
    try {
      asked.get(wait.toMillis(), TimeUnit.MILLISECONDS);
      return null;
    } catch (TimeoutException e) {
      return time.isUnderWay() ? null : "the ledger is blocked: another process holds it";
    } catch (ExecutionException e) {
      return "the ledger takes no changes: " + e.getCause().getMessage();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    }
  }

  /** One question waits at a time. */
  private synchronized CompletableFuture<Void> probe() {
    if (probe == null || probe.isDone()) {
      probe = new CompletableFuture<>();
      add(new Pending<>(session -> null, probe, false, nanos.getAsLong()));
    }
    return probe;
  }

  /** How many changes were made durable. */
  long changes() {
    return changes.get();
  }

  /** What the commits were like. */
  CommitFigures figures() {
    return figures;
  }

  /** How many changes wait for the next commit. */
  int waiting() {
    return queue.size();
  }

  /** What the last commit took, or the one under way has taken so far where that is longer. */
  Duration commitTime() {
    return time.longest();
  }

  private void writeUntilClosed() {
    List<Pending<?>> group = new ArrayList<>();
    try {
      while (!closed || !queue.isEmpty()) {
        group.clear();
        group.add(queue.take());
        queue.drainTo(group, MAX_GROUP_CHANGES - 1);
        commit(group);
      }
    } catch (InterruptedException e) {
      // Only close() interrupts, and only to end the wait for a next change.
    } catch (Error e) {
      FatalErrors.report(e);
      failure.complete(e);
      closed = true;
      LOG.error("the ledger closes: what became of the changes under way is unknown", e);
      group.forEach(pending -> pending.result().completeExceptionally(ended()));
    } finally {
      discardSession();
      failAll(ended());
    }
  }

  private void commit(List<Pending<?>> group) {
    List<Runnable> answers = new ArrayList<>(group.size());
    long began = 0;
    try {
      Session current = session();
      current.connection.setAutoCommit(false);
      current.forget();
      for (Pending<?> pending : group) {
        answers.add(pending.run(current));
      }
      if (group.stream().anyMatch(Pending::counts)) {
        began = nanos.getAsLong();
        time.begin();
        try {
          current.connection.setAutoCommit(true);
        } finally {
          time.end();
        }
      } else {
        current.connection.setAutoCommit(true);
      }
    } catch (SQLException | RuntimeException e) {
      discardSession();
      // Who could not begin has written nothing.
      suspect |= !(e instanceof SQLException failure && failure.getErrorCode() == BUSY);
      ArchiveException failure = failure(e);
      group.forEach(pending -> pending.result().completeExceptionally(failure));
      return;
    }
    note(group, began);
    answers.forEach(Runnable::run);
  }

  private void note(List<Pending<?>> group, long began) {
    long now = nanos.getAsLong();
    long counted = 0;
    for (Pending<?> each : group) {
      if (each.counts()) {
        counted++;
        figures.waits().record(now - each.since());
      }
    }
    if (counted > 0) {
      changes.addAndGet(counted);
      figures.sizes().record(counted);
      figures.times().record(now - began);
    }
  }

  /**
   * Whether not the change is to blame: then SQLite may have rolled back the whole transaction, and
   * all that wait for it have failed.
   */
  private static boolean isOfTheDisk(SQLException e) {
    return switch (e.getErrorCode()) {
      case BUSY, NO_MEMORY, READ_ONLY, INTERRUPTED, IO_ERROR, CORRUPT, FULL, CANNOT_OPEN -> true;
      default -> false;
    };
  }

  private static ArchiveException failure(Exception e) {
    return switch (e instanceof SQLException sql ? sql.getErrorCode() : 0) {
      case FULL ->
          new ArchiveException(
              ErrorCode.STORAGE_FULL, "the archive's disk is full: the change was not recorded", e);
      case BUSY, READ_ONLY, IO_ERROR, CANNOT_OPEN ->
          new ArchiveException(
              ErrorCode.UNAVAILABLE,
              "the ledger cannot be written now; ask whether the change was recorded, or"
                  + " repeat it",
              e);
      default -> new ArchiveException(ErrorCode.INTERNAL, "the ledger could not be changed", e);
    };
  }

  private Session session() throws SQLException {
    if (session == null) {
      Connection connection = database.openWriter();
      if (suspect) {
        try {
          LedgerDatabase.check(connection);
        } catch (SQLException e) {
          connection.close();
          throw new SQLException(
              "no more changes after a failed commit: " + e.getMessage(),
              null,
              e.getErrorCode(),
              e);
        }
        suspect = false;
      }
      session = new Session(connection);
    }
    return session;
  }

  private void discardSession() {
    if (session != null) {
      try {
        session.connection.close();
      } catch (SQLException e) {
        // It is not used again; what it had not committed is not there.
      }
      session = null;
    }
  }

  private void failAll(ArchiveException failure) {
    Pending<?> pending = queue.poll();
    while (pending != null) {
      pending.result().completeExceptionally(failure);
      pending = queue.poll();
    }
  }

  /** Lets the changes that wait finish, then closes the connection. */
  @Override
  public void close() {
    closed = true;
    writer.interrupt();
    boolean interrupted = false;
    while (writer.isAlive()) {
      try {
        writer.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
