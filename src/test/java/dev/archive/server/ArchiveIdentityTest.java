package dev.archive.server;

import static java.nio.charset.StandardCharsets.UTF_8;
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
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
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

  private static String finalized(RunningServer server, String path) {
    String batch = server.api().init(1);
    server.api().add(batch, path, path.getBytes(UTF_8));
    server.api().finalizeBatch(batch).expect(200);
    return batch;
  }

  private void put(Path from, String... names) throws IOException {
    for (String name : names) {
      Files.copy(from.resolve(name), root.resolve(name), StandardCopyOption.REPLACE_EXISTING);
    }
  }

  @Test
  void anOlderLedgerBesideTheLogOfANewerOneIsRefused(@TempDir Path old, @TempDir Path killed)
      throws IOException {
    String first;
    try (RunningServer server = RunningServer.on(root)) {
      first = finalized(server, "/first");
    }
    Files.copy(root.resolve("state.db"), old.resolve("state.db"));
    String second;
    try (RunningServer server = RunningServer.on(root)) {
      second = finalized(server, "/second");
      // As a kill would leave them.
      for (String name : List.of("state.db", "state.db-wal")) {
        Files.copy(root.resolve(name), killed.resolve(name));
      }
    }
    put(old, "state.db");
    put(killed, "state.db-wal");
    ArchiveException refusal =
        assertThrows(ArchiveException.class, () -> RunningServer.brieflyOn(root).close());
    assertEquals(ErrorCode.USAGE, refusal.code());
    assertTrue(refusal.getMessage().contains("older than state.db-wal"), refusal.getMessage());
    assertThrows(
        ArchiveException.class, () -> StateBackup.of(root, old.resolve("copy of a mixture")));
    assertEquals(-1, Files.mismatch(old.resolve("state.db"), root.resolve("state.db")));
    assertEquals(-1, Files.mismatch(killed.resolve("state.db-wal"), root.resolve("state.db-wal")));

    put(killed, "state.db");
    try (RunningServer server = RunningServer.on(root)) {
      for (String batch : List.of(first, second)) {
        assertEquals("enqueued", server.api().status(batch, "?summary=true").text("status"));
      }
    }
    put(old, "state.db");
    put(killed, "state.db-wal");
    List<Rebuild.Outcome> told = new ArrayList<>();
    Rebuild.of(root, Clock.systemUTC(), told::add);
    assertEquals(Rebuild.Result.KEPT, told.get(0).result());
    assertTrue(told.get(0).detail().contains("state.db-wal"), told.get(0)::toString);
    assertEquals(second, told.get(1).what());
    try (RunningServer server = RunningServer.on(root)) {
      for (String batch : List.of(first, second)) {
        assertEquals("enqueued", server.api().status(batch, "?summary=true").text("status"));
      }
    }
  }
}
