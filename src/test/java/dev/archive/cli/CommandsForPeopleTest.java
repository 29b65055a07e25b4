package dev.archive.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.server.IngestServer;
import dev.archive.testing.ServerFixture;
import dev.archive.testing.Trees;
import dev.archive.wire.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a person asks around an upload: what waits, what is wrong, tell me when it is done. */
class CommandsForPeopleTest {
  @TempDir Path directory;
  private Path tree;

  @BeforeEach
  void prepare() throws Exception {
    tree = Trees.small(directory.resolve("tree"), 3, 1);
  }

  private CommandRun run(String... args) {
    return CommandRun.in(directory.resolve("home"), args);
  }

  private CommandRun upload(String... options) {
    return run(
        Stream.concat(
                Stream.concat(Stream.of("upload", "--json"), Stream.of(options)),
                Stream.of(tree.toString()))
            .toArray(String[]::new));
  }

  @Test
  void commandIsGivenTheOutcomeAndNothingElse() throws Exception {
    Path told = directory.resolve("told");
    Path hostile = Trees.file(directory.resolve("$(touch RUN)`touch RUN`/a"), "a").getParent();
    CommandRun done =
        run(
            "upload",
            "--json",
            "--on-success",
            "cat > " + told,
            "--on-failure",
            "false",
            hostile + "");
    assertEquals(0, done.exit(), done.err());
    Map<String, Object> outcome = Json.readObject(Files.readAllBytes(told));
    assertEquals(true, outcome.get("success"));
    assertEquals(0, outcome.get("exit"));
    assertEquals("upload", outcome.get("command"));
    assertEquals(
        done.receiptField("batch_id"), ((Map<?, ?>) outcome.get("receipt")).get("batch_id"));
    assertTrue(Files.notExists(Path.of("RUN")) && Files.notExists(directory.resolve("RUN")));

    CommandRun failed =
        run(
            "upload",
            "--on-success",
            "false",
            "--on-failure",
            "cat > " + told,
            directory + "/none");
    assertEquals(2, failed.exit(), failed.err());
    outcome = Json.readObject(Files.readAllBytes(told));
    assertEquals(false, outcome.get("success"));
    assertEquals("USAGE", outcome.get("code"));
    assertTrue(outcome.get("message").toString().contains("there is no such file"), "" + outcome);
  }

  @Test
  void failureOfTheCommandIsSaidAndTheExitCodeStands() {
    CommandRun run = upload("--on-success", "echo noise; exit 7");
    assertEquals(0, run.exit(), run.err());
    assertTrue(
        run.err().contains("the command of --on-success failed with exit code 7; the exit code 0"),
        run.err());
    assertFalse(run.out().contains("noise"));
    assertTrue(run.outLines().get(run.outLines().size() - 1).contains("\"receipt\""), run.out());
  }

  @Test
  void aRehearsalRunsNoCommand() {
    Path told = directory.resolve("told");
    assertEquals(0, upload("--dry-run", "--on-success", "touch " + told).exit());
    assertTrue(Files.notExists(told));
  }

  @Test
  void aLimitedRateSendsTheSameBytes() {
    CommandRun run = upload("--limit-rate", "64k");
    assertEquals(0, run.exit(), run.err());
    assertEquals("3", run.receiptField("files"));
    for (String wrong : List.of("10", "1k", "-1M", "x", "99999999999M")) {
      assertEquals(2, upload("--limit-rate", wrong).exit(), wrong);
    }
  }

  @Test
  void theDoctorFindsWhatIsWrong() throws Exception {
    CommandRun well = run("doctor");
    assertEquals(0, well.exit(), well.err() + well.out());
    for (String name : List.of("java", "locale", "limits", "settings", "state", "disk", "server")) {
      assertTrue(well.out().matches("(?s).*(ok|warning) +" + name + " .*"), name + well.out());
    }
    try (IngestServer server = ServerFixture.start(directory.resolve("root"))) {
      CommandRun there = run("doctor", "--json", "--server=" + server.url());
      assertEquals(0, there.exit(), there.out());
      assertTrue(there.out().contains("versions, contract, digests"), there.out());
      assertTrue(there.out().contains("\"name\":\"clock\",\"result\":\"ok\""), there.out());
    }
    CommandRun gone = run("doctor", "--server=http://127.0.0.1:1");
    assertEquals(5, gone.exit(), gone.out());
    assertTrue(gone.out().contains("failure  server"), gone.out());
    Path settings = directory.resolve("bad.toml");
    Files.write(settings, "paralel = 3".getBytes(StandardCharsets.UTF_8));
    CommandRun wrong = run("doctor", "--config", settings.toString());
    assertEquals(2, wrong.exit(), wrong.out());
    assertTrue(wrong.out().contains("did you mean parallel?"), wrong.out());
    Files.createDirectories(directory.resolve("home-state"));
    Files.writeString(directory.resolve("home-state/archive"), "no directory");
    assertEquals(2, run("doctor").exit());
  }
}
