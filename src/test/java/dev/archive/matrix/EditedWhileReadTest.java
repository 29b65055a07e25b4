package dev.archive.matrix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.testing.ArchiveProcess;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Row C5, inside a request: a file is edited after the uploader has read of it and before it has
 * looked at it again. strace stops the process right behind its first read of the file.
 */
@Timeout(300)
class EditedWhileReadTest {
  @TempDir Path directory;

  /** How the file is sent. */
  enum Way {
    WHOLE(3000, false),
    PARTS(6 << 20, false),
    BUNDLE(3000, true);

    private final int size;
    private final boolean bundles;

    Way(int size, boolean bundles) {
      this.size = size;
      this.bundles = bundles;
    }
  }

  /** What happens to it. */
  enum Edit {
    EDITED("was edited") {
      @Override
      void happenTo(Path file, int size) throws IOException {
        byte[] content = Files.readAllBytes(file);
        content[size - 1] ^= 1;
        Files.write(file, content);
        Files.setLastModifiedTime(file, FileTime.fromMillis(1_000_000_000_000L));
      }
    },
    GROWN("grew from") {
      @Override
      void happenTo(Path file, int size) throws IOException {
        Files.write(file, new byte[1], StandardOpenOption.APPEND);
      }
    };

    private final String told;

    Edit(String told) {
      this.told = told;
    }

    abstract void happenTo(Path file, int size) throws IOException;
  }

  static Stream<Arguments> all() {
    return Stream.of(
        Arguments.of(Way.WHOLE, Edit.EDITED),
        Arguments.of(Way.PARTS, Edit.GROWN),
        Arguments.of(Way.BUNDLE, Edit.EDITED));
  }

  @ParameterizedTest
  @MethodSource("all")
  void c5_aFileEditedBetweenItsReadAndTheLookAfterwardsIsNotArchived(Way way, Edit edit)
      throws Exception {
    TracedServer.assumeStrace();
    try (Scene scene = Scene.of(directory, 1, 3)) {
      if (way.bundles) {
        scene.inBundles();
      }
      Path file = Trees.random(scene.tree.toRealPath().resolve("edited"), way.size, 1);
      Path log = directory.resolve("strace.log");
      List<String> strace =
          List.of(
              "strace",
              "-f",
              "-qq",
              "-o",
              log.toString(),
              "-P",
              file.toString(),
              "-e",
              "trace=read,pread64",
              "-e",
              "inject=read,pread64:signal=STOP:when=1");
      try (ArchiveProcess upload =
          ArchiveProcess.run(
              directory.resolve("out"),
              Map.of("XDG_STATE_HOME", scene.state().toString()),
              strace,
              List.of(),
              scene.command())) {
        long stopped = 0;
        while (upload.isAlive()) {
          long now = Files.exists(log) ? stops(log) : 0;
          if (now > stopped) {
            if (stopped == 0) {
              edit.happenTo(file, way.size);
            }
            stopped = now;
            upload.signalChildren("CONT");
          }
          upload.awaitExit(5);
        }
        assertTrue(stopped > 0, () -> "the file was never read\n" + upload.log());
        assertEquals(3, upload.exit(), () -> "edited after its read\n" + upload.log());
        assertTrue(upload.log().contains("edited " + edit.told), upload::log);
      }
      assertEquals(List.of(), scene.finalized(), "a file that was edited is archived");
      scene.assertArchived(scene.upload());
    }
  }

  private static long stops(Path log) throws IOException {
    return Files.readAllLines(log).stream().filter(line -> line.contains("--- stopped by")).count();
  }
}
