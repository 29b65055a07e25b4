package dev.archive.matrix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.cli.CommandRun;
import dev.archive.testing.Trees;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A full disk below the state directory may have room later: it is no wrong usage (B19). */
class StateOnAFullDiskTest {
  private static final long MORE = 8 << 20;

  @TempDir Path directory;

  @Test
  void aPlanThatHasNoRoomIsTriedAgainLater() throws Exception {
    Path mount = Files.createDirectory(directory.resolve("disk"));
    try (SmallDisk disk = SmallDisk.inMemory(mount, 1)) {
      run(disk, mount);
    }
  }

  @Test
  void aDirectoryThatHasNoRoomIsMadeLater() throws Exception {
    Path mount = Files.createDirectory(directory.resolve("disk"));
    try (SmallDisk disk = SmallDisk.ext4(mount, 4)) {
      run(disk, mount);
    }
  }

  private void run(SmallDisk disk, Path mount) throws Exception {
    // More than there is: what is reserved for root, too.
    disk.fill(-MORE);
    CommandRun run = upload(mount);
    assertEquals(5, run.exit(), run.err());
    assertTrue(run.err().toLowerCase(Locale.ROOT).contains("no space left"), run.err());
    assertFalse(run.err().contains("--forget"), run.err());
    disk.empty();
    assertEquals(0, upload(mount).exit());
  }

  private CommandRun upload(Path mount) throws Exception {
    return CommandRun.in(
        directory.resolve("home"),
        "upload",
        "--state-dir",
        mount.resolve("state").toString(),
        Trees.small(directory.resolve("tree"), 3, 1).toString());
  }
}
