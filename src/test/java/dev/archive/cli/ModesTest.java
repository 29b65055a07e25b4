package dev.archive.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.testing.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is for its owner alone, is so in a directory that others can read. */
class ModesTest {
  @TempDir Path directory;

  private static String mode(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  @Test
  void journalsReceiptsAndSecretsAreForTheirOwnerAlone() throws IOException {
    Path home = Files.createDirectory(directory.resolve("home"));
    Path state = Files.createDirectories(directory.resolve("home-state/archive"));
    Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.setPosixFilePermissions(state, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path tree = Trees.small(directory.resolve("tree"), 3, 1);
    CommandRun run = CommandRun.in(home, "upload", "--json", tree.toString());
    assertEquals(0, run.exit(), run.err());
    String receipt = run.receiptField("batch_id") + ".json";
    assertEquals("rwx------", mode(state.resolve("receipts")));
    assertEquals("rw-------", mode(state.resolve("receipts").resolve(receipt)));
    assertEquals("rwx------", mode(state.resolve("runs")));
    try (Stream<Path> files = Files.walk(state.resolve("runs"))) {
      Path journal = files.filter(each -> each.endsWith("journal")).findFirst().orElseThrow();
      assertEquals("rw-------", mode(journal));
    }
    assertEquals("rw-------", mode(home.resolve("signing.key")));
  }

  @Test
  void aSecretThatOthersCanReadIsRefusedWithTheCommandThatMendsIt() throws IOException {
    Path home = directory.resolve("home");
    Path tree = Trees.small(directory.resolve("tree"), 3, 1);
    assertEquals(0, CommandRun.in(home, "upload", tree.toString()).exit());
    Path key = home.resolve("signing.key");
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r-----"));
    CommandRun refused = CommandRun.in(home, "upload", "--again", tree.toString());
    assertEquals(2, refused.exit(), refused.err());
    assertTrue(refused.err().contains("chmod 600 '" + key + "'"), refused.err());
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
    assertEquals(0, CommandRun.in(home, "upload", "--again", tree.toString()).exit());
  }

  @Test
  void aSecretOfWebhooksThatOthersCanReadIsRefusedWithTheCommandThatMendsIt() throws IOException {
    Path root = Files.createDirectory(directory.resolve("root"));
    Path secret = Files.writeString(root.resolve("webhook.secret"), "known\n");
    Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-r--r--"));
    CommandRun refused =
        CommandRun.of(
            Map.of(),
            "serve",
            "--root=" + root,
            "--listen=127.0.0.1:0",
            "--on-finalize=http://127.0.0.1:1/");
    assertEquals(2, refused.exit(), refused.err());
    assertTrue(refused.err().contains("chmod 600 '" + secret + "'"), refused.err());
  }
}
