package dev.archive.matrix;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.archive.testing.Observer;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Objects that go from the archive's disk just before finalize are sent again by the same run. */
@Timeout(120)
class RemovedObjectsTest {
  @TempDir Path directory;

  @EverySeed
  void theRunSendsAgainWhatFinalizeMisses(long seed) throws Exception {
    try (Scene scene = Scene.of(directory, seed, 12)) {
      if (seed % 2 == 0) {
        scene.inBundles();
      }
      Trees.random(scene.tree.resolve("large"), 6 << 20, seed);
      AtomicInteger finalized = new AtomicInteger();
      scene.proxy.observe(
          new Observer() {
            @Override
            public void asked(String line, byte[] body) {
              if (line.startsWith("POST") && line.contains("/finalize")) {
                int nth = finalized.getAndIncrement();
                if (nth < 2) {
                  removeSome(scene.root.resolve("batches"), nth);
                }
              }
            }

            @Override
            public void answered(String line, byte[] asked, int status, byte[] answer) {}

            @Override
            public void relayed(String line, byte[] asked, int status, byte[] answer) {}
          });
      scene.assertArchived(scene.upload());
      assertEquals(3, finalized.get(), "finalized twice without effect, and once with it");
    }
  }

  private static void removeSome(Path batches, int nth) {
    try {
      List<Path> objects =
          Trees.files(batches).stream().filter(each -> each.toString().contains("/data/")).toList();
      for (int i = nth; i < objects.size(); i += 2) {
        Files.delete(objects.get(i));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
