package dev.archive.ledger;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * The SQLite file of a ledger: opens it, checks that it is as durable as we promise, and brings its
 * tables up to date.
 */
final class LedgerDatabase implements AutoCloseable {
  private static final int SCHEMA_VERSION = 1;
  private static final int READERS = 8;

  private static final String[] SCHEMA = {
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
      PRIMARY KEY (batch_id, upload_id, number))""",
  };

  private final String url;
  private final HikariDataSource readers;

  LedgerDatabase(Path file) {
    this.url = "jdbc:sqlite:" + file;
    try (Connection connection = openWriter()) {
      migrate(connection, file);
    } catch (SQLException e) {
      throw new ArchiveException(
          ErrorCode.INTERNAL, "the ledger " + file + " cannot be opened: " + e.getMessage(), e);
    }
    HikariConfig config = new HikariConfig();
    config.setPoolName("ledger-readers");
    config.setJdbcUrl(url);
    config.setMaximumPoolSize(READERS);
    config.setMinimumIdle(1);
    config.setConnectionInitSql("PRAGMA query_only = ON");
    this.readers = new HikariDataSource(config);
  }

  /** The connection that writes; there is one at a time. */
  Connection openWriter() throws SQLException {
    Connection connection = DriverManager.getConnection(url);
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA busy_timeout = 10000");
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

  @Override
  public void close() {
    readers.close();
  }

  private static void requireSetting(Statement statement, String pragma, String expected)
      throws SQLException {
    try (ResultSet answer = statement.executeQuery(pragma)) {
      String actual = answer.next() ? answer.getString(1) : "nothing";
      if (!expected.equals(actual)) {
        throw new SQLException(
            pragma
                + " gave "
                + actual
                + " and not "
                + expected
                + ": its file system is not fit for a ledger");
      }
    }
  }

  private static void migrate(Connection connection, Path file) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      int version;
      try (ResultSet answer = statement.executeQuery("PRAGMA user_version")) {
        version = answer.getInt(1);
      }
      if (version > SCHEMA_VERSION) {
        throw new ArchiveException(
            ErrorCode.USAGE,
            "the ledger "
                + file
                + " was written by a newer archive (schema "
                + version
                + "); use that one");
      }
      if (version == 0) {
        statement.execute("BEGIN IMMEDIATE");
        for (String table : SCHEMA) {
          statement.execute(table);
        }
        statement.execute("PRAGMA user_version = " + SCHEMA_VERSION);
        statement.execute("COMMIT");
      }
    }
  }
}
