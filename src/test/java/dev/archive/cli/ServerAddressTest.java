package dev.archive.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.cli.option.ServerChoice;
import dev.archive.server.IngestServer;
import dev.archive.testing.ServerFixture;
import dev.archive.testing.Trees;
import java.nio.file.Files;
import java.nio.file.Path;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Addresses of servers that are almost right. */
class ServerAddressTest {
  @TempDir Path directory;

  private CommandRun upload(String server) throws Exception {
    Path tree = directory.resolve("tree");
    if (Files.notExists(tree)) {
      Trees.small(tree, 3, 1);
    }
    return CommandRun.in(directory.resolve("home"), "upload", "--server=" + server, "" + tree);
  }

  @Test
  void sameServerSpelledDifferentlyIsTheSameRun() throws Exception {
    assertEquals("https://a.example:1/B", ServerChoice.parse("HTTPS://A.Example:1/B/"));
    assertEquals("http://[::1]:8", ServerChoice.parse("Http://[::1]:8/"));
    try (IngestServer server = ServerFixture.start(directory.resolve("root"))) {
      assertEquals(0, upload(server.url()).exit());
      CommandRun again = upload(server.url().replace("http:", "HTTP:"));
      assertEquals(0, again.exit(), again.err());
      assertTrue(again.err().contains("nothing has changed"), again.err());
    }
  }

  @Test
  void redirectSaysWhereTo() throws Exception {
    try (MockWebServer server = new MockWebServer()) {
      server.start();
      for (int i = 0; i < 5; i++) {
        server.enqueue(
            new MockResponse.Builder()
                .code(308)
                .setHeader("Location", "https://archive.example/")
                .build());
      }
      CommandRun run = upload(server.url("/").toString());
      assertEquals(2, run.exit(), run.err());
      assertTrue(run.err().contains("it redirects to \"https://archive.example/"), run.err());
    }
  }

  @Test
  void tlsWhereThereIsNoneIsSaidAsThat() throws Exception {
    try (IngestServer server = ServerFixture.start(directory.resolve("root"))) {
      CommandRun run = upload(server.url().replace("http:", "https:"));
      assertEquals(2, run.exit(), run.err());
      assertTrue(run.err().contains("does not speak TLS there"), run.err());
    }
  }
}
