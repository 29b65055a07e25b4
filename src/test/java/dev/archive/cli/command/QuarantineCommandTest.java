package dev.archive.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.cli.CommandRun;
import dev.archive.storage.Quarantine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is in quarantine is listed, whatever its notes have become. */
class QuarantineCommandTest {
  @TempDir Path root;

  @Test
  void damagedNoteHidesNoOtherEntry() throws IOException {
    for (String name : new String[] {"binary", "cut-off", "directory", "gone", "sound"}) {
      Files.createDirectories(root.resolve(name).resolve("below"));
      new Quarantine(root).take(Path.of(name), "a thing", "for the test", Instant.EPOCH);
    }
    Path all = root.resolve("quarantine");
    Files.write(all.resolve("binary/NOTE.txt"), new byte[] {-1, -2, 0, 27, '\n', -128});
    Files.writeString(all.resolve("cut-off/NOTE.txt"), "What: a thing\nWhe");
    Files.delete(all.resolve("directory/NOTE.txt"));
    Files.createDirectory(all.resolve("directory/NOTE.txt"));
    Files.delete(all.resolve("gone/NOTE.txt"));
    Files.writeString(all.resolve("a file"), "of somebody");

    CommandRun list = list();
    assertEquals(0, list.exit(), list.err());
    assertEquals(6, list.outLines().size(), list.out());
    assertTrue(list.out().contains("a thing, unknown: unknown"), list.out());
    assertTrue(list.out().contains("1970-01-01T00:00:00Z: for the test"), list.out());
    assertFalse(list.out().contains("null"), list.out());
    assertEquals(6, list("--json").outLines().size());
  }

  private CommandRun list(String... more) {
    String[] args = new String[4 + more.length];
    System.arraycopy(new String[] {"quarantine", "list", "--root", root.toString()}, 0, args, 0, 4);
    System.arraycopy(more, 0, args, 4, more.length);
    return CommandRun.of(Map.of(), args);
  }
}
