package dev.archive.matrix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.cli.CommandRun;
import dev.archive.model.ArchiveException;
import dev.archive.model.Sha256;
import dev.archive.server.ApiClient;
import dev.archive.server.ApiClient.Answer;
import dev.archive.server.BagCheck;
import dev.archive.server.RunningServer;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A ledger that is lost, or not the right one, at any point of an upload: the state is named, the
 * way back works, and no byte that was acknowledged is lost.
 */
@Timeout(120)
class LedgerCampaignTest {
  private static final int FILES = 4;

  @TempDir Path directory;
  private Path root;
  private SplittableRandom random;

  /** What each sender was told is stored: the digests of the bytes. */
  private final Set<String> acknowledged = new HashSet<>();

  private enum Damage {
    MISSING("is missing"),
    EMPTY("is empty"),
    YESTERDAY("is older than the archive"),
    EARLIER("older than the archive"),
    FOREIGN("belongs to another archive"),
    OLDER_BUILD("is older than the archive (generation 0"),
    NEWER_BUILD("was written by a newer archive"),
    FLIPPED(" is damaged: ");

    private final String words;

    Damage(String words) {
      this.words = words;
    }
  }

  /** An upload of a few files, call by call. */
  private final class Upload {
    private final List<Consumer<ApiClient>> calls = new ArrayList<>();
    private String batch;
    private int done;

    Upload() {
      calls.add(
          api -> {
            batch = api.init(FILES);
          });
      for (int i = 0; i < FILES; i++) {
        String path = "/box/letter " + i;
        byte[] bytes = new byte[i == 0 ? 6 << 20 : 1 + random.nextInt(3000)];
        random.nextBytes(bytes);
        String[] url = new String[1];
        calls.add(
            api -> {
              Answer start = api.start(batch, path, bytes.length).expect(200);
              url[0] =
                  start.json().has("presigned_url")
                      ? start.text("presigned_url")
                      : start.field("presigned_urls").get(0).get("url").asText();
            });
        calls.add(
            api -> {
              String there = url[0].replaceFirst("^http://[^/]*", api.url());
              api.put(there, bytes).expect(200);
              acknowledged.add(Sha256.of(bytes).hex());
            });
        calls.add(api -> api.complete(batch, path).expect(200));
      }
      calls.add(api -> api.finalizeBatch(batch).expect(200));
    }

    void run(ApiClient api, int to) {
      for (; done < to; done++) {
        calls.get(done).accept(api);
      }
    }

    boolean isFinalized() {
      return done == calls.size();
    }
  }

  private Path ledger() {
    return root.resolve("state.db");
  }

  private RunningServer server() {
    return RunningServer.on(root, Clock.systemUTC());
  }

  @EverySeed
  void noByteIsLostWhateverBecomesOfTheLedger(long seed) throws Exception {
    for (Damage damage : Damage.values()) {
      acknowledged.clear();
      random = new SplittableRandom(seed * 1000 + damage.ordinal());
      root = directory.resolve(damage + "-root");
      run(damage);
    }
  }

  private void run(Damage damage) throws Exception {
    Upload first = new Upload();
    Path yesterday = directory.resolve(damage + "-yesterday.db");
    try (RunningServer server = server()) {
      first.run(server.api(), first.calls.size());
      assertEquals(0, archive("backup-state", yesterday.toString()).exit());
    }
    Upload second = new Upload();
    int point = 1 + random.nextInt(second.calls.size());
    Path earlier = directory.resolve(damage + "-earlier.db");
    try (RunningServer server = server()) {
      second.run(server.api(), random.nextInt(point));
      assertEquals(0, archive("backup-state", earlier.toString()).exit());
      second.run(server.api(), point);
    }
    Path right = directory.resolve(damage + "-right.db");
    Files.copy(ledger(), right);
    damage(damage, yesterday, earlier);
    String context = damage + " at " + point;
    boolean refused = refused(damage, context);
    assertNothingLost(context);
    boolean putBack = damage == Damage.NEWER_BUILD || random.nextBoolean();
    if (putBack) {
      Files.copy(right, ledger(), StandardCopyOption.REPLACE_EXISTING);
    }
    if (!putBack || !refused) {
      CommandRun rebuild = archive("rebuild");
      assertEquals(0, rebuild.exit(), () -> context + rebuild.err() + rebuild.out());
    }
    assertNothingLost(context);
    afterwards(damage, first, second, putBack, context);
  }

