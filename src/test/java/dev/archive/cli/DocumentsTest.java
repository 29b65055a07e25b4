package dev.archive.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.cli.process.Context;
import dev.archive.cli.process.ExitCodes;
import dev.archive.cli.process.Output;
import dev.archive.cli.process.Setting;
import dev.archive.cli.process.Settings;
import dev.archive.model.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The documents say what the code does. */
class DocumentsTest {
  private static final Path MANUAL = Path.of("src/site/markdown/manual.md");

  private static final Pattern COMMAND =
      Pattern.compile(
          "(?m)(?:^    |^ExecStart=/usr/local/bin/|\\d+ \\* \\* \\* |`)(?:scripts/)?archive( .*)$");

  private static Set<String> firstCells(String heading, String pattern) throws IOException {
    String text = Files.readString(MANUAL);
    String section = text.substring(text.indexOf("\n## " + heading));
    section = section.substring(0, section.indexOf("\n## ", 4));
    return Pattern.compile("(?m)^\\| " + pattern)
        .matcher(section)
        .results()
        .map(each -> each.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void exitCodesAreThoseOfTheCode() throws IOException {
    Set<String> codes =
        Arrays.stream(ErrorCode.values())
            .map(code -> String.valueOf(ExitCodes.of(code)))
            .collect(Collectors.toCollection(TreeSet::new));
    codes.add(String.valueOf(ExitCodes.OK));
    codes.add(String.valueOf(ExitCodes.UNEXPECTED));
    assertEquals(codes, firstCells("Exit codes", "(\\d+)"));
  }

  @Test
  void everyCommandIsListed() throws IOException {
    Context context =
        new Context(Output.ofProcess(), System.err, new Settings(Map.of()), Clock.systemUTC());
    Set<String> commands =
        Main.commandLine(context).getSubcommands().entrySet().stream()
            .filter(each -> !each.getValue().getCommandSpec().usageMessage().hidden())
            .map(Map.Entry::getKey)
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(commands, firstCells("Commands", "`archive ([a-z-]+)"));
  }

  @Test
  void everySettingIsListed() throws IOException {
    Set<String> listed = firstCells("Settings", "`(ARCHIVE_[A-Z_]+)`");
    for (Setting each : Setting.values()) {
      assertTrue(listed.contains(each.variable()), each.key());
    }
  }

  @Test
  void everyExampleOfAHelpTextIsValidAndFitsALine() {
    Context context =
        new Context(Output.ofProcess(), System.err, new Settings(Map.of()), Clock.systemUTC());
    CommandLine archive = Main.commandLine(context);
    for (CommandLine command : archive.getSubcommands().values()) {
      for (String example : command.getCommandSpec().usageMessage().footer()) {
        assertTrue(example.length() <= 80, example);
        String[] words = example.strip().split(" \\|")[0].split(" ");
        assertEquals("archive", words[0], example);
        archive.parseArgs(Arrays.copyOfRange(words, 1, words.length));
      }
    }
  }

  /** Those of indented blocks, in backticks, of crontab lines and of systemd units. */
  @Test
  void everyCommandThatIsToBeCopiedIsValid() throws IOException {
    Context context =
        new Context(Output.ofProcess(), System.err, new Settings(Map.of()), Clock.systemUTC());
    List<Path> texts = new ArrayList<>(documents());
    try (Stream<Path> units = Files.list(Path.of("scripts/systemd"))) {
      units.forEach(texts::add);
    }
    List<String> found = new ArrayList<>();
    for (Path text : texts) {
      COMMAND
          .matcher(Files.readString(text))
          .results()
          .map(each -> each.group(1).split(" +[#|>]|`")[0].strip())
          .forEach(found::add);
    }
    for (String command : found) {
      try {
        Main.commandLine(context)
            .parseArgs(command.isEmpty() ? new String[0] : command.split(" +"));
      } catch (CommandLine.MissingParameterException e) {
        // A sentence that only names the command.
      } catch (CommandLine.ParameterException e) {
        throw new AssertionError("archive " + command, e);
      }
    }
    assertTrue(found.size() > 60, found.toString());
  }

  @Test
  void theReadmeIsShort() throws IOException {
    String[] words = Files.readString(Path.of("README.md")).split("\\s+");
    assertTrue(words.length <= 900, words.length + " words");
  }

  @Test
  void everyLinkLeadsToAFile() throws IOException {
    for (Path document : documents()) {
      for (MatchResult link :
          Pattern.compile("\\]\\((?!https?:)([^)#]+)")
              .matcher(Files.readString(document))
              .results()
              .toList()) {
        Path target = document.toAbsolutePath().getParent().resolve(link.group(1));
        assertTrue(Files.exists(target), document + " links to " + link.group(1));
      }
    }
  }

  @Test
  void everyScriptAndTestThatIsNamedExists() throws IOException {
    Set<String> classes;
    try (Stream<Path> files = Files.walk(Path.of("src/test/java"))) {
      classes =
          files
              .map(each -> each.getFileName().toString().replace(".java", ""))
              .collect(Collectors.toSet());
    }
    for (Path document : documents()) {
      String text = Files.readString(document);
      Pattern.compile("scripts/[a-z-]+(\\.sh|\\.py|\\.txt)?")
          .matcher(text)
          .results()
          .forEach(each -> assertTrue(Files.exists(Path.of(each.group())), each.group()));
      Pattern.compile("\\b[A-Z][A-Za-z]+Test\\b")
          .matcher(text)
          .results()
          .forEach(each -> assertTrue(classes.contains(each.group()), each.group()));
    }
  }

  /** Words that a reader would stop over; each has a plain one in its place. */
  @Test
  void wordsThatNobodyUsesStayOut() throws IOException {
    Pattern banned =
        Pattern.compile(
            "(?i)\\b(anew|whoever|whatever|at present|so many of|of which none|broken off"
                + "|tak(e|es|en|ing) up)\\b|\\b(MOST|LONGEST|LARGEST|SMALLEST)_[A-Z]");
    try (Stream<Path> sources = Files.walk(Path.of("src/main/java"))) {
      for (Path file :
          Stream.concat(sources.filter(Files::isRegularFile), documents().stream()).toList()) {
        Matcher word = banned.matcher(Files.readString(file));
        assertFalse(word.find(), () -> file + " says " + word.group());
      }
    }
  }

  private static List<Path> documents() throws IOException {
    try (Stream<Path> guides = Files.list(Path.of("src/site/markdown"))) {
      return Stream.concat(
              guides,
              Stream.of("README.md", ".github/CONTRIBUTING.md", ".github/SECURITY.md")
                  .map(Path::of))
          .toList();
    }
  }
}
