package dev.archive.ledger;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;
import org.sqlite.SQLiteConfig;

/**
 * The SQLite file of a ledger: opens it, checks that it is as durable as we promise, and brings its
 * tables up to date.
 */
final class LedgerDatabase implements AutoCloseable {
  private static final int READERS = 8;

  /** The part of the file's header that tells the size of its pages, in bytes. */
  private static final int HEAD = 18;

  /** Where the header has the number of the schema, in bytes from its beginning. */
  private static final int USER_VERSION = 60;

  private static final String MAGIC = "SQLite format 3\0";

  /** Up to this size, in bytes, a ledger is checked whole when it is opened: 0.2 seconds. */
  private static final long MAX_CHECKED = 64 << 20;

  /** How the tables came to be: version N of a ledger has the first N steps. */
  private static final String[][] STEPS = {
    {
      """
    CREATE TABLE batch (
      id TEXT PRIMARY KEY,
      session_id TEXT NOT NULL,
      version BIGINT NOT NULL,
      status TEXT NOT NULL,
      uploader TEXT NOT NULL,
      root_path TEXT NOT NULL,
      parent_pi TEXT NOT NULL,
      metadata TEXT,
      custom_prompts TEXT,
      declared_files BIGINT NOT NULL,
      declared_bytes BIGINT NOT NULL,
      registered_files BIGINT NOT NULL,
      completed_files BIGINT NOT NULL,
      completed_bytes BIGINT NOT NULL,
      created_at BIGINT NOT NULL,
      active_at BIGINT NOT NULL,
      finalized_at BIGINT,
      manifest_sha256 TEXT,
      idempotency_key TEXT UNIQUE)""",
      """
    CREATE TABLE file (
      batch_id TEXT NOT NULL,
      path TEXT NOT NULL,
      size BIGINT NOT NULL,
      declared_sha256 TEXT,
      content_type TEXT NOT NULL,
      processing TEXT,
      upload_id TEXT,
      part_size BIGINT,
      sha256 TEXT,
      completed_at BIGINT,
      version BIGINT NOT NULL,
      PRIMARY KEY (batch_id, path))""",
      "CREATE UNIQUE INDEX file_version ON file (batch_id, version)",
      """
    CREATE TABLE part (
      batch_id TEXT NOT NULL,
      upload_id TEXT NOT NULL,
      number INTEGER NOT NULL,
      size BIGINT NOT NULL,
      etag TEXT NOT NULL,
      PRIMARY KEY (batch_id, upload_id, number))"""
    },
    {
      "ALTER TABLE batch ADD COLUMN finalized_version BIGINT",
      "UPDATE batch SET finalized_version = version WHERE finalized_at IS NOT NULL",
      "CREATE INDEX batch_uploading ON batch (active_at) WHERE status = 'uploading'",
      """
    CREATE TABLE outbox (
      batch_id TEXT PRIMARY KEY,
      attempts INTEGER NOT NULL,
      due_at BIGINT)""",
      "CREATE INDEX outbox_due ON outbox (due_at) WHERE due_at IS NOT NULL",
      "INSERT INTO outbox SELECT id, 0, finalized_at FROM batch WHERE status = 'enqueued'"
    },
    {
      """
    CREATE TABLE event (
      batch_id TEXT NOT NULL,
      version BIGINT NOT NULL,
      kind TEXT NOT NULL,
      path TEXT,
      size BIGINT,
      sha256 BLOB,
      status TEXT,
      operation TEXT NOT NULL,
      keyed INTEGER NOT NULL,
      at BIGINT NOT NULL,
      hash BLOB NOT NULL,
      PRIMARY KEY (batch_id, version)) WITHOUT ROWID""",
      // What a client gave no key costs nothing here.
      "CREATE UNIQUE INDEX event_operation ON event (batch_id, operation, path, kind)"
          + " WHERE keyed = 1",
      """
    CREATE TRIGGER event_stays BEFORE DELETE ON event
      BEGIN SELECT RAISE(ABORT, 'a history is never shortened'); END""",
      """
    CREATE TRIGGER event_is_final BEFORE UPDATE ON event
      BEGIN SELECT RAISE(ABORT, 'a history is never changed'); END"""
    },
    {
      // What clients asked for by a key of theirs that was so already, and has no event therefore.
      """
    CREATE TABLE answered (
      batch_id TEXT NOT NULL,
      operation TEXT NOT NULL,
      path TEXT NOT NULL,
      PRIMARY KEY (batch_id, operation, path)) WITHOUT ROWID"""
    },
    {Stamps.CREATE},
    {
      // Which request each key of a client belongs to, while its batch is uploading.
      """
    CREATE TABLE request (
      batch_id TEXT NOT NULL,
      operation TEXT NOT NULL,
      sha256 BLOB NOT NULL,
      PRIMARY KEY (batch_id, operation)) WITHOUT ROWID""",
      // The file of a part that does not lie at its place among the others.
      "ALTER TABLE part ADD COLUMN name TEXT",
      // When an object was last read again and found right.
      "ALTER TABLE file ADD COLUMN read_at BIGINT"
    },
    Amendments.CREATE,
    Tokens.CREATE,
    AttributePages.CREATE,
    Quotas.CREATE
  };