  private void damage(Damage damage, Path yesterday, Path earlier) throws Exception {
    Files.deleteIfExists(root.resolve("state.db-wal"));
    switch (damage) {
      case MISSING -> Files.delete(ledger());
      case EMPTY -> Files.write(ledger(), new byte[0]);
      case YESTERDAY -> Files.copy(yesterday, ledger(), StandardCopyOption.REPLACE_EXISTING);
      case EARLIER -> Files.copy(earlier, ledger(), StandardCopyOption.REPLACE_EXISTING);
      case FOREIGN -> {
        Path other = directory.resolve("other-" + random.nextInt(1 << 30));
        RunningServer.on(other, Clock.systemUTC()).close();
        Files.copy(other.resolve("state.db"), ledger(), StandardCopyOption.REPLACE_EXISTING);
      }
      case OLDER_BUILD ->
          sql(
              "DROP TRIGGER usage_begins",
              "DROP TRIGGER usage_moves",
              "DROP TABLE usage",
              "ALTER TABLE batch DROP COLUMN registered_bytes",
              "DROP TABLE archive",
              "DROP TABLE forgotten",
              "DROP TABLE amendment",
              "DROP TABLE request",
              "DROP TABLE token",
              "DROP TABLE attribute_page",
              "DROP TABLE attributes",
              "DROP INDEX batch_owner",
              "ALTER TABLE batch DROP COLUMN owner",
              "ALTER TABLE part DROP COLUMN name",
              "ALTER TABLE file DROP COLUMN read_at",
              "PRAGMA user_version = 4");
      case NEWER_BUILD -> sql("PRAGMA user_version = 99");
      case FLIPPED -> flip();
    }
  }

  private void sql(String... statements) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + ledger());
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  private void flip() throws IOException {
    byte[] bytes = Files.readAllBytes(ledger());
    int page = 1 + random.nextInt(bytes.length / 4096 - 1);
    for (int i = page * 4096; i < (page + 1) * 4096; i++) {
      bytes[i] ^= (byte) 0xff;
    }
    Files.write(ledger(), bytes);
  }

  /** Starts a server on what is there. A ledger that cannot be told from the right one is used. */
  private boolean refused(Damage damage, String context) {
    try (RunningServer server = server()) {
      String ready = server.api().get("/health/ready").expect(200).body();
      assertTrue(
          damage == Damage.EARLIER
              || damage == Damage.FLIPPED
              || damage == Damage.YESTERDAY && ready.contains(damage.words),
          context + ready);
      server.housekeep();
      return false;
    } catch (ArchiveException refusal) {
      assertTrue(refusal.getMessage().contains(damage.words), context + refusal.getMessage());
      assertTrue(refusal.getMessage().contains("nothing was changed"), refusal.getMessage());
      // Again, for a refusal changes nothing.
      assertThrows(ArchiveException.class, () -> server().close());
      return true;
    }
  }

  private void assertNothingLost(String context) throws IOException {
    Set<String> held = new HashSet<>();
    for (Path file : Trees.files(root)) {
      held.add(Trees.sha256(file));
    }
    Set<String> lost = new HashSet<>(acknowledged);
    lost.removeAll(held);
    assertEquals(Set.of(), lost, context);
  }

  private void afterwards(
      Damage damage, Upload first, Upload second, boolean putBack, String context)
      throws IOException {
    try (RunningServer server = server()) {
      ApiClient api = server.api();
      assertWhole(api, first.batch, context);
      if (second.isFinalized()) {
        assertWhole(api, second.batch, context);
      } else if (putBack) {
        second.run(api, second.calls.size());
        assertWhole(api, second.batch, context);
      }
      Upload again = new Upload();
      again.run(api, again.calls.size());
      assertWhole(api, again.batch, context);
      server.housekeep();
    }
    assertNothingLost(context);
    CommandRun audit = archive("audit", "--state-dir", directory.resolve("state").toString());
    // A ledger of earlier the same day knows less of the batch that was never finalized than its
    // directory holds: the audit must say so.
    boolean extra = audit.err().contains(second.batch) && audit.err().contains(" is extra: ");
    assertEquals(extra ? 4 : 0, audit.exit(), () -> context + audit.err() + audit.out());
    assertTrue(!extra || damage == Damage.EARLIER && !putBack, () -> context + audit.err());
  }

  private void assertWhole(ApiClient api, String batch, String context) throws IOException {
    Answer status = api.status(batch, "");
    assertEquals(200, status.status(), context + status.body());
    assertTrue(
        Set.of("enqueued", "processing", "completed").contains(status.text("status")), context);
    assertEquals(FILES, status.number("files_uploaded"), context);
    assertEquals(List.of(), BagCheck.problems(root.resolve("batches").resolve(batch)), context);
  }

  private CommandRun archive(String... args) {
    List<String> all = new ArrayList<>(List.of(args));
    all.addAll(List.of("--root", root.toString()));
    return CommandRun.of(
        Map.of("XDG_STATE_HOME", directory.resolve("state").toString()),
        all.toArray(String[]::new));
  }
}
