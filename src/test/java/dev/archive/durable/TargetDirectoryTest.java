package dev.archive.durable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files get their places inside a directory, whatever others do in it meanwhile. */
class TargetDirectoryTest {
  private static final String STAGING = ".staging";

  @TempDir Path directory;
  private Path target;
  private Path outside;

  @BeforeEach
  void make() throws IOException {
    target = Files.createDirectory(directory.resolve("target"));
    outside = Files.createDirectory(directory.resolve("outside"));
  }

  private static void put(TargetDirectory into, String name, Path place, boolean overwrite)
      throws IOException {
    Path temp = Path.of(name);
    try (FileChannel out = into.create(temp)) {
      out.write(ByteBuffer.wrap(new byte[] {1}));
      out.force(true);
    }
    try {
      into.place(temp, place, overwrite);
    } finally {
      into.drop(temp);
    }
  }

  private static List<String> all(Path root) throws IOException {
    try (Stream<Path> names = Files.walk(root)) {
      return names
          .filter(each -> !each.equals(root))
          .map(each -> root.relativize(each).toString())
          .sorted()
          .toList();
    }
  }

  @Test
  void onlyOneWritesUnderOneName() throws IOException {
    try (TargetDirectory first = TargetDirectory.open(target, STAGING)) {
      assertNull(TargetDirectory.open(target, STAGING));
      put(first, "t", Path.of("a/b/c"), false);
      first.forceNames();
    }
    assertEquals(List.of("a", "a/b", "a/b/c"), all(target));
    TargetDirectory.open(target, STAGING).close();
  }

  @Test
  void nothingIsReplacedUnlessAskedAndNoDirectoryEver() throws IOException {
    Files.writeString(target.resolve("file"), "mine");
    Files.createDirectory(target.resolve("directory"));
    Files.createSymbolicLink(target.resolve("link"), outside.resolve("new"));
    try (TargetDirectory into = TargetDirectory.open(target, STAGING)) {
      for (String name : List.of("file", "directory", "link")) {
        assertThrows(
            TargetDirectory.OccupiedException.class, () -> put(into, "t", Path.of(name), false));
      }
      assertThrows(NotDirectoryException.class, () -> put(into, "t", Path.of("link/x"), true));
      assertThrows(NotDirectoryException.class, () -> put(into, "t", Path.of("file/x"), true));
      assertThrows(
          TargetDirectory.OccupiedException.class,
          () -> put(into, "t", Path.of(STAGING + "/x"), true));
      put(into, "t", Path.of("link"), true);
      put(into, "t", Path.of("file"), true);
    }
    assertTrue(Files.isRegularFile(target.resolve("link"), LinkOption.NOFOLLOW_LINKS));
    assertEquals(1, Files.size(target.resolve("file")));
    assertEquals(List.of(), all(outside));
  }

  /** {@code -Darchive.swaps=N} tries N times. */
  @Test
  void linksThatAreSwappedInMeanwhileLeadNothingOutside() throws Exception {
    int tries = Integer.getInteger("archive.swaps", 150);
    Files.createDirectories(target.resolve("d/e"));
    AtomicBoolean ended = new AtomicBoolean();
    Thread swapper =
        new Thread(
            () -> {
              while (!ended.get()) {
                swap(target.resolve("d"), target.resolve("d.away"));
                swap(target.resolve("d/e"), target.resolve("d/e.away"));
                swap(target.resolve(STAGING), target.resolve(STAGING + ".away"));
              }
            },
            "swapper");
    swapper.start();
    int placed = 0;
    try {
      for (int i = 0; i < tries; i++) {
        // Opened again now and then: what is held open is not looked for by its name.
        try (TargetDirectory into = TargetDirectory.open(target, STAGING)) {
          for (int j = 0; into != null && j < 5; j++) {
            put(into, "t" + i + "-" + j, Path.of("d/e/n" + i % 7 + "/f" + i + "-" + j), i % 2 == 0);
            placed++;
          }
        } catch (IOException e) {
          // Refused, as it should be where a link stands.
        }
      }
    } finally {
      ended.set(true);
      swapper.join();
    }
    assertEquals(List.of(), all(outside));
    assertTrue(placed > 0, "some tries meet no link");
  }

  /** Puts a link to the outside in the place of a directory, and the directory back again. */
  private void swap(Path place, Path away) {
    try {
      Files.move(place, away, StandardCopyOption.ATOMIC_MOVE);
      Files.createSymbolicLink(place, outside);
    } catch (FileSystemException e) {
      // It is not there at this moment, or was made again meanwhile.
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    try {
      if (Files.isSymbolicLink(place)) {
        Files.delete(place);
      }
      Files.move(away, place, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileSystemException e) {
      // Somebody made another directory of this name meanwhile.
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
