package dev.archive.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The README says what the code does. */
class ReadmeTest {
  private static String readme() throws IOException {
    return Files.readString(Path.of("README.md"));
  }

  private static Set<String> firstCells(String heading, String pattern) throws IOException {
    String text = readme();
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
    for (String option : Settings.FROM_ENVIRONMENT) {
      assertTrue(listed.contains(Settings.variable(option)), option);
    }
  }
}
