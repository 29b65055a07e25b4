package dev.archive.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** Only damage of a ledger is answered by a copy of it. */
class LedgerErrorsTest {
  private static final String MEND = "restore it from a copy";
  private static final String NO_DAMAGE = "nothing was changed, and this is no sign of damage";

  @TempDir Path directory;

  private static String message(SQLException e) {
    return LedgerErrors.unusable(Path.of("/x/state.db"), e).getMessage();
  }

  @ParameterizedTest
  @EnumSource
  void onlyDamageIsMendedByACopy(SQLiteErrorCode code) {
    String said = message(new SQLiteException("[" + code + "] planted", code));
    boolean damage = code.name().matches("SQLITE_(CORRUPT|NOTADB|FORMAT|ERROR)(_.*)?");
    assertEquals(damage, said.contains(MEND), said);
    if (code.name().matches("SQLITE_(FULL|NOMEM|IOERR|CANTOPEN|PERM|READONLY)(_.*)?")) {
      assertTrue(said.contains(NO_DAMAGE), said);
    }
    if (code.name().matches("SQLITE_(BUSY|LOCKED)(_.*)?")) {
      assertTrue(said.contains("is in use"), said);
    }
  }

  @Test
  void whatTheDriverDoesNotClassifyIsNotCalledDamage() {
    String said = message(new SQLException("Error opening connection"));
    assertTrue(said.contains("whether it is damaged is unknown"), said);
  }

  @Test
  void aLedgerThatCannotBeReadIsExplainedInWords() {
    String gone = message(LedgerErrors.unreadable(new NoSuchFileException("/x/state.db")));
    assertTrue(gone.contains("its directory is gone; " + NO_DAMAGE), gone);
    String denied = message(LedgerErrors.unreadable(new AccessDeniedException("/x/state.db")));
    assertTrue(denied.contains("permission denied; " + NO_DAMAGE), denied);
    String full =
        message(LedgerErrors.unreadable(new FileSystemException("/x", null, "No space left")));
    assertTrue(full.contains("cannot be opened: no space left; "), full);
  }

  @Test
  void aDirectoryInThePlaceOfALedgerIsNoDamageAndATruncatedLedgerIs() throws Exception {
    Path ledger = Files.createDirectory(directory.resolve("state.db"));
    assertTrue(opened(ledger).getMessage().contains(NO_DAMAGE), opened(ledger).getMessage());
    Files.delete(ledger);
    Files.write(ledger, new byte[] {1, 2, 3});
    assertTrue(opened(ledger).getMessage().contains(MEND), opened(ledger).getMessage());
  }

  private static ArchiveException opened(Path ledger) {
    ArchiveException refused =
        assertThrows(
            ArchiveException.class,
            () -> new LedgerDatabase(ledger, Clock.systemUTC(), Duration.ZERO));
    assertEquals(ErrorCode.USAGE, refused.code());
    return refused;
  }
}
