package dev.archive.cli.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.cli.CommandLines;
import dev.archive.cli.CommandRun;
import dev.archive.testing.Trees;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** A value that was lost, or a name that was mistyped, never decides where bytes go. */
class EnvironmentNamesTest {
  @TempDir Path directory;

  private Map<String, String> environment(String... more) {
    Map<String, String> environment =
        new TreeMap<>(
            Map.of(
                "ARCHIVE_HOME",
                directory.resolve("home").toString(),
                "XDG_STATE_HOME",
                directory.resolve("state").toString()));
    for (int i = 0; i < more.length; i += 2) {
      environment.put(more[i], more[i + 1]);
    }
    return environment;
  }

  private void assertNothingDone(CommandRun run, String words) throws IOException {
    assertEquals(2, run.exit(), run.err());
    assertTrue(run.err().contains(words), run.err());
    assertTrue(run.err().contains("nothing was done"), run.err());
    assertEquals(1, run.errLines().size(), run.err());
    try (Stream<Path> names = Files.list(directory)) {
      assertEquals(List.of(), names.filter(name -> !name.endsWith("tree")).toList());
    }
  }

  @Test
  void setButEmptyIsRefused() throws IOException {
    List<String> names = new ArrayList<>(EnvironmentNames.known());
    names.add("ARCHIVE_TOKEN");
    assertTrue(names.remove("ARCHIVE_JAVA_OPTS"));
    assertTrue(names.containsAll(List.of("ARCHIVE_SERVER", "ARCHIVE_HOME", "ARCHIVE_STATE_DIR")));
    Path tree = Trees.small(directory.resolve("tree"), 1, 1);
    for (String name : names) {
      for (String[] command : new String[][] {{"upload", tree.toString()}, {"list"}, {"resume"}}) {
        assertNothingDone(
            CommandRun.of(environment(name, ""), command),
            "the environment variable " + name + " is set but empty");
      }
      assertEquals(0, CommandRun.of(environment(name, ""), "--help").exit());
      assertEquals(0, CommandRun.of(environment(name, ""), "upload", "--help").exit());
    }
  }

  @Test
  void mistypedNamesAreRefused() throws IOException {
    for (String name : EnvironmentNames.known()) {
      // Behind the prefix, for what does not begin with it is not ours.
      for (int i = "ARCHIVE_".length(); i < name.length(); i++) {
        String before = name.substring(0, i);
        String after = name.substring(i + 1);
        List<String> wrong =
            new ArrayList<>(List.of(before + after, before + "Q" + after, name + "QQ"));
        wrong.add(before + "Q" + name.substring(i));
        if (i + 1 < name.length() && name.charAt(i) != name.charAt(i + 1)) {
          wrong.add(before + name.charAt(i + 1) + name.charAt(i) + name.substring(i + 2));
        }
        for (String each : wrong) {
          if (EnvironmentNames.known().contains(each)) {
            continue;
          }
          dev.archive.model.ArchiveException refused =
              org.junit.jupiter.api.Assertions.assertThrows(
                  dev.archive.model.ArchiveException.class,
                  () -> EnvironmentNames.check(Map.of(each, "x"), warning -> {}),
                  each);
          assertEquals(dev.archive.model.ErrorCode.USAGE, refused.code());
          assertTrue(refused.getMessage().contains(each), refused.getMessage());
        }
      }
    }
    assertNothingDone(
        CommandRun.of(environment("ARCHIVE_SEVER", "https://archive.example"), "upload", "tree"),
        "ARCHIVE_SEVER is not a setting, and looks like ARCHIVE_SERVER");
  }

  @Test
  void unknownNamesAreAWarning() {
    CommandRun run =
        CommandRun.of(environment("ARCHIVE_NONSENSE", "1", "ARCHIVIST", "2"), "receipts");
    assertEquals(0, run.exit(), run.err());
    assertEquals(
        "archive: the environment variable \"ARCHIVE_NONSENSE\" is not a setting and was ignored\n",
        run.err());
  }

  /** All commands that have none below them, with their names. */
  private static Map<List<String>, CommandLine> commands(List<String> names, CommandLine line) {
    Map<List<String>, CommandLine> all =
        new TreeMap<>((one, other) -> one.toString().compareTo(other.toString()));
    line.getSubcommands()
        .forEach(
            (name, command) -> {
              List<String> longer = new ArrayList<>(names);
              longer.add(name);
              all.put(longer, command);
              all.putAll(commands(longer, command));
            });
    return all;
  }

  private CommandLine model() {
    Context context =
        new Context(
            new Output(new ByteArrayOutputStream()),
            new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
            new Settings(environment()),
            Clock.systemUTC());
    return CommandLines.of(context);
  }

  @Test
  void emptyArgumentsOfAllCommandsAreRefused() throws IOException {
    int options = 0;
    int positionals = 0;
    for (Map.Entry<List<String>, CommandLine> each : commands(List.of(), model()).entrySet()) {
      var spec = each.getValue().getCommandSpec();
      for (OptionSpec option : spec.options()) {
        if (option.arity().max() == 0) {
          continue;
        }
        options++;
        for (String name : option.names()) {
          assertRefused(each.getKey(), name, "");
          assertRefused(each.getKey(), name + "=");
        }
      }
      for (var positional : spec.positionalParameters()) {
        positionals++;
        List<String> before =
            java.util.Collections.nCopies(positional.index().min(), "01ARZ3NDEKTSV4RRFFQ69G5FAV");
        List<String> arguments = new ArrayList<>(before);
        arguments.add("");
        assertRefused(each.getKey(), arguments.toArray(String[]::new));
        arguments.add(before.size(), "--");
        assertRefused(each.getKey(), arguments.toArray(String[]::new));
      }
    }
    assertTrue(options > 40 && positionals > 8, options + " " + positionals);
  }

  private void assertRefused(List<String> command, String... arguments) throws IOException {
    List<String> line = new ArrayList<>(command);
    line.addAll(List.of(arguments));
    CommandRun run = CommandRun.of(environment(), line.toArray(String[]::new));
    assertEquals(2, run.exit(), line + run.err());
    assertTrue(run.err().contains("empty"), line + run.err());
    assertNothingDone(run, "empty");
  }

  @Test
  void quietSaysAllTheSameThatTheEmbeddedArchiveIsUsed() throws IOException {
    Path tree = Trees.small(directory.resolve("tree"), 1, 1);
    for (String[] command :
        new String[][] {
          {"upload", "--quiet", tree.toString()},
          {"upload", "--quiet", "--json", tree.toString()}
        }) {
      CommandRun run = CommandRun.of(environment(), command);
      assertEquals(0, run.exit(), run.err());
      assertTrue(
          run.err().contains("no server is named: using the embedded archive in "), run.err());
    }
    assertFalse(
        CommandRun.of(environment("ARCHIVE_SERVER", "http://127.0.0.1:9"), "status", "01ARZ3NDEK")
            .err()
            .contains("no server is named"));
  }
}
