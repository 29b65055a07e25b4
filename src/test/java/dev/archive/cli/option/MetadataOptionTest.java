package dev.archive.cli.option;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.cli.CommandRun;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the command line accepts as metadata reaches the server, and comes back, unchanged. */
class MetadataOptionTest {
  private static final String ODD = "{\"x\":1e400,\"z\":1.10,\"w\":12345678901234567.5}";

  @TempDir Path directory;

  private CommandRun upload(String... metadata) throws IOException {
    Path tree = Trees.small(directory.resolve("tree"), 1, 1);
    List<String> args = new java.util.ArrayList<>(List.of("upload", "--json"));
    for (String each : metadata) {
      args.addAll(List.of("--metadata", each));
    }
    args.add(tree.toString());
    return CommandRun.in(directory.resolve("home"), args.toArray(String[]::new));
  }

  @Test
  void numbersComeBackWithTheirDigits() throws IOException {
    CommandRun run = upload(ODD);
    assertEquals(0, run.exit(), run.err());
    for (String[] shown :
        List.of(
            new String[] {"status", "--json", run.receiptField("batch_id")},
            new String[] {"list", "--json"})) {
      CommandRun status = CommandRun.in(directory.resolve("home"), shown);
      assertEquals(0, status.exit(), status.err());
      assertTrue(status.out().contains("\"metadata\":" + ODD), status.out());
    }
  }

  @Test
  void aFileOfManyLinesIsShownOnOneLineWithItsDigits() throws IOException {
    Path file = Trees.file(directory.resolve("m.json"), "\n{\n  \"a\": 1.0\n}\n");
    CommandRun run = upload("@" + file);
    assertEquals(0, run.exit(), run.err());
    CommandRun status =
        CommandRun.in(directory.resolve("home"), "status", "--json", run.receiptField("batch_id"));
    assertEquals(1, status.outLines().size(), status.out());
    assertTrue(status.out().contains("\"metadata\":{\"a\":1.0}"), status.out());
  }

  @Test
  void whatIsTooMuchIsRefusedBeforeAnythingIsDone() throws IOException {
    Path large = directory.resolve("large.json");
    Files.writeString(large, "{\"a\":\"" + "x".repeat(600_000) + "\"}");
    for (String metadata :
        List.of(
            "@" + large,
            "@/dev/zero",
            "{\"a\":".repeat(21) + "1" + "}".repeat(21),
            "{\"a\":".repeat(5000) + "1" + "}".repeat(5000))) {
      CommandRun run = upload(metadata);
      assertEquals(2, run.exit(), run.err());
      assertTrue(run.err().contains("--metadata: "), run.err());
      assertTrue(Files.notExists(directory.resolve("home")));
    }
  }
}
