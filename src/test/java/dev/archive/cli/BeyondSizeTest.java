package dev.archive.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.archive.testing.Trees;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A file that has more bytes than its file system reports is named, and never cut off in silence.
 * Files of {@code /proc} report a size of zero.
 */
class BeyondSizeTest {
  private static final Path LIAR = Path.of("/proc/version");

  @TempDir Path directory;

  private CommandRun archive(String... args) {
    assumeTrue(Files.isReadable(LIAR), "there is no /proc here");
    return CommandRun.in(directory.resolve("home"), args);
  }

  private static void assertNamed(CommandRun run) {
    assertEquals(3, run.exit(), run.err());
    assertTrue(run.err().contains("/proc/version has more bytes than the 0"), run.err());
  }

  @Test
  void aloneItIsNamedAndNothingIsFinalized() {
    CommandRun run = archive("upload", LIAR.toString());
    assertNamed(run);
    assertTrue(run.err().contains("nothing was finalized"), run.err());
  }

  @Test
  void inABundleItIsNamedAndTheOthersGoWithoutIt() throws IOException {
    Path tree = Trees.small(directory.resolve("tree"), 8, 1);
    CommandRun run =
        archive("upload", "--json", "--allow-skipped", tree.toString(), LIAR.toString());
    assertNamed(run);
    assertEquals("8", run.receiptField("files"), run.out());
  }

  @Test
  void whereFilesAreOnlyHashedItIsNamedToo() throws IOException {
    Path empty = Trees.file(directory.resolve("version"), "");
    CommandRun stored = archive("upload", "--json", empty.toString());
    assertEquals(0, stored.exit(), stored.err());
    CommandRun verified =
        archive("verify", "--no-attributes", stored.receiptField("batch_id"), LIAR.toString());
    assertNamed(verified);
    assertFalse(verified.out().contains("1 file the same"), verified.out());
  }

  @Test
  void onAFileSystemOfLiarsEachIsNamedHoweverItIsSent() throws Exception {
    Path mount = Files.createDirectory(directory.resolve("liars"));
    String[] liars = {
      "small:10:100", "parts:6000000:7000000", "empty:0:50", "longer:1500000:1500001"
    };
    List<String> command = new ArrayList<>(List.of("python3", "scripts/lying-sizes.py"));
    command.add(mount.toString());
    command.addAll(List.of(liars));
    command.addAll(List.of("good:6000000:6000000", "fine:100:100"));
    assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "there is no FUSE here");
    Process fuse = new ProcessBuilder(command).start();
    try (BufferedReader ready = fuse.inputReader()) {
      assumeTrue("ready".equals(ready.readLine()), "FUSE cannot be mounted here");
      for (String liar : liars) {
        String[] parts = liar.split(":");
        CommandRun run = archive("upload", mount.resolve(parts[0]).toString());
        assertEquals(3, run.exit(), run.err());
        assertTrue(
            run.err().contains(parts[0] + " has more bytes than the " + parts[1] + " that"),
            run.err());
      }
      CommandRun rest = archive("upload", "--json", "--allow-skipped", mount.toString());
      assertEquals(3, rest.exit(), rest.err());
      assertEquals("2", rest.receiptField("files"), rest.out());
    } finally {
      new ProcessBuilder("umount", "--lazy", mount.toString()).start().waitFor();
      fuse.destroy();
    }
  }

  @Test
  void anEmptyFileThatIsEmptyIsArchived() throws IOException {
    for (String name : List.of("a", "b")) {
      Trees.file(directory.resolve("tree").resolve(name), "");
    }
    CommandRun run = archive("upload", "--json", directory.resolve("tree").toString());
    assertEquals(0, run.exit(), run.err());
    assertEquals("2", run.receiptField("files"));
  }
}
