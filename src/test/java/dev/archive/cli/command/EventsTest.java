package dev.archive.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.archive.cli.CommandRun;
import dev.archive.testing.Schemas;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What machines are told is what {@code archive schema events} says. */
class EventsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Set<String> seen = new TreeSet<>();
  private JsonNode schema;
  @TempDir Path directory;

  private CommandRun run(int exit, String... line) throws IOException {
    CommandRun run = CommandRun.in(directory.resolve("home"), line);
    assertEquals(exit, run.exit(), run.out() + run.err());
    for (String each : run.outLines()) {
      JsonNode event = JSON.readTree(each);
      Schemas.requireEvent(event, schema);
      seen.add(event.get("event").asText());
    }
    return run;
  }

  @Test
  void everyEventHoldsToTheSchema() throws IOException {
    CommandRun printed = CommandRun.in(directory.resolve("home"), "schema", "events");
    schema = JSON.readTree(printed.out());
    Path tree = Files.createDirectories(directory.resolve("tree"));
    Trees.file(tree.resolve("a.txt"), "a");
    Trees.file(tree.resolve("b.tmp"), "b");
    Files.createSymbolicLink(tree.resolve("link"), Path.of("a.txt"));
    String source = tree.toString();

    run(0, "upload", "--json", "--dry-run", "--exclude=*.tmp", source);
    CommandRun upload = run(0, "upload", "--json", "--exclude=*.tmp", source);
    String batch = upload.receiptField("batch_id");
    run(0, "upload", "--json", "--exclude=*.tmp", source);
    run(0, "fetch", "--json", "--to=" + directory.resolve("out"), batch);
    run(0, "fetch", "--json", "--to=" + directory.resolve("out"), batch);
    run(0, "verify", "--json", batch, source);
    Files.writeString(directory.resolve("out/a.txt"), "changed");
    run(3, "fetch", "--json", "--to=" + directory.resolve("out"), batch);
    run(4, "verify", "--json", batch, directory.resolve("out").toString());
    Trees.file(tree.resolve("bad\tname"), "bad");
    run(3, "upload", "--json", source);
    run(2, "upload", "--json", "--parallel=none", source);

    assertTrue(
        seen.containsAll(
            Set.of(
                "account",
                "batch",
                "difference",
                "error",
                "excluded",
                "excluded_name",
                "fetched",
                "plan",
                "problem",
                "receipt",
                "resumed",
                "unchanged",
                "verified")),
        seen.toString());
  }

  @Test
  void aSchemaThatIsNoneIsNamed() {
    CommandRun run = CommandRun.in(directory.resolve("home"), "schema", "event");
    assertEquals(2, run.exit());
    assertTrue(run.err().contains("NAME is events or receipt"), run.err());
  }
}
