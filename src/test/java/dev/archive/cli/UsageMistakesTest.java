package dev.archive.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.wire.Json;
import dev.archive.wire.MetadataRules;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A mistake on the command line: what is proposed instead, and what a machine is told. */
class UsageMistakesTest {
  private static final String UNKNOWN = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

  @TempDir Path directory;

  private CommandRun run(String line) {
    return CommandRun.in(
        directory.resolve("home"),
        line.isEmpty()
            ? new String[0]
            : line.replace("DIRECTORY", directory.toString()).split(" ", -1));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "uplaod x | upload",
        "verfy --deep x | verify",
        "Upload | upload",
        "help uplod | upload",
        "upload --paralel 3 x | --parallel",
        "upload --alow-skipped x | --allow-skipped",
        "list --jsom | --json",
        "receipts --state-dri=x | --state-dir"
      })
  void misspeltWordGetsAProposal(String line, String meant) {
    CommandRun run = run(line);
    assertEquals(2, run.exit(), run.err());
    assertTrue(run.err().contains("did you mean " + meant), run.err());
    assertEquals(1, run.errLines().size(), run.err());
  }

  @ParameterizedTest
  @ValueSource(strings = {"frobnicate", "help frobnicate", "repository", "upload --frobnicate x"})
  void wordUnlikeAnyOtherGetsNoProposal(String line) {
    CommandRun run = run(line);
    assertEquals(2, run.exit(), run.err());
    assertFalse(run.err().contains("did you mean"), run.err());
    assertTrue(run.err().contains("--help"), run.err());
  }

  @Test
  void noCommandNamesThemAll() {
    String said = run("").err();
    Commands.NAMES.forEach(name -> assertTrue(said.contains(" " + name), name + ": " + said));
  }

  @Test
  void helpIsWhatTheOptionPrints() {
    for (String name : Commands.NAMES) {
      CommandRun help = run("help " + name);
      assertEquals(0, help.exit(), help.err());
      assertEquals(run(name + " --help").out(), help.out());
      assertTrue(help.out().startsWith("Usage: archive " + name), help.out());
    }
    assertEquals(run("--help").out(), run("help").out());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "upload --json",
        "upload --json missing",
        "upload --json --parallel 0 DIRECTORY",
        "upload --json --parallel 99999999999 DIRECTORY",
        "upload --json --paralel 3 DIRECTORY",
        "upload --json --root-path relative DIRECTORY",
        "upload --json --metadata { DIRECTORY",
        "upload --json --server http://127.0.0.1:99999 DIRECTORY",
        "upload --json --server http://127.0.0.1:0 DIRECTORY",
        "upload --json --timeout 5 DIRECTORY",
        "upload --json --timeout= DIRECTORY",
        "upload --json --dry-run --server nowhere DIRECTORY",
        "upload --json=true",
        "upload --json --quiet",
        "resume --json nonsense",
        "resume --json --forget nonsense",
        "status --json",
        "status --json nonsense",
        "verify --json 01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "audit --json --parallel 1000",
        "audit --json --sample 101",
        "audit --json --root missing",
        "list --json --status lost",
        "history --json nonsense",
        "receipts --json surplus",
        "rebuild --json --root missing",
        "quarantine --json",
        "quarantine --json remove",
        "abort --json",
        "abort --json nonsense",
        "audit --json nonsense",
        "receipt nonsense --json",
        "verify --json nonsense DIRECTORY",
        "uplaod --json"
      })
  void wrongUsageIsToldToMachinesToo(String line) throws Exception {
    CommandRun run = run(line);
    assertEquals(2, run.exit(), run.err());
    List<String> lines = run.outLines();
    Map<?, ?> event =
        Json.read(lines.get(lines.size() - 1).getBytes(StandardCharsets.UTF_8), Map.class);
    assertEquals("error", event.get("event"));
    assertEquals(2, event.get("exit"));
    assertEquals("USAGE", event.get("code"));
    assertTrue(run.err().contains("archive: " + event.get("message")), run.err());
    assertEquals(1, lines.stream().filter(each -> each.contains("\"error\"")).count());
  }

  @Test
  void whatIsNotAskedForAsJsonIsNot() {
    assertEquals("", run("upload").out());
    assertEquals("", run("upload -- --json").out());
  }

  @ParameterizedTest
  @ValueSource(strings = {"status ", "verify --deep ", "history ", "abort ", "audit "})
  void unknownBatchIsNamedAndADifference(String command) {
    CommandRun server = run("list");
    assertEquals(0, server.exit(), server.err());
    CommandRun run = run(command + UNKNOWN);
    assertEquals(4, run.exit(), run.err());
    assertTrue(run.err().contains("no batch " + UNKNOWN), run.err());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--public-url http://127.0.0.1:99999",
        "--on-finalize http://127.0.0.1:99999/hook",
        "--cors-origin http://127.0.0.1:99999",
        "--cors-origin http://127.0.0.1:99999999999"
      })
  void noServerStartsWithAPortThatThereIsNot(String option) {
    CommandRun run = run("serve --root DIRECTORY/root --listen 127.0.0.1:0 " + option);
    assertEquals(2, run.exit(), run.err());
    assertFalse(run.err().contains("unexpected"), run.err());
  }

  @Test
  void tooMuchMetadataIsWrongUsage() throws Exception {
    String much = "x".repeat(MetadataRules.MAX_BYTES);
    Path file = directory.resolve("metadata.json");
    Files.writeString(file, "{\"a\":\"" + "x".repeat(1_400_000) + "\"}");
    Path tree = Files.createDirectories(directory.resolve("tree"));
    Files.writeString(tree.resolve("a"), "a");
    for (String metadata : List.of("@" + file, "a=" + much, "{\"a\":\"" + much + "\"}")) {
      List<String> args = new ArrayList<>(List.of("upload", "--metadata", metadata));
      args.add(tree.toString());
      CommandRun run = CommandRun.in(directory.resolve("home"), args.toArray(String[]::new));
      assertEquals(2, run.exit(), run.err());
      assertTrue(run.err().contains("524,288"), run.err());
    }
  }

  @Test
  void rehearsalOfAnEmptySourceEndsAsTheRunDoes() throws Exception {
    Path empty = Files.createDirectories(directory.resolve("empty"));
    for (String options : List.of("", " --json", " --allow-empty", " --allow-skipped")) {
      CommandRun real = run("upload " + empty + options);
      CommandRun rehearsal = run("upload --dry-run " + empty + options);
      assertEquals(options.contains("empty") ? 0 : 2, real.exit(), real.err());
      assertEquals(real.exit(), rehearsal.exit(), rehearsal.err());
      assertEquals(
          real.err().contains("there is no file to archive") && real.exit() == 2,
          rehearsal.err().contains("there is no file to archive"),
          rehearsal.err());
    }
  }

  @Test
  void onlyFailedFilesAreNoSuccess() throws Exception {
    Path tree = Files.createDirectories(directory.resolve("tree"));
    Files.writeString(tree.resolve("bell\u0007"), "x");
    for (String options : List.of("", " --dry-run")) {
      CommandRun run = run("upload --allow-skipped --allow-empty " + tree + options);
      assertEquals(3, run.exit(), run.err());
    }
  }
}
