package dev.archive.ledger;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/**
 * What a failure to open a ledger means. Only damage is answered by a copy or a rebuild: to restore
 * a ledger because its disk is full would lose what it knows.
 */
final class LedgerErrors {
  private static final String NO_DAMAGE = "; nothing was changed, and this is no sign of damage: ";

  private static final String MEND =
      "; nothing was changed, restore it from a copy or run archive rebuild";

  /** Failures to write: while a ledger is copied, only the copy is written. */
  private static final Set<SQLiteErrorCode> WRITING =
      EnumSet.of(
          SQLiteErrorCode.SQLITE_FULL,
          SQLiteErrorCode.SQLITE_IOERR_WRITE,
          SQLiteErrorCode.SQLITE_IOERR_FSYNC,
          SQLiteErrorCode.SQLITE_IOERR_DIR_FSYNC,
          SQLiteErrorCode.SQLITE_IOERR_TRUNCATE);

  private LedgerErrors() {}

  /** The ledger is damaged, as this reason says. */
  static SQLException damage(String reason) {
    return new SQLiteException(reason, SQLiteErrorCode.SQLITE_CORRUPT);
  }

  /** The ledger's file system cannot keep it durably, as this reason says. */
  static SQLException unfit(String reason) {
    return new SQLiteException(reason, SQLiteErrorCode.SQLITE_NOLFS);
  }

  /** The ledger's file may be read and not written. */
  static SQLException unwritable() {
    return new SQLiteException("it may not be written", SQLiteErrorCode.SQLITE_READONLY);
  }

  /** The ledger's file could not be read. */
  static SQLException unreadable(IOException e) {
    SQLException failure = new SQLiteException(reason(e), SQLiteErrorCode.SQLITE_CANTOPEN_FULLPATH);
    failure.initCause(e);
    return failure;
  }

  private static String reason(IOException e) {
    if (e instanceof NoSuchFileException) {
      return "its directory is gone";
    }
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    return e instanceof FileSystemException failure && failure.getReason() != null
        ? failure.getReason().toLowerCase(Locale.ROOT)
        : String.valueOf(e.getMessage());
  }

  /** Why the ledger cannot be opened, and what to do. */
  static ArchiveException unusable(Path file, SQLException e) {
    String failed = "the ledger " + file + " cannot be opened: " + e.getMessage();
    return switch (primary(e)) {
      case SQLITE_BUSY, SQLITE_LOCKED ->
          new ArchiveException(
              ErrorCode.UNAVAILABLE, "the ledger " + file + " is in use; try again", e);
      case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_FORMAT ->
          new ArchiveException(
              ErrorCode.USAGE, "the ledger " + file + " is damaged: " + e.getMessage() + MEND, e);
      case SQLITE_ERROR -> new ArchiveException(ErrorCode.USAGE, failed + MEND, e);
      case SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_AUTH, SQLITE_READONLY ->
          new ArchiveException(
              ErrorCode.USAGE,
              failed + NO_DAMAGE + "let this user read and write it and its directory",
              e);
      case SQLITE_NOLFS ->
          new ArchiveException(
              ErrorCode.USAGE, failed + NO_DAMAGE + "put the archive on a local file system", e);
      case SQLITE_FULL, SQLITE_IOERR, SQLITE_NOMEM ->
          new ArchiveException(
              ErrorCode.UNAVAILABLE,
              failed + NO_DAMAGE + "make room or see to the disk, and run again",
              e);
      default ->
          new ArchiveException(
              ErrorCode.UNAVAILABLE,
              failed + "; nothing was changed, whether it is damaged is unknown; run again",
              e);
    };
  }

  /**
   * What failed while the ledger was copied: where the disk of the copy did, that is named and not
   * the ledger.
   *
   * @throws SQLException the failure, where it is the ledger's
   */
  static ArchiveException notCopied(Path target, SQLException e) throws SQLException {
    if (!WRITING.contains(e instanceof SQLiteException sqlite ? sqlite.getResultCode() : null)) {
      throw e;
    }
    return new ArchiveException(
        ErrorCode.STORAGE_FULL,
        "the copy " + target + " of the ledger could not be written: " + e.getMessage(),
        e);
  }

  /** SQLite's code without what it adds in the higher bytes. */
  private static SQLiteErrorCode primary(SQLException e) {
    return e instanceof SQLiteException sqlite
        ? SQLiteErrorCode.getErrorCode(sqlite.getResultCode().code & 0xff)
        : SQLiteErrorCode.UNKNOWN_ERROR;
  }
}
