package dev.archive.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.server.ApiClient.Answer;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that starts on what it finds. */
class StartCheckTest {
  private static final byte[] HELLO = "hello".getBytes(UTF_8);

  @TempDir Path root;

  private String finalized(ApiClient api) {
    String batch = api.init(1);
    api.add(batch, "/a", HELLO);
    api.finalizeBatch(batch).expect(200);
    return batch;
  }

  private Path bag(String batch) {
    return root.resolve("batches").resolve(batch);
  }

  @Test
  void nothingToSayOfAnArchiveThatIsWhole() {
    try (RunningServer server = RunningServer.on(root)) {
      finalized(server.api());
      server.api().init(1);
    }
    try (RunningServer server = RunningServer.on(root)) {
      assertFalse(server.api().get("/health/ready").expect(200).json().has("warnings"));
    }
  }

  @Test
  void whatIsMissingIsToldAndNothingIsDeleted() throws IOException {
    String whole;
    String gone;
    String plain;
    try (RunningServer server = RunningServer.on(root)) {
      whole = finalized(server.api());
      gone = finalized(server.api());
      plain = finalized(server.api());
    }
    String stranger = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    Files.move(bag(gone), bag(stranger));
    Files.delete(bag(plain).resolve("manifest-sha256.txt"));
    try (RunningServer server = RunningServer.on(root)) {
      Answer ready = server.api().get("/health/ready").expect(200);
      assertEquals("healthy", ready.text("status"));
      Set<String> warnings = new HashSet<>();
      for (JsonNode warning : ready.field("warnings")) {
        warnings.add(warning.asText());
      }
      assertEquals(
          Set.of(
              "batch " + gone + " is finalized, but its bag is missing",
              "batch " + plain + " is finalized, but manifest-sha256.txt of its bag is missing",
              "batch " + stranger + " is a bag here, but the ledger does not know it; it is kept"),
          warnings);
      server.housekeep();
      assertTrue(Files.exists(bag(plain).resolve("data/a")));
      assertTrue(Files.exists(bag(stranger).resolve("data/a")));
      assertEquals("enqueued", server.api().status(gone, "").text("status"));
      assertEquals(java.util.List.of(), BagCheck.problems(bag(whole)));
      assertFalse(server.api().get("/health/live").expect(200).json().has("warnings"));
    }
  }

  @Test
  void truncatedLedgerIsRefused() throws IOException {
    try (RunningServer server = RunningServer.on(root)) {
      finalized(server.api());
    }
    Path state = root.resolve("state.db");
    long whole = Files.size(state);
    for (long size : new long[] {whole - 1, whole / 2, 4096, 100, 0}) {
      try (FileChannel channel = FileChannel.open(state, StandardOpenOption.WRITE)) {
        channel.truncate(size);
      }
      assertRefused(state);
    }
  }

  @Test
  void damagedLedgerIsRefused() throws IOException {
    String batch;
    try (RunningServer server = RunningServer.on(root)) {
      batch = finalized(server.api());
    }
    Path state = root.resolve("state.db");
    byte[] bytes = Files.readAllBytes(state);
    java.util.Arrays.fill(bytes, 4096, 3 * 4096, (byte) 0x5a);
    Files.write(state, bytes);
    assertRefused(state);
    Files.writeString(state, "this is no database, and never was one: ".repeat(50));
    assertRefused(state);
    assertTrue(Files.exists(bag(batch).resolve("data/a")));
  }

  private void assertRefused(Path state) {
    ArchiveException refusal =
        assertThrows(ArchiveException.class, () -> RunningServer.on(root).close());
    assertEquals(ErrorCode.USAGE, refusal.code(), refusal.getMessage());
    assertTrue(refusal.getMessage().contains(state.toString()), refusal.getMessage());
  }

  @Test
  void ledgerWithoutItsLogOpensAsItWasAtTheLastCheckpoint(@TempDir Path copy) throws IOException {
    String before;
    String after;
    try (RunningServer server = RunningServer.on(root)) {
      before = finalized(server.api());
    }
    try (RunningServer server = RunningServer.on(root)) {
      after = finalized(server.api());
      assertTrue(Files.size(root.resolve("state.db-wal")) > 0);
      Files.copy(root.resolve("state.db"), copy.resolve("state.db"));
    }
    Files.move(root.resolve("batches"), copy.resolve("batches"));
    try (RunningServer server = RunningServer.on(copy)) {
      assertEquals("enqueued", server.api().status(before, "").text("status"));
      server.api().status(after, "").expect(404, "BATCH_NOT_FOUND");
      assertEquals(
          "batch " + after + " is a bag here, but the ledger does not know it; it is kept",
          server.api().get("/health/ready").field("warnings").get(0).asText());
      server.housekeep();
      assertTrue(Files.exists(copy.resolve("batches").resolve(after).resolve("data/a")));
    }
  }
}
