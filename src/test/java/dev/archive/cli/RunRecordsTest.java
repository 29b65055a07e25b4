package dev.archive.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.server.IngestServer;
import dev.archive.testing.ServerFixture;
import dev.archive.testing.Trees;
import dev.archive.wire.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files of {@code --log-file} and {@code --metrics-file}. */
class RunRecordsTest {
  @TempDir Path directory;
  private Path tree;
  private Path log;
  private Path metrics;

  @BeforeEach
  void prepare() throws Exception {
    tree = Trees.small(directory.resolve("tree"), 3, 1);
    log = directory.resolve("run.log");
    metrics = directory.resolve("archive.prom");
  }

  private CommandRun run(String... args) {
    return CommandRun.in(directory.resolve("home"), args);
  }

  private CommandRun upload() {
    return run("upload", "-q", "--log-file=" + log, "--metrics-file=" + metrics, tree.toString());
  }

  private List<Map<String, Object>> events() throws IOException {
    return Files.readAllLines(log).stream()
        .map(line -> Json.readObject(line.getBytes(StandardCharsets.UTF_8)))
        .toList();
  }

  private String value(String name) throws IOException {
    return Files.readAllLines(metrics).stream()
        .filter(line -> line.startsWith(name + " "))
        .map(line -> line.substring(name.length() + 1))
        .findFirst()
        .orElse(null);
  }

