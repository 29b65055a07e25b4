package dev.archive.cli.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.ChildEnvironment;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a command of a run's end is given, and how long it may take. */
class OutcomeTest {
  @Test
  @Timeout(50)
  void commandThatReadsNothingIsKilledHoweverMuchItIsGiven() {
    Outcome outcome = new Outcome(Duration.ofMillis(200));
    outcome.tell("upload", null, "sleep 60");
    outcome.put("message", "x".repeat(300_000));
    List<String> complaints = new ArrayList<>();
    outcome.end(4, complaints::add);
    assertEquals(1, complaints.size(), complaints::toString);
  }

  @Test
  void commandDoesNotInheritTheToken() {
    Map<String, String> environment = new HashMap<>(Map.of("ARCHIVE_TOKEN", "t", "PATH", "/bin"));
    ChildEnvironment.withoutSecrets(environment);
    assertEquals(Map.of("PATH", "/bin"), environment);
  }

  /** Each place that starts a program, from the sources themselves. */
  @Test
  void noProgramInheritsASecret() throws IOException {
    List<Path> starters;
    try (Stream<Path> sources = Files.walk(Path.of("src/main/java"))) {
      starters =
          sources.filter(each -> each.toString().endsWith(".java")).filter(this::starts).toList();
    }
    assertEquals(3, starters.size(), starters::toString);
    for (Path each : starters) {
      assertTrue(read(each).contains("ChildEnvironment.withoutSecrets("), each::toString);
    }
  }

  private boolean starts(Path source) {
    return read(source).contains("new ProcessBuilder(") || read(source).contains(".exec(");
  }

  private static String read(Path source) {
    try {
      return Files.readString(source);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
