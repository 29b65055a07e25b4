package dev.archive.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.testing.ArchiveProcess;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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

  /** By processes of their own: the umask is that of a process. */
  @ParameterizedTest
  @ValueSource(strings = {"000", "022", "077"})
  void stateIsPrivateAndPayloadFollowsTheRootWhateverTheUmask(String umask) throws Exception {
    Path tree = Trees.small(directory.resolve("tree"), 3, 1);
    Path made = directory.resolve("above/made");
    Path receipt = directory.resolve("receipt");
    archive(umask, made, tree, receipt);
    assertEquals("rwx------", mode(made));
    assertEquals("rwx------", mode(made.getParent()));
    assertEquals("rw-------", mode(receipt));
    modes(made).forEach(each -> assertTrue(each.endsWith("------"), each));

    Path shared = Files.createDirectory(directory.resolve("shared"));
    Files.setAttribute(shared, "unix:mode", 02750);
    Files.setPosixFilePermissions(receipt, PosixFilePermissions.fromString("rw-r-----"));
    archive(umask, shared, tree, receipt);
    assertEquals("rw-r-----", mode(receipt), "its own mode is kept");
    try (Stream<Path> files = Files.walk(shared.resolve("batches"))) {
      for (Path each : files.toList()) {
        boolean isDirectory = Files.isDirectory(each);
        int wanted = isDirectory ? 02750 : 0640;
        int found = (Integer) Files.getAttribute(each, "unix:mode") & 07777;
        assertEquals(Integer.toOctalString(wanted), Integer.toOctalString(found), each.toString());
      }
    }
    for (String name : List.of("state.db", "signing.key", "lock")) {
      assertEquals("rw-------", mode(shared.resolve(name)), name);
    }
  }

  private static List<String> modes(Path root) throws IOException {
    List<String> found = new ArrayList<>();
    try (Stream<Path> files = Files.walk(root)) {
      for (Path each : files.filter(Files::isDirectory).toList()) {
        found.add(each + " " + mode(each));
      }
    }
    return found;
  }

  private void archive(String umask, Path root, Path tree, Path receipt) throws Exception {
    ArchiveProcess upload =
        ArchiveProcess.run(
            directory.resolve("log"),
            Map.of(
                "ARCHIVE_HOME", root.toString(),
                "XDG_STATE_HOME", directory.resolve("state" + root.getFileName()).toString()),
            List.of("sh", "-c", "umask " + umask + "; exec \"$0\" \"$@\""),
            List.of(),
            List.of("upload", "--receipt", receipt.toString(), tree.toString()));
    assertEquals(0, upload.exit(), upload::log);
  }

  /** From their first moment: SQLite gives its log and its index the mode of the ledger. */
  @Test
  void theLedgerAndItsLogArePrivateWhileTheyAreInUse() throws Exception {
    Path root = Files.createDirectory(directory.resolve("root"));
    try (ArchiveProcess server =
        ArchiveProcess.serve(
            root, List.of("sh", "-c", "umask 000; exec \"$0\" \"$@\""), List.of())) {
      assertTrue(server.isAlive());
      for (String name : List.of("state.db", "state.db-wal", "state.db-shm")) {
        assertEquals("rw-------", mode(root.resolve(name)), name);
      }
    }
  }
}
