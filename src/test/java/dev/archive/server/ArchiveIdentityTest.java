package dev.archive.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.ledger.Stamp;
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
  private static final String ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

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

  private void assertFit(ArchiveIdentity.Fit fit, String mark, Stamp stamp) throws IOException {
    Files.writeString(root.resolve("archive-id"), ID + "\n");
    Files.writeString(root.resolve("generation"), "7 " + mark + "\n");
    assertEquals(fit, ArchiveIdentity.of(root, 1).fit(stamp));
  }

  @Test
  void marksTellWhichIsOlder() throws IOException {
    String now = "01ARZ3NDEKTSV4RRFFQ69G5FA1";
    String before = "01ARZ3NDEKTSV4RRFFQ69G5FA0";
    String other = "01ARZ3NDEKTSV4RRFFQ69G5FA2";
    assertFit(ArchiveIdentity.Fit.SAME, now, new Stamp(ID, 7, now, before));
    assertFit(ArchiveIdentity.Fit.SAME, before, new Stamp(ID, 8, now, before));
    assertFit(ArchiveIdentity.Fit.OLDER, now, new Stamp(ID, 6, before, ""));
    assertFit(ArchiveIdentity.Fit.OLDER, now, null);
    assertFit(ArchiveIdentity.Fit.YOUNGER, before, new Stamp(ID, 9, other, now));
    assertFit(ArchiveIdentity.Fit.DIVERGED, now, new Stamp(ID, 7, other, before));
    assertFit(
        ArchiveIdentity.Fit.FOREIGN, now, new Stamp("01ARZ3NDEKTSV4RRFFQ69G5FAQ", 7, now, before));
  }

  @Test
  void theDirectoryThatIsOlderIsNamedAndUsed() throws IOException {
    id(root);
    byte[] earlier = Files.readAllBytes(root.resolve("generation"));
    id(root);
    id(root);
    Files.write(root.resolve("generation"), earlier);
    try (RunningServer server = RunningServer.brieflyOn(root)) {
      String ready = server.api().get("/health/ready").expect(200).body();
      assertTrue(ready.contains("directory is older than its ledger"), ready);
    }
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