  /** The schema from which on a ledger says to which archive it belongs. */
  private static final int STAMPED = 5;

  /** The step that begins histories: what batches went through before it is not known. */
  private static final int HISTORIES_BEGIN = 2;

  private final String url;
  private final int patienceMillis;
  private final HikariDataSource readers;

  /** Whether it was tried to change it beside others, without success. */
  private volatile boolean unchangeable;

  /** Opens it, of any archive. */
  LedgerDatabase(Path file, Clock clock, Duration patience) {
    this(file, clock, patience, stamp -> {});
  }

  /**
   * Opens it.
   *
   * @param patience how long to wait for others: for processes that write the same ledger, and for
   *     one of the connections that read
   * @param admission is told the stamp of the ledger, or null, before anything of it is changed,
   *     and may refuse it
   */
  LedgerDatabase(Path file, Clock clock, Duration patience, Consumer<Stamp> admission) {
    this.url = "jdbc:sqlite:" + file;
    this.patienceMillis = Math.toIntExact(patience.toMillis());
    SqliteLibrary.load();
    try {
      requireWhole(file);
      makePrivate(file);
      try (Connection connection = openWriter()) {
        requireSound(connection, file);
        admission.accept(stamp(connection, file));
        migrate(connection, clock);
      }
    } catch (SQLException e) {
      throw LedgerErrors.unusable(file, e);
    }
    this.readers = readers();
  }

  private LedgerDatabase(String url, Duration patience) {
    this.url = url;
    this.patienceMillis = Math.toIntExact(patience.toMillis());
    this.readers = readers();
  }

  /** Opens it so that nothing of it can change; its tables must be up to date. */
  static LedgerDatabase readOnly(Path file, Duration patience) {
    // Where its directory cannot be written, SQLite could not read it beside writers; and there
    // are none.
    boolean still =
        !Files.isWritable(file.getParent())
            && !Files.exists(file.resolveSibling(file.getFileName() + "-wal"));
    String url =
        "jdbc:sqlite:file:" + file.toUri().getRawPath() + (still ? "?immutable=1" : "?mode=ro");
    SqliteLibrary.load();
    try {
      requireWhole(file);
      try (Connection connection = DriverManager.getConnection(url);
          Statement statement = connection.createStatement()) {
        statement.execute("PRAGMA busy_timeout = " + patience.toMillis());
        requireSound(connection, file);
        requireKnown(statement, file);
        if (version(statement) < STEPS.length) {
          throw new ArchiveException(
              ErrorCode.USAGE,
              "the ledger "
                  + file
                  + " was written by an older archive; nothing was done. Start a server of this"
                  + " version on it once, which brings it up to date");
        }
      }
    } catch (SQLException e) {
      throw LedgerErrors.unusable(file, e);
    }
    return new LedgerDatabase(url, patience);
  }

  /**
   * Copies a ledger as it is at one moment, while others may write it.
   *
   * @param target a file that is empty
   * @throws ArchiveException {@link ErrorCode#USAGE} where it is damaged or no ledger
   */
  static void copy(Path file, Path target, Duration patience) {
    SqliteLibrary.load();
    try {
      requireWhole(file);
      copy(file, "jdbc:sqlite:" + file, target, patience);
    } catch (SQLException e) {
      throw LedgerErrors.unusable(file, e);
    }
  }

