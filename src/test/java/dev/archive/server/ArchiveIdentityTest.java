package dev.archive.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The id that ledger and root of an archive share. */
class ArchiveIdentityTest {
  @TempDir Path root;

  private static String id(Path root) {
    try (RunningServer server = RunningServer.brieflyOn(root)) {
      return server.api().get("/").expect(200).text("archive_id");
    }
  }

  @Test
  void anArchiveKeepsTheIdOfItsFirstStart(@TempDir Path other) throws IOException {
    String id = id(root);
    assertEquals(26, id.length());
    assertEquals(id + "\n", Files.readString(root.resolve("archive-id")));
    assertEquals(id, id(root));
    assertNotEquals(id, id(other));
  }

  @Test
  void eitherSideGetsTheIdOfTheOther() throws IOException {
    String id = id(root);
    Files.delete(root.resolve("archive-id"));
    assertEquals(id, id(root), "from the ledger");
    Files.delete(root.resolve("state.db"));
    assertEquals(id, id(root), "from the root");
  }

  @Test
  void theLedgerOfAnotherArchiveIsRefused(@TempDir Path other) throws IOException {
    String id = id(root);
    String foreign = id(other);
    Files.copy(
        other.resolve("state.db"), root.resolve("state.db"), StandardCopyOption.REPLACE_EXISTING);
    ArchiveException refusal =
        assertThrows(ArchiveException.class, () -> RunningServer.brieflyOn(root).close());
    assertEquals(ErrorCode.USAGE, refusal.code());
    assertTrue(refusal.getMessage().contains("another archive"), refusal.getMessage());
    assertTrue(refusal.getMessage().contains(foreign), refusal.getMessage());
    assertEquals(id + "\n", Files.readString(root.resolve("archive-id")));
  }
}
