package dev.archive.matrix;

import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.archive.cli.CommandRun;
import dev.archive.testing.Match;
import dev.archive.testing.Rule;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Row C5, between two runs: another file of the same name, size and time is another file. What the
 * journal knows of the one before is not said of it.
 */
@Timeout(60)
class ReplacedBetweenRunsTest {
  @TempDir Path directory;

  /** Its inode tells it from the one before, and nothing else that a plain look shows. */
  private static void replace(Scene scene, long seed) throws IOException {
    List<Path> files = Trees.files(scene.tree);
    Path file = files.get((int) (seed % files.size()));
    FileTime modified = Files.getLastModifiedTime(file);
    byte[] content = Files.readAllBytes(file);
    content[content.length - 1] ^= 1;
    Path other = Files.write(scene.directory.resolve("other"), content);
    Files.setLastModifiedTime(other, modified);
    Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
  }

  @EverySeed
  void c5_fileReplacedAfterABrokenRunIsArchivedAsItIsNow(long seed) throws IOException {
    try (Scene scene = Scene.of(directory, seed, 5)) {
      scene.rules(Rule.status(Match.request("POST .*/finalize"), 400, ""));
      assertNotEquals(0, scene.upload().exit());
      scene.rules();
      replace(scene, seed);
      scene.assertArchived(scene.upload());
    }
  }

  @EverySeed
  void c5_fileReplacedAfterAFinishedRunIsArchivedAsItIsNow(long seed) throws IOException {
    try (Scene scene = Scene.of(directory, seed, 5)) {
      CommandRun before = scene.upload();
      scene.assertArchived(before);
      replace(scene, seed);
      CommandRun now = scene.upload();
      assertNotEquals(before.receiptField("batch_id"), now.receiptField("batch_id"));
      scene.assertHeld(now, scene.tree);
    }
  }
}
