package dev.archive.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.Limit;
import dev.archive.model.Limits;
import dev.archive.model.Owner;
import dev.archive.model.Scope;
import dev.archive.server.IngestServer;
import dev.archive.server.ServerOptions;
import dev.archive.server.TokenAdmin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Limits of a server from its command line and settings, and how a client meets them. */
class LimitsTest {
  @TempDir Path directory;

  private CommandRun run(Map<String, String> more, String... args) {
    return CommandRun.of(more, args);
  }

  @ParameterizedTest
  @EnumSource(Limit.class)
  void eachLimitIsShownWithItsValueAndCanBeSetToIt(Limit limit) {
    String usual = limit.text(Limits.USUAL.of(limit));
    CommandRun shown = run(Map.of(), "serve", "--limits");
    assertTrue(shown.out().matches("(?s).*\\n?" + limit.label() + " +" + usual + " .*"), usual);
    CommandRun set = run(Map.of(), "serve", "--limits", "--limit", limit.label() + "=" + usual);
    assertEquals(0, set.exit(), set.err());
    assertEquals(shown.out(), set.out());
  }

  @Test
  void limitsComeFromTheSettingsFileAndTheCommandLineWins() throws IOException {
    Path config = directory.resolve("config.toml");
    Files.writeString(config, "limit = \"wrong-tokens=7,bytes-per-owner=2Ti\"\n");
    Map<String, String> environment = Map.of("ARCHIVE_CONFIG", config.toString());
    CommandRun shown = run(environment, "serve", "--limits");
    assertTrue(shown.out().matches("(?s).*wrong-tokens +7 .*"), shown.out());
    assertTrue(shown.out().matches("(?s).*bytes-per-owner +2Ti .*"), shown.out());
    CommandRun set = run(environment, "serve", "--limits", "--limit=wrong-tokens=9");
    assertTrue(set.out().matches("(?s).*wrong-tokens +9 .*"), set.out());
    // Another limit on the command line sets nobody's quota free.
    assertTrue(set.out().matches("(?s).*bytes-per-owner +2Ti .*"), set.out());
    Files.writeString(config, "limit = \"wrong-tokens=7,nonsense=1\"\n");
    CommandRun wrong = run(environment, "serve", "--limits", "--limit=wrong-tokens=9");
    assertEquals(2, wrong.exit(), wrong.err());
    assertTrue(wrong.err().contains(config + ": there is no limit \"nonsense\""), wrong.err());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "bytes-per-ower=1T | did you mean bytes-per-owner?",
        "nonsense=1 | there is no limit \"nonsense\"; archive serve --limits prints all",
        "bytes-per-owner | a limit is NAME=VALUE",
        "=5 | a limit is NAME=VALUE",
        "bytes-per-owner= | a size is a number of bytes",
        "bytes-per-owner=-1 | a size is a number of bytes",
        "bytes-per-owner=9999999T | a size is a number of bytes",
        "threads=0 | the limit threads must be from 16 to 10000, not 0",
        "threads=unlimited | is a number, not",
        "files-per-owner=1k | is a number or \"unlimited\", not",
        "idle-time=5 | a duration is a number and ms, s, m, h or d",
        "head-time=0s | must be from 1s to 600s, not 0s"
      })
  void whatIsNoLimitIsRefusedInWords(String text, String words) {
    CommandRun run = run(Map.of(), "serve", "--limits", "--limit", text);
    assertEquals(2, run.exit(), run.err());
    assertTrue(run.err().contains(words), run.err());
    assertEquals("", run.out());
  }

  /** One line and exit 5, at once: to ask again would not help. */
  @Test
  void uploadOverTheQuotaEndsWithOneLineAndGoesOnWhenTheQuotaIsRaised() throws IOException {
    Path root = directory.resolve("root");
    Path source = Files.createDirectory(directory.resolve("source"));
    for (int i = 0; i < 5; i++) {
      Files.writeString(source.resolve("f" + i), "0123456789");
    }
    Map<String, String> environment =
        Map.of(
            "XDG_STATE_HOME",
            directory.resolve("state").toString(),
            "ARCHIVE_TOKEN",
            TokenAdmin.create(root, Clock.systemUTC(), "ada", new Owner("ada"), Scope.UPLOAD, null)
                .text()
                .reveal());
    int port;
    try (IngestServer server = server(root, 0, Limits.USUAL.with(Limit.BYTES_PER_OWNER, 49))) {
      port = Integer.parseInt(server.url().replaceFirst(".*:", ""));
      CommandRun run =
          run(environment, "upload", "--quiet", "--server=" + server.url(), source.toString());
      assertEquals(5, run.exit(), run.err());
      assertEquals(1, run.errLines().size(), run.err());
      assertTrue(run.err().contains("limit bytes-per-owner: 49 allowed"), run.err());
    }
    Limits raised = Limits.USUAL.with(Limit.BYTES_PER_OWNER, 50);
    try (IngestServer server = server(root, port, raised)) {
      CommandRun run =
          run(environment, "upload", "--quiet", "--server=" + server.url(), source.toString());
      assertEquals(0, run.exit(), run.err());
    }
  }

  private static IngestServer server(Path root, int port, Limits limits) {
    return IngestServer.start(
        new ServerOptions(root, "127.0.0.1", port, null, "test").with(limits), Clock.systemUTC());
  }
}
