package dev.archive.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.archive.client.api.RetryPolicy;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bad input gets one clear line on stderr and its exit code, and nothing is done. */
class BadInputTest {
  @TempDir Path directory;
  private Path tree;

  @BeforeEach
  void makeATree() throws IOException {
    tree = Trees.small(directory.resolve("tree"), 3, 1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "upload | Missing required parameter",
        "upload --parallel 0 TREE | --parallel is a number from 1",
        "upload --parallel -1 TREE | --parallel is a number from 1",
        "upload --parallel 100000 TREE | --parallel is a number from 1",
        "upload --parallel five TREE | five",
        "upload --parallel 99999999999 TREE | 99999999999",
        "upload --parallel-parts 0 TREE | --parallel-parts is a number from 1",
        "upload --server nowhere TREE | not the URL of a server",
        "upload --server ftp://example.org TREE | not the URL of a server",
        "upload --server http:// TREE | not the URL of a server",
        "upload --server http://host/?a=b TREE | not the URL of a server",
        "upload --server http://user:secret@host TREE | \"http://***@host\"",
        "upload --server http://user:secret@host TREE | not the URL of a server",
        "upload --metadata {\"a\": TREE | neither a JSON object nor KEY=VALUE",
        "upload --metadata [1] TREE | neither a JSON object nor KEY=VALUE",
        "upload --metadata word TREE | neither a JSON object nor KEY=VALUE",
        "upload --metadata @missing.json TREE | cannot be read",
        "upload --metadata {\"a\":1}{\"b\":2} TREE | neither a JSON object nor KEY=VALUE",
        "upload --root-path relative TREE | --root-path",
        "upload --root-path /a/../b TREE | --root-path",
        "upload --root-path /a//b TREE | --root-path",
        "upload missing-directory | there is no such file or directory",
        "upload TREE missing-directory | there is no such file or directory",
        "upload /dev/null | neither a directory nor a regular file",
        "upload TREE TREE | would both become",
        "upload --receipt /nowhere/r.json TREE | receipt cannot be written",
        "upload --unknown TREE | Unknown option",
        "upload --parallel | Missing required parameter",
        "upload --dry-run missing-directory | there is no such file or directory",
        "status | Missing required parameter",
        "status not-a-batch | not a batch id (26 characters of 0-9 and A-Z): \"not-a-batch\"",
        "verify 01ARZ3NDEKTSV4RRFFQ69G5FAV | name what was archived (DIR...), or say --deep",
        "verify --deep --sample 0 01ARZ3NDEKTSV4RRFFQ69G5FAV | not a percentage",
        "audit --root TREE | no root of an archive",
        "serve | --root",
        "serve --root ROOT --listen nowhere | --listen is HOST:PORT",
        "serve --root ROOT --listen 127.0.0.1:99999 | --listen is HOST:PORT",
        "serve --root ROOT --listen 0.0.0.0:0 | not a loopback address",
        "serve --root ROOT --listen [::]:0 | not a loopback address",
        "serve --root /dev/null/x | cannot be used: /dev/null: it is not a directory",
        "upload --state-dir FILE TREE | cannot be used: not a directory",
        "quarantine list --root TREE | not an archive root",
        "upload --metadata title=\uFFFD TREE | --metadata: not valid UTF-8",
        "upload --uploader \uFFFD TREE | --uploader: not valid UTF-8",
        "upload --root-path /\uFFFD TREE | --root-path: not valid UTF-8",
        "serve --root ROOT --public-url nonsense | not the URL of a server",
        "frobnicate | frobnicate",
        " | which command",
      })
  void isRefusedInOneLine(String line, String expected) throws IOException {
    List<String> args = new ArrayList<>();
    for (String word : (line == null ? "" : line).split(" ", -1)) {
      if (!word.isEmpty()) {
        args.add(
            word.replace("TREE", tree.toString())
                .replace("ROOT", directory.resolve("root").toString())
                .replace("FILE", Trees.files(tree).get(0).toString()));
      }
    }
    CommandRun run = CommandRun.in(directory.resolve("home"), args.toArray(String[]::new));
    assertEquals(2, run.exit(), run.err());
    assertOneLine(run, expected);
  }

  private static void assertOneLine(CommandRun run, String expected) {
    List<String> lines =
        run.errLines().stream()
            .filter(
                each -> !each.contains("using the embedded archive") && !each.startsWith("plan: "))
            .toList();
    assertEquals(1, lines.size(), run.err());
    assertTrue(lines.get(0).startsWith("archive: "), run.err());
    assertTrue(lines.get(0).contains(expected), run.err());
    assertFalse(run.err().contains("\tat "), run.err());
  }

  @Test
  void anEmptyDirectoryIsNoSuccess() throws IOException {
    Path empty = Files.createDirectories(directory.resolve("empty"));
    CommandRun run = CommandRun.in(directory.resolve("home"), "upload", empty.toString());
    assertEquals(2, run.exit(), run.err());
    assertTrue(run.err().contains("there is no file to archive"), run.err());
  }

