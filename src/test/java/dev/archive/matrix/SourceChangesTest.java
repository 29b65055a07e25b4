package dev.archive.matrix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.cli.CommandRun;
import dev.archive.testing.Action;
import dev.archive.testing.Direction;
import dev.archive.testing.Match;
import dev.archive.testing.Offset;
import dev.archive.testing.Rule;
import dev.archive.testing.Stats;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.FutureTask;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Row C5: a source file that changes between plan and sending is named, and never archived. */
@Timeout(60)
class SourceChangesTest {
  @TempDir Path directory;

  /** What happens to a file, and the words in which it is told. */
  enum Change {
    SHRUNK("shrank from 3000 to 2999 bytes") {
      @Override
      void happenTo(Path file) throws IOException {
        Files.write(file, new byte[2999]);
      }
    },
    GROWN("grew from 3000 to 3001 bytes") {
      @Override
      void happenTo(Path file) throws IOException {
        Files.write(file, new byte[1], StandardOpenOption.APPEND);
      }
    },
    EDITED("was edited") {
      @Override
      void happenTo(Path file) throws IOException {
        byte[] content = Files.readAllBytes(file);
        content[1234] ^= 1;
        Files.write(file, content);
      }
    },
    TOUCHED("was edited") {
      @Override
      void happenTo(Path file) throws IOException {
        Files.setLastModifiedTime(file, FileTime.fromMillis(1_000_000_000_000L));
      }
    },
    REPLACED("was replaced by another file") {
      @Override
      void happenTo(Path file) throws IOException {
        FileTime modified = Files.getLastModifiedTime(file);
        Path other = file.resolveSibling("other");
        Files.write(other, new byte[3000]);
        Files.setLastModifiedTime(other, modified);
        Files.move(other, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
      }
    },
    SYMLINK("was replaced by a symlink") {
      @Override
      void happenTo(Path file) throws IOException {
        Path aside = file.resolveSibling("aside");
        Files.move(file, aside);
        Files.createSymbolicLink(file, aside);
      }
    },
    FIFO("was replaced by a special file") {
      @Override
      void happenTo(Path file) throws Exception {
        Files.delete(file);
        assertEquals(0, new ProcessBuilder("mkfifo", file.toString()).start().waitFor());
      }
    },
    DIRECTORY("was replaced by a directory") {
      @Override
      void happenTo(Path file) throws IOException {
        Files.delete(file);
        Files.createDirectory(file);
      }
    },
    DELETED("was deleted") {
      @Override
      void happenTo(Path file) throws IOException {
        Files.delete(file);
      }
    },
    UNREACHABLE("cannot be read: not a directory") {
      @Override
      void happenTo(Path file) throws IOException {
        Path parent = file.getParent();
        Files.move(parent, parent.resolveSibling("moved"));
        Files.createFile(parent);
      }
    };

    private final String told;

    Change(String told) {
      this.told = told;
    }

    abstract void happenTo(Path file) throws Exception;
  }

  static Stream<Arguments> changes() {
    return Stream.of(Change.values())
        .flatMap(
            change ->
                LongStream.rangeClosed(1, Long.getLong("archive.seeds", 1))
                    .mapToObj(seed -> Arguments.of(change, seed)));
  }

  /** The upload is held at a call while the file changes. */
  private CommandRun changedWhileHeld(
      Scene scene, String at, Change change, Path file, String... options) throws Exception {
    long before = scene.proxy.stats().faults(Action.Kind.STALL);
    scene.rules(Rule.stall(Match.request(at).first(1), Direction.REQUEST, Offset.at(0)));
    FutureTask<CommandRun> upload = new FutureTask<>(() -> scene.upload(options));
    Thread thread = new Thread(upload, "upload");
    thread.start();
    assertTrue(scene.proxy.awaitFaults(Action.Kind.STALL, before + 1, 30_000));
    change.happenTo(file);
    scene.proxy.release();
    CommandRun run = upload.get();
    thread.join();
    return run;
  }

  @ParameterizedTest(name = "{0} seed={1}")
  @MethodSource("changes")
  void c5_changedAfterThePlan(Change change, long seed) throws Exception {
    try (Scene scene = Scene.of(directory, seed, 10)) {
      Path file =
          Trees.random(
              scene.tree.resolve("part " + new SplittableRandom(seed).nextInt(9) + "/changed"),
              3000,
              seed);
      if (seed % 2 == 0) {
        scene.inBundles();
      }
      CommandRun run = changedWhileHeld(scene, "POST .*/init", change, file);
      scene.assertNothingFinalized(3, run);
      assertNamed(scene, run, file, change);
      assertTrue(run.err().contains("nothing was finalized"), run.err());

      // The next run archives what is there now.
      if (change == Change.FIFO) {
        Files.delete(file);
      }
      CommandRun again = scene.upload();
      assertEquals(0, again.exit(), () -> scene.trace(again));
      if (change == Change.SYMLINK) {
        Files.delete(file);
      }
      scene.assertArchived(again);
    }
  }