  @Test
  void quietRunIsRecordedAndMeasured() throws Exception {
    CommandRun done = upload();
    assertEquals(0, done.exit(), done.err());
    assertEquals("", done.out());
    List<Map<String, Object>> events = events();
    assertEquals("started", events.get(0).get("event"));
    assertTrue(events.stream().allMatch(each -> each.containsKey("time")));
    for (String name : List.of("plan", "batch", "account")) {
      assertTrue(events.stream().anyMatch(each -> name.equals(each.get("event"))), name);
    }
    Map<String, Object> last = events.get(events.size() - 1);
    assertEquals("ended", last.get("event"));
    assertEquals(0, last.get("exit"));
    assertTrue(last.containsKey("receipt"), "" + last);
    assertEquals("1", value("archive_run_success{command=\"upload\"}"));
    assertEquals("3", value("archive_run_files{command=\"upload\",result=\"archived\"}"));
    String succeeded = value("archive_run_last_success_timestamp_seconds{command=\"upload\"}");

    CommandRun failed;
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      failed =
          run(
              "upload",
              "--server=http://127.0.0.1:" + silent.getLocalPort(),
              "--timeout=1s",
              "--log-file=" + log,
              "--metrics-file=" + metrics,
              tree.toString());
    }
    assertEquals(5, failed.exit(), failed.err());
    assertEquals("0", value("archive_run_success{command=\"upload\"}"));
    assertEquals("5", value("archive_run_exit_code{command=\"upload\"}"));
    assertEquals(
        succeeded, value("archive_run_last_success_timestamp_seconds{command=\"upload\"}"));
    List<Map<String, Object>> more = events();
    assertTrue(more.size() > events.size() + 1);
    assertEquals("TIMED_OUT", more.get(more.size() - 1).get("code"), "" + more);
  }

  @Test
  void othersThatRunAreRecordedToo() throws Exception {
    assertEquals(0, upload().exit());
    String batch =
        events().stream()
            .map(each -> (String) each.get("batch_id"))
            .filter(id -> id != null)
            .findFirst()
            .orElseThrow();
    String to = "--to=" + directory.resolve("back");
    List<List<String>> lines =
        List.of(
            List.of("verify", batch, tree.toString()),
            List.of("verify", "--deep", batch),
            List.of("audit"),
            List.of("fetch", to, batch),
            List.of("resume"));
    for (List<String> line : lines) {
      String command = line.get(0);
      Path measured = directory.resolve(command + lines.indexOf(line) + ".prom");
      Path recorded = directory.resolve(command + lines.indexOf(line) + ".log");
      List<String> all = new ArrayList<>(line);
      all.add(1, "--metrics-file=" + measured);
      all.add(1, "--log-file=" + recorded);
      CommandRun run = run(all.toArray(String[]::new));
      assertEquals(0, run.exit(), line + run.err());
      String text = Files.readString(measured);
      assertTrue(text.contains("archive_run_success{command=\"" + command + "\"} 1\n"), text);
      assertTrue(Files.readString(recorded).contains("\"event\":\"ended\""), "" + line);
    }
  }

  @Test
  void nothingOfAnotherIsReplaced() throws Exception {
    Path mine = Files.writeString(directory.resolve("mine"), "my only copy\n");
    Path inside = tree.resolve("log");
    for (String option : List.of("--log-file=", "--metrics-file=")) {
      for (Path wrong : List.of(mine, inside, directory, directory.resolve("none/x"))) {
        CommandRun run = run("upload", option + wrong, tree.toString());
        assertEquals(2, run.exit(), option + wrong + run.err());
        assertTrue(run.err().contains("nothing was done"), run.err());
      }
    }
    assertEquals("my only copy\n", Files.readString(mine));
    assertFalse(Files.exists(inside));
    Path link = Files.createSymbolicLink(directory.resolve("link"), mine);
    assertEquals(2, run("upload", "--log-file=" + link, tree.toString()).exit());
    CommandRun twice = run("upload", "--log-file=" + log, "--metrics-file=" + log, tree.toString());
    assertEquals(2, twice.exit(), twice.err());
    assertTrue(twice.err().contains("two outputs"), twice.err());
  }

  @Test
  void recordsAreNotMixedIntoOtherOutput() throws Exception {
    CommandRun upload = run("upload", "--json", tree.toString());
    String batch = upload.receiptField("batch_id");
    String source = tree.toString();
    for (List<String> line :
        List.of(
            List.of("upload", "--json", "--metrics-file=-", source),
            List.of("verify", "--json", "--metrics-file=-", batch, source),
            List.of("audit", "--json", "--metrics-file=-"),
            List.of("fetch", "--json", "--metrics-file=-", "--to=" + directory + "/x", batch),
            List.of("fetch", "--tar", "--metrics-file=/dev/stdout", batch),
            List.of("upload", "--log-file=-", source))) {
      CommandRun run = run(line.toArray(String[]::new));
      assertEquals(2, run.exit(), line + run.err());
      assertTrue(run.err().contains("nothing was done"), line + run.err());
    }
    assertFalse(Files.exists(Path.of("-")));
  }

  @Test
  void lossOfARecordIsSaid() throws Exception {
    Path full = Path.of("/dev/full");
    CommandRun run = run("upload", "--metrics-file=" + full, tree.toString());
    assertEquals(7, run.exit(), run.err());
    assertTrue(run.err().contains("the metrics could not be written to \"/dev/full\""), run.err());
    String nowhere = "--server=http://127.0.0.1:1";
    String unknown = "0".repeat(25) + "A";
    for (String[] line :
        new String[][] {
          {"upload", nowhere, "--timeout=1s", "--metrics-file=" + full, tree.toString()},
          {"fetch", nowhere, "--timeout=1s", "--metrics-file=" + full, unknown}
        }) {
      CommandRun failed = run(line);
      assertEquals(5, failed.exit(), failed.err());
      assertTrue(failed.err().contains("could not be written"), failed.err());
      assertFalse(failed.err().contains("succeeded"), failed.err());
      assertFalse(failed.err().contains("files were fetched"), failed.err());
    }
  }

  @Test
  void noTokenIsRecorded() throws Exception {
    String secret = "arch_0123456789_" + "k".repeat(43);
    try (IngestServer server = ServerFixture.start(directory.resolve("root"))) {
      CommandRun run =
          CommandRun.of(
              Map.of(
                  "ARCHIVE_TOKEN",
                  secret,
                  "ARCHIVE_HOME",
                  directory.resolve("home").toString(),
                  "XDG_STATE_HOME",
                  directory.resolve("state").toString()),
              "upload",
              "--json",
              "--server=" + server.url(),
              "--log-file=" + log,
              "--metrics-file=" + metrics,
              tree.toString());
      assertEquals(0, run.exit(), run.err());
    }
    assertFalse(Files.readString(log).contains(secret));
    assertFalse(Files.readString(metrics).contains(secret));
  }
}