  @Test
  void aServerThatIsDownIsTemporary() throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    CommandRun run =
        CommandRun.in(
            directory.resolve("home"),
            "upload",
            "--server",
            "http://127.0.0.1:" + port,
            tree.toString());
    assertEquals(5, run.exit(), run.err());
    assertOneLine(run, "cannot be reached");
  }

  @Test
  void aServerThatAnswersHtmlIsNoIngestServer() throws IOException {
    try (MockWebServer server = new MockWebServer()) {
      server.start();
      // Asked again, for a network may have damaged one answer.
      for (int i = 0; i < RetryPolicy.FIRST_CONTACT.attempts(); i++) {
        server.enqueue(
            new MockResponse.Builder()
                .setHeader("Content-Type", "text/html")
                .body("<html>Please log in</html>")
                .build());
      }
      CommandRun run =
          CommandRun.in(
              directory.resolve("home"),
              "upload",
              "--server",
              server.url("/").toString(),
              tree.toString());
      assertEquals(2, run.exit(), run.err());
      assertOneLine(run, "does not speak the ingest API");
    }
  }

  @Test
  void aRedirectIsNotFollowed() throws IOException {
    try (MockWebServer server = new MockWebServer()) {
      server.start();
      // Asked again, for a network may have damaged one answer.
      for (int i = 0; i < RetryPolicy.FIRST_CONTACT.attempts(); i++) {
        server.enqueue(
            new MockResponse.Builder()
                .code(302)
                .setHeader("Location", "http://127.0.0.1:1/")
                .build());
      }
      CommandRun run =
          CommandRun.in(
              directory.resolve("home"),
              "upload",
              "--server",
              server.url("/").toString(),
              tree.toString());
      assertEquals(2, run.exit(), run.err());
      assertOneLine(run, "redirect");
    }
  }

  @Test
  void aSpecialFileIsNamedAndNothingIsFinalized() throws Exception {
    Process made = new ProcessBuilder("mkfifo", tree.resolve("a pipe").toString()).start();
    assertEquals(0, made.waitFor());
    CommandRun run = CommandRun.in(directory.resolve("home"), "upload", tree.toString());
    assertEquals(3, run.exit(), run.err());
    assertTrue(run.err().contains("a pipe: is a special file"), run.err());
    assertTrue(run.err().contains("nothing was finalized"), run.err());
  }

  @Test
  void whatCannotBeArchivedIsSkippedOnlyWhenAllowedAndStaysExit3() throws Exception {
    Trees.file(tree.resolve("bell\u0007.txt"), "x");
    Path home = directory.resolve("home");
    for (int run = 0; run < 2; run++) {
      CommandRun skipped =
          CommandRun.in(home, "upload", "--json", "--allow-skipped", tree.toString());
      assertEquals(3, skipped.exit(), skipped.err());
      assertEquals("3", skipped.receiptField("files"));
      assertTrue(skipped.err().contains("finalized without them"), skipped.err());
      assertFalse(skipped.err().contains("run the same command again"), skipped.err());
      String batch = skipped.receiptField("batch_id");
      assertTrue(CommandRun.in(home, "receipt", batch).out().contains("\"skipped\":[\""), batch);
      assertTrue(
          CommandRun.in(home, "status", "--json", batch).out().contains("\"skipped\":[{\"path\":"),
          batch);
    }
  }

  @Test
  void aNameWithAControlCharacterIsNamedAndPrintedSafely() throws Exception {
    Trees.file(tree.resolve("bell\u0007.txt"), "x");
    CommandRun run = CommandRun.in(directory.resolve("home"), "upload", tree.toString());
    assertEquals(3, run.exit(), run.err());
    assertTrue(run.err().contains("bell\\u0007.txt"), run.err());
    assertFalse(run.err().contains("\u0007"), run.err());
  }

  @Test
  void aNamedPipeInThePlaceOfTheArchiveIsNotWaitedFor() throws Exception {
    Path home = directory.resolve("home");
    assumeTrue(new ProcessBuilder("mkfifo", home.toString()).start().waitFor() == 0);
    for (String command : List.of("upload " + tree, "list")) {
      CommandRun run = CommandRun.in(home, command.split(" "));
      assertEquals(2, run.exit(), run.err());
      assertOneLine(run, "it is not a directory");
    }
  }

  @Test
  void anotherProcessInTheSameArchiveIsToldSo() throws Exception {
    Path home = directory.resolve("home");
    try (dev.archive.server.IngestServer other =
        dev.archive.server.IngestServer.start(
            new dev.archive.server.ServerOptions(home, "127.0.0.1", 0, null, "test"),
            java.time.Clock.systemUTC())) {
      CommandRun run = CommandRun.in(home, "upload", tree.toString());
      assertEquals(11, run.exit(), run.err() + other.url());
      assertOneLine(run, "an archive server uses");
    }
  }

  @Test
  void aStackTraceIsPrintedOnlyWhenAskedFor() {
    CommandRun run =
        CommandRun.in(directory.resolve("home"), "--stacktrace", "upload", "missing-directory");
    assertEquals(2, run.exit());
    assertTrue(run.err().contains("\tat dev.archive"), run.err());
    assertTrue(
        CommandRun.in(directory.resolve("home"), "upload", "--stacktrace", "missing")
            .err()
            .contains("\tat dev.archive"));
  }
}
