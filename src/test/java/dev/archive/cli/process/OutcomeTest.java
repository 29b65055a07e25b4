package dev.archive.cli.process;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
    Outcome.withoutSecrets(environment);
    assertEquals(Map.of("PATH", "/bin"), environment);
  }
}