  /** Between the look at the file that comes before its registration and the read that sends it. */
  @ParameterizedTest(name = "{0} seed={1}")
  @MethodSource("changes")
  void c5_changedAfterItsRegistration(Change change, long seed) throws Exception {
    try (Scene scene = Scene.of(directory, seed, 10)) {
      Path file = Trees.random(scene.tree.resolve("a first/changed"), 3000, seed);
      CommandRun run =
          changedWhileHeld(scene, "POST .*/files/start", change, file, "--parallel", "1");
      scene.assertNothingFinalized(3, run);
      assertNamed(scene, run, file, change);
    }
  }

  @ParameterizedTest(name = "{0} seed={1}")
  @MethodSource("changes")
  void c5_whatChangedIsLeftOutWhereThatIsAllowed(Change change, long seed) throws Exception {
    try (Scene scene = Scene.of(directory, seed, 10)) {
      Path file = Trees.random(scene.tree.resolve("a first/changed"), 3000, seed);
      Path rest = Trees.small(directory.resolve("rest"), 10, seed);
      CommandRun run =
          changedWhileHeld(
              scene, "POST .*/files/start", change, file, "--parallel", "1", "--allow-skipped");
      assertEquals(3, run.exit(), () -> scene.trace(run));
      assertNamed(scene, run, file, change);
      scene.assertHeld(run, rest);
      assertTrue(
          scene
              .api()
              .status(run.receiptField("batch_id"), "?summary=true")
              .body()
              .contains("skipped"));
      List<String> batches = new ArrayList<>();
      scene
          .api()
          .get("/api/batches")
          .field("batches")
          .forEach(each -> batches.add(each.get("status").asText()));
      assertEquals(List.of("aborted", "enqueued"), batches, "the batch that was left is given up");
    }
  }

  @EverySeed
  void c5_aPartOfALargeFileChangedWhileAnotherIsSent(long seed) throws Exception {
    try (Scene scene = Scene.of(directory, seed, 3)) {
      Path file = Trees.random(scene.tree.resolve("large"), 11 << 20, seed);
      // The first part is sent and waits for its answer; the second is not read yet.
      scene.rules(
          Rule.stall(Match.request("PUT .*part=1&.*").first(1), Direction.RESPONSE, Offset.at(0)));
      FutureTask<CommandRun> upload = new FutureTask<>(() -> scene.upload("--parallel-parts", "1"));
      Thread thread = new Thread(upload, "upload");
      thread.start();
      assertTrue(scene.proxy.awaitFaults(Action.Kind.STALL, 1, 30_000));
      byte[] content = Files.readAllBytes(file);
      content[(10 << 20) + (int) seed] ^= 1;
      Files.write(file, content);
      scene.proxy.release();
      CommandRun run = upload.get();
      thread.join();
      scene.assertNothingFinalized(3, run);
      assertTrue(run.err().contains("large was edited"), run.err());
      scene.rules();
      scene.assertArchived(scene.upload());
    }
  }

  @EverySeed
  void c5_anEditThatKeepsSizeAndTimeIsFoundByTheDigestOfTheRunBefore(long seed) throws Exception {
    try (Scene scene = Scene.of(directory, seed, 5)) {
      scene.rules(Rule.status(Match.request("POST .*/finalize"), 400, ""));
      assertTrue(scene.upload().exit() != 0);
      scene.rules();
      Path file = Trees.files(scene.tree).get((int) seed);
      FileTime modified = Files.getLastModifiedTime(file);
      byte[] content = Files.readAllBytes(file);
      content[0] ^= 1;
      Files.write(file, content);
      Files.setLastModifiedTime(file, modified);
      CommandRun run = scene.upload("--rehash");
      scene.assertArchived(run);
    }
  }

  @EverySeed
  void c5_aSourceThatBecameEmptySinceTheLastRunIsAnError(long seed) throws Exception {
    try (Scene scene = Scene.of(directory, seed, 3 + (int) seed)) {
      scene.assertArchived(scene.upload());
      Stats sent = scene.proxy.stats();
      for (Path file : Trees.files(scene.tree)) {
        Files.delete(file);
      }
      CommandRun run = scene.upload();
      assertEquals(2, run.exit(), run.err());
      assertTrue(run.err().contains("there is no file to archive"), run.err());
      // While the sources are walked, the server is asked what it can do; no more than that.
      assertTrue(scene.proxy.stats().requests() <= sent.requests() + 1, run.err());
      assertEquals(sent.receivedBodyBytes(), scene.proxy.stats().receivedBodyBytes());
    }
  }

  private static void assertNamed(Scene scene, CommandRun run, Path file, Change change) {
    assertTrue(run.err().contains(file + " " + change.told), () -> scene.trace(run));
  }
}
