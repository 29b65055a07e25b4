package dev.archive.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.cli.CommandRun;
import dev.archive.model.Owner;
import dev.archive.model.Scope;
import dev.archive.server.Admission;
import dev.archive.server.IngestServer;
import dev.archive.server.ServerOptions;
import dev.archive.server.TokenAdmin;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tokens from the command line: making them, revoking them, showing them to a server. */
class TokenCommandTest {
  @TempDir Path directory;
  private Path root;
  private Path source;

  @BeforeEach
  void makeSource() throws IOException {
    root = directory.resolve("root");
    source = Files.createDirectory(directory.resolve("source"));
    Files.writeString(source.resolve("a"), "a");
  }

  private CommandRun run(Map<String, String> more, String... args) {
    Map<String, String> environment = new HashMap<>(more);
    environment.put("ARCHIVE_HOME", directory.resolve("home").toString());
    environment.put("XDG_STATE_HOME", directory.resolve("state").toString());
    return CommandRun.of(environment, args);
  }

  private CommandRun token(String... args) {
    String[] all = new String[args.length + 2];
    all[0] = "token";
    System.arraycopy(args, 0, all, 1, args.length);
    all[args.length + 1] = "--root=" + root;
    return run(Map.of(), all);
  }

  private String made(String name, Scope scope) {
    return TokenAdmin.create(root, Clock.systemUTC(), name, new Owner(name), scope, null)
        .text()
        .reveal();
  }

  private IngestServer server() {
    return IngestServer.start(
        new ServerOptions(root, "127.0.0.1", 0, null, "test")
            .admitting(new Admission.WithTokens(null, false)),
        Clock.systemUTC());
  }

  @Test
  void tokenIsPrintedOnceAloneAndIsStoredNowhere() throws IOException {
    CommandRun created = token("create", "ada", "--scope=upload", "--expires=90d");
    assertEquals(0, created.exit(), created.err());
    String text = created.out().strip();
    assertTrue(text.matches("arc_[0-9a-f]{16}_[A-Za-z0-9_-]{43}"), text);
    assertFalse(created.err().contains(text));
    assertTrue(created.err().contains("token ada of owner ada created"), created.err());
    CommandRun listed = token("list");
    assertTrue(
        listed.out().matches("[0-9a-f]{16}  ada  owner ada  upload  valid until 2[^\n]+\n"),
        listed.out());
    String secret = text.substring(21);
    assertFalse(listed.out().contains(secret));
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        String bytes = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        assertFalse(bytes.contains(secret), file.toString());
      }
    }
    assertEquals(0, token("revoke", "ada").exit());
    assertTrue(token("list").out().contains("  revoked 2"));
    assertEquals(2, token("revoke", "ada").exit());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "create|say token create NAME",
        "create ada|say token create NAME",
        "create ada --scope=write|a scope is read, upload or admin",
        "create ada --scope=Upload|a scope is read, upload or admin",
        "create ../x --scope=read|not a name",
        "create ada --scope=read --owner=a/b|not a name",
        "create ada --scope=read --expires=0s|--expires must be longer than 0",
        "create ada --scope=read --expires=soon|a duration is a number",
        "list ada|say token create NAME",
        "revoke|say token create NAME",
        "revoke nobody|not an archive root",
        "list|not an archive root",
        "delete ada|say token create NAME",
      })
  void wrongUseIsSaidAndMakesNothing(String line, String words) {
    CommandRun wrong = token(line.split(" "));
    assertEquals(2, wrong.exit(), wrong.err());
    assertTrue(wrong.err().contains(words), wrong.err());
    assertTrue(Files.notExists(root));
  }

  @Test
  void uploadShowsItsTokenAndLeavesItNowhere() throws IOException {
    String ada = made("ada", Scope.UPLOAD);
    String reads = made("reads", Scope.READ);
    try (IngestServer server = server()) {
      String[] upload = {"upload", "--server=" + server.url(), source.toString()};
      CommandRun none = run(Map.of(), upload);
      assertEquals(12, none.exit(), none.err());
      assertTrue(none.err().contains("set ARCHIVE_TOKEN or --token-file"), none.err());
      CommandRun scope = run(Map.of("ARCHIVE_TOKEN", reads), upload);
      assertEquals(12, scope.exit(), scope.err());
      assertTrue(scope.err().contains("this call needs upload"), scope.err());
      CommandRun done = run(Map.of("ARCHIVE_TOKEN", ada), upload);
      assertEquals(0, done.exit(), done.err());
      Path file = directory.resolve("token");
      Files.writeString(file, ada + "\n");
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
      CommandRun again =
          run(
              Map.of("ARCHIVE_TOKEN", reads),
              "list",
              "--server=" + server.url(),
              "--token-file=" + file);
      assertEquals(
          2, again.outLines().size(), "a header and a batch: " + again.out() + again.err());
      assertEquals(
          again.out(),
          run(Map.of("ARCHIVE_TOKEN_FILE", file.toString()), "list", "--server=" + server.url())
              .out());
      for (String mode : List.of("rw-r-----", "rw----r--", "rw--w----")) {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
        CommandRun loose =
            run(Map.of(), "list", "--server=" + server.url(), "--token-file=" + file);
        assertEquals(2, loose.exit(), loose.err());
        assertTrue(loose.err().contains("chmod 600"), loose.err());
      }
      assertFalse(
          String.join("", none.err(), scope.err(), done.err(), done.out())
              .contains(ada.substring(21)));
    }
    try (Stream<Path> files = Files.walk(directory.resolve("state"))) {
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        String bytes = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        assertFalse(bytes.contains(ada.substring(21)), file.toString());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"http://ingest.example.org", "http://10.0.0.1:1", "HTTP://localhost.example.org"})
  void tokenIsNotSentInTheClear(String server) {
    CommandRun refused = run(Map.of("ARCHIVE_TOKEN", "secret"), "list", "--server=" + server);
    assertEquals(2, refused.exit(), refused.err());
    assertTrue(refused.err().contains("others could read it on its way"), refused.err());
    assertFalse(refused.err().contains("secret"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"two words", "täken", "a\nb", "a\u0007"})
  void tokenThatIsNoneIsRefused(String text) {
    CommandRun refused = run(Map.of("ARCHIVE_TOKEN", text), "list", "--server=http://127.0.0.1:1");
    assertEquals(2, refused.exit(), refused.err());
    assertTrue(refused.err().contains("not one line of printable ASCII"), refused.err());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "|has no access tokens",
        "--insecure|has no access tokens",
        "--no-auth|Add --insecure",
        "--anonymous=guest|Add --insecure",
        "--no-auth --insecure --anonymous=guest|exclude each other",
        "--anonymous=a/b --insecure|not a name",
      })
  void serverOnANetworkAsksForTokens(String options, String words) {
    String[] given = options == null ? new String[0] : options.split(" ");
    String[] line = new String[given.length + 3];
    line[0] = "serve";
    line[1] = "--root=" + root;
    line[2] = "--listen=0.0.0.0:0";
    System.arraycopy(given, 0, line, 3, given.length);
    CommandRun refused = run(Map.of(), line);
    assertEquals(2, refused.exit(), refused.err());
    assertTrue(refused.err().contains(words), refused.err());
    assertTrue(Files.notExists(root));
  }
}
