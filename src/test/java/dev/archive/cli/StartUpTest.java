package dev.archive.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.server.IngestServer;
import dev.archive.testing.JavaProcess;
import dev.archive.testing.ServerFixture;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A command loads no classes that it does not need. */
class StartUpTest {
  private static final List<String> SERVER =
      List.of("dev.archive.server.", "dev.archive.ledger.", "org.eclipse.jetty.", "org.sqlite.");
  private static final List<String> TLS = List.of("sun.security.ssl.SSLContextImpl");

  @TempDir Path directory;

  /** Runs a command in a process of its own; the classes that it loaded. */
  private List<String> loadedBy(String... line) throws IOException, InterruptedException {
    Path log = directory.resolve("classes");
    Process process =
        JavaProcess.start(
            Map.of(
                "JAVA_TOOL_OPTIONS",
                "-Xlog:class+load:file=" + log + "::filecount=0",
                "XDG_STATE_HOME",
                directory.resolve("state").toString()),
            Main.class.getName(),
            line);
    String output = JavaProcess.output(process);
    assertEquals(0, process.exitValue(), output);
    return Files.readAllLines(log);
  }

  private static void assertNone(List<String> prefixes, List<String> classes) {
    assertTrue(classes.stream().anyMatch(each -> each.contains("dev.archive.cli.Main ")));
    List<String> found =
        classes.stream()
            .filter(each -> prefixes.stream().anyMatch(prefix -> each.contains(" " + prefix)))
            .toList();
    assertEquals(List.of(), found);
  }

  @Test
  void theVersionNeedsNoOptionParser() throws Exception {
    assertNone(List.of("picocli.CommandLine "), loadedBy("--version"));
  }

  @Test
  void uploadAndStatusOfAServerLoadNeitherServerNorDatabaseNorTls() throws Exception {
    Path tree = Trees.small(directory.resolve("tree"), 3, 1);
    try (IngestServer server = ServerFixture.start(directory.resolve("root"))) {
      String there = "--server=" + server.url();
      Path receipt = directory.resolve("receipt");
      List<String> upload = loadedBy("upload", there, "--receipt=" + receipt, tree.toString());
      assertNone(SERVER, upload);
      assertNone(TLS, upload);
      String batch = CommandRun.of(Map.of(), "list", there).outLines().get(1).split(" ")[0];
      List<String> status = loadedBy("status", there, batch);
      assertNone(SERVER, status);
      assertNone(TLS, status);
    }
  }
}