  private static void copy(Path file, String url, Path target, Duration patience)
      throws SQLException {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA busy_timeout = " + patience.toMillis());
      check(connection);
      requireKnown(statement, file);
      try (PreparedStatement into = prepare(connection, "VACUUM INTO ?", target.toString())) {
        into.execute();
      } catch (SQLException e) {
        throw LedgerErrors.notCopied(target, e);
      }
    }
  }

  /** The same as {@link #copy}, of the file alone: its log belongs to another. */
  static void copyWithoutLog(Path file, Path target) {
    SqliteLibrary.load();
    try {
      copy(file, withoutLog(file), target, Duration.ZERO);
    } catch (SQLException e) {
      throw LedgerErrors.unusable(file, e);
    }
  }

  /** The stamp in the file alone; null where it has none, or cannot be read without its log. */
  static Stamp stampWithoutLog(Path file) {
    SqliteLibrary.load();
    try (Connection connection = DriverManager.getConnection(withoutLog(file));
        Statement statement = connection.createStatement()) {
      return version(statement) < STAMPED ? null : Stamps.read(connection);
    } catch (SQLException e) {
      return null;
    }
  }

  /** SQLite reads no log of a file that cannot change. */
  private static String withoutLog(Path file) {
    return "jdbc:sqlite:file:" + file.toUri().getRawPath() + "?immutable=1";
  }

  /** Whether all that is in the log now is in the file, durably. It keeps nobody waiting. */
  static boolean checkpoint(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("PRAGMA wal_checkpoint(PASSIVE)")) {
      return row.next() && row.getInt(1) == 0 && row.getInt(2) == row.getInt(3);
    }
  }

  /** Whether a newer program wrote the ledger, by the header of the file. */
  static boolean isNewer(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] head = in.readNBytes(USER_VERSION + Integer.BYTES);
      return head.length == USER_VERSION + Integer.BYTES
          && new String(head, 0, MAGIC.length(), StandardCharsets.ISO_8859_1).equals(MAGIC)
          && ByteBuffer.wrap(head).getInt(USER_VERSION) > STEPS.length;
    }
  }

  private HikariDataSource readers() {
    HikariConfig config = new HikariConfig();
    config.setPoolName("ledger-readers");
    config.setJdbcUrl(url);
    config.setMaximumPoolSize(READERS);
    config.setMinimumIdle(1);
    config.addDataSourceProperty("busy_timeout", String.valueOf(patienceMillis));
    config.setConnectionTimeout(patienceMillis);
    config.setConnectionInitSql("PRAGMA query_only = ON");
    return new HikariDataSource(config);
  }

  /**
   * The connection that writes; there is one at a time. Its transactions hold the right to write
   * from their beginning on.
   */
  Connection openWriter() throws SQLException {
    SQLiteConfig config = new SQLiteConfig();
    config.setTransactionMode(SQLiteConfig.TransactionMode.IMMEDIATE);
    // The driver would ask for them after every insert.
    config.setGetGeneratedKeys(false);
    Connection connection = DriverManager.getConnection(url, config.toProperties());
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA busy_timeout = " + patienceMillis);
      requireSetting(statement, "PRAGMA journal_mode = WAL", "wal");
      statement.execute("PRAGMA synchronous = FULL");
      requireSetting(statement, "PRAGMA synchronous", "2");
      return connection;
    } catch (SQLException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  /** A connection that reads, from the pool; sees all that was answered before it began to read. */
  Connection reader() throws SQLException {
    return readers.getConnection();
  }

  /** What is read, on a connection of the pool. */
  @FunctionalInterface
  interface Query<T> {
    T run(Connection connection) throws SQLException;
  }

  /** Runs a query; sees all that was answered before it began. */
  <T> T read(Query<T> query) {
    try (Connection connection = reader()) {
      return query.run(connection);
    } catch (SQLException e) {
      throw unreadable(e);
    }
  }

  /** What is changed, on a connection of its own, in one transaction. */
  @FunctionalInterface
  interface Change {
    void run(Connection connection) throws SQLException;
  }

  /**
   * Changes what nobody has to count on, beside others who write: where it cannot be changed, it
   * stays as it is.
   */
  void change(Change change) {
    if (unchangeable) {
      return;
    }
    try (Connection connection =
            DriverManager.getConnection(url.replaceFirst("[?](mode=ro|immutable=1)$", "?mode=rw"));
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA busy_timeout = " + patienceMillis);
      statement.execute("BEGIN IMMEDIATE");
      change.run(connection);
      statement.execute("COMMIT");
    } catch (SQLException e) {
      // A disk that is only read, or a writer that holds the ledger: the next audit reads again.
      unchangeable = true;
    }
  }

  static ArchiveException unreadable(SQLException e) {
    if (e instanceof SQLTransientConnectionException) {
      return new ArchiveException(
          ErrorCode.UNAVAILABLE, "ledger read pool exhausted; retry later", e);
    }
    return new ArchiveException(ErrorCode.INTERNAL, "the ledger could not be read", e);
  }

  /** A statement with its parameters set. */
  static PreparedStatement prepare(Connection connection, String sql, Object... parameters)
      throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    for (int i = 0; i < parameters.length; i++) {
      statement.setObject(i + 1, parameters[i]);
    }
    return statement;
  }

  @Override
  public void close() {
    readers.close();
  }

  private static void requireSetting(Statement statement, String pragma, String expected)
      throws SQLException {
    String actual = answer(statement, pragma);
    if (!expected.equals(actual)) {
      throw LedgerErrors.unfit(
          pragma
              + " gave "
              + actual
              + " and not "
              + expected
              + ": its file system is not fit for a ledger");
    }
  }

  private static String answer(Statement statement, String pragma) throws SQLException {
    try (ResultSet answer = statement.executeQuery(pragma)) {
      return answer.next() ? answer.getString(1) : "nothing";
    }
  }

  /**
   * A ledger that ends within a page lost its end, unless its log has the page. SQLite itself would
   * read zeros there.
   */
  private static void requireWhole(Path file) throws SQLException {
    try {
      long size = Files.exists(file) ? Files.size(file) : 0;
      Path log = file.resolveSibling(file.getFileName() + "-wal");
      if (size > 0 && !(Files.exists(log) && Files.size(log) > 0)) {
        byte[] head = new byte[HEAD];
        try (InputStream in = Files.newInputStream(file)) {
          in.readNBytes(head, 0, HEAD);
        }
        int pageSize = (head[16] & 0xff) << 8 | head[17] & 0xff;
        if (pageSize == 0 || size % (pageSize == 1 ? 1 << 16 : pageSize) != 0) {
          throw LedgerErrors.damage("it is truncated, or no ledger");
        }
      }
    } catch (IOException e) {
      throw LedgerErrors.unreadable(e);
    }
  }

  /** Makes the file where it is missing; SQLite gives its log and index the same mode. */
  private static void makePrivate(Path file) throws SQLException {
    try {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    } catch (FileAlreadyExistsException e) {
      // Its mode is up to its owner. SQLite would open what it may not write, and fail later.
      if (!Files.isWritable(file)) {
        throw LedgerErrors.unwritable();
      }
    } catch (IOException e) {
      throw LedgerErrors.unreadable(e);
    }
  }

  /** A large ledger is only looked at where SQLite looks anyway: its header against its length. */
  private static void requireSound(Connection connection, Path file) throws SQLException {
    if (file.toFile().length() > MAX_CHECKED) {
      return;
    }
    check(connection);
  }

  /** Has SQLite look through the ledger for damage. */
  static void check(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      String verdict = answer(statement, "PRAGMA quick_check(1)");
      if (!"ok".equals(verdict)) {
        throw LedgerErrors.damage(verdict);
      }
    }
  }

  private static Stamp stamp(Connection connection, Path file) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      requireKnown(statement, file);
      return version(statement) < STAMPED ? null : Stamps.read(connection);
    }
  }

  private static void migrate(Connection connection, Clock clock) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      if (version(statement) < STEPS.length) {
        statement.execute("BEGIN IMMEDIATE");
        // Asked again: another process may have done it while this one waited.
        for (int step = version(statement); step < STEPS.length; step++) {
          for (String sql : STEPS[step]) {
            statement.execute(sql);
          }
          if (step == HISTORIES_BEGIN) {
            EventLog.adopt(connection, Instant.ofEpochMilli(clock.millis()));
          }
          statement.execute("PRAGMA user_version = " + (step + 1));
        }
        statement.execute("COMMIT");
      }
    }
  }

  private static void requireKnown(Statement statement, Path file) throws SQLException {
    if (version(statement) > STEPS.length) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "the ledger "
              + file
              + " was written by a newer archive (schema "
              + version(statement)
              + "); nothing was changed, use that one");
    }
  }

  private static int version(Statement statement) throws SQLException {
    return Integer.parseInt(answer(statement, "PRAGMA user_version"));
  }
}
