package dev.archive.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.archive.cli.process.Context;
import dev.archive.cli.process.ExitCodes;
import dev.archive.cli.process.Output;
import dev.archive.cli.process.Settings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The completion scripts: committed as they are printed, and not a danger to those who use them.
 */
final class CompletionsTest {
  private static final String BASH = "completions/archive.bash";

  @ParameterizedTest
  @CsvSource({
    "bash, completions/archive.bash",
    "zsh, completions/_archive",
    "fish, completions/archive.fish"
  })
  void committedScriptIsTheOneThatIsPrinted(String shell, Path file) throws IOException {
    assertEquals(
        printed(Map.of(), shell),
        Files.exists(file) ? Files.readString(file) : "",
        () ->
            file + " is stale. Regenerate it: scripts/archive completion " + shell + " > " + file);
  }

  @ParameterizedTest
  @CsvSource({"bash", "zsh", "fish"})
  void environmentDoesNotChangeAScript(String shell) {
    assertEquals(
        printed(Map.of(), shell),
        printed(Map.of("ARCHIVE_PARALLEL", "77", "ARCHIVE_SERVER", "http://127.0.0.1:1"), shell));
  }

  @ParameterizedTest
  @CsvSource({
    "bash, completions/archive.bash",
    "zsh, completions/_archive",
    "fish, completions/archive.fish"
  })
  void shellCanReadItsScript(String shell, String file) throws Exception {
    assumeInstalled(shell);
    assertEquals("", run(Path.of(""), shell, "-n", file));
  }

  @Test
  void unknownShellIsWrongUsage() {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int exit = Main.run(context(Map.of(), new ByteArrayOutputStream(), err), "completion", "tcsh");
    assertEquals(ExitCodes.USAGE, exit);
    assertEquals(
        "archive: SHELL is bash, zsh or fish, not \"tcsh\" (see archive completion --help)\n",
        err.toString(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "archive|st; status",
        "archive|--v; --version",
        "archive|--stacktrace|ser; serve",
        "archive|upload|--parallel; --parallel --parallel-parts",
        "archive|upload|status|--rec; --receipt",
        "archive|upload|--parallel|; ''",
        "archive|upload|; ''",
        "archive|completion|z; zsh"
      })
  void bashProposes(String line, String proposals) throws Exception {
    assumeInstalled("bash");
    List<String> expected = proposals.isEmpty() ? List.of() : List.of(proposals.split(" "));
    assertEquals(expected, inBash(Path.of(""), line.split("\\|", -1)));
  }

  @Test
  void bashProposesEveryCommand() throws Exception {
    assumeInstalled("bash");
    Context context =
        new Context(Output.ofProcess(), System.err, new Settings(Map.of()), Clock.systemUTC());
    List<String> commands =
        Main.commandLine(context).getSubcommands().entrySet().stream()
            .filter(each -> !each.getValue().getCommandSpec().usageMessage().hidden())
            .map(Map.Entry::getKey)
            .toList();
    assertEquals(commands, inBash(Path.of(""), "archive", ""));
  }

  @Test
  void nameOfAFileIsNeverRunAsCode(@TempDir Path directory) throws Exception {
    assumeInstalled("bash");
    Files.createFile(directory.resolve("scan $(touch RUN) `touch RUN`"));
    inBash(directory, "archive", "upload", "");
    inBash(directory, "archive", "upload", "scan");
    inBash(directory, "archive", "upload", "--receipt", "");
    inBash(directory, "archive", "upload", "-$(touch RUN)");
    assertTrue(Files.notExists(directory.resolve("RUN")), "completing ran the name of a file");
  }

  /** What the function proposes; names of files are readline's, and do not show here. */
  private static List<String> inBash(Path directory, String... words) throws Exception {
    String[] command = {
      "bash",
      "-c",
      "source \"$1\"; shift; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1));"
          + " _archive; for each in \"${COMPREPLY[@]}\"; do echo \"$each\"; done",
      "bash",
      Path.of(BASH).toAbsolutePath().toString()
    };
    String[] all =
        Stream.concat(Arrays.stream(command), Arrays.stream(words)).toArray(String[]::new);
    return run(directory, all).lines().toList();
  }

  private static String run(Path directory, String... command) throws Exception {
    Process process =
        new ProcessBuilder(command)
            .directory(directory.toAbsolutePath().toFile())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(20, TimeUnit.SECONDS), "did not end");
    return output;
  }

  private static void assumeInstalled(String shell) {
    assumeTrue(
        Arrays.stream(System.getenv("PATH").split(":"))
            .anyMatch(each -> Files.isExecutable(Path.of(each, shell))),
        shell + " is not installed");
  }

  private static String printed(Map<String, String> environment, String shell) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int exit = Main.run(context(environment, out, err), "completion", shell);
    assertEquals(0, exit, () -> err.toString(StandardCharsets.UTF_8));
    return out.toString(StandardCharsets.UTF_8);
  }

  private static Context context(
      Map<String, String> environment, ByteArrayOutputStream out, ByteArrayOutputStream err) {
    return new Context(
        new Output(out),
        new PrintStream(err, true, StandardCharsets.UTF_8),
        new Settings(environment),
        Clock.systemUTC());
  }
}
