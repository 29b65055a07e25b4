package dev.archive.matrix;

import static dev.archive.testing.Direction.REQUEST;
import static dev.archive.testing.Direction.RESPONSE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.cli.CommandRun;
import dev.archive.client.run.QuickRun;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import dev.archive.server.ApiClient;
import dev.archive.server.ApiClient.Answer;
import dev.archive.server.BagCheck;
import dev.archive.server.RunningServer;
import dev.archive.testing.Action;
import dev.archive.testing.ArchiveProcess;
import dev.archive.testing.Match;
import dev.archive.testing.Offset;
import dev.archive.testing.Rule;
import dev.archive.testing.Trees;
import dev.archive.wire.Bundle;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The rows of the fault matrix that are about bytes, for files that travel in bundles. */
@Timeout(300)
class BundleRowsTest {
  private static final Match BUNDLES = Match.request("POST .*/bundle");
  private static final int FILES = 12;
  private static final int MIB = 1 << 20;
  private static final int MAX_TRIES = 40;

  @TempDir Path directory;

  private void archived(long seed, Rule... rules) throws IOException {
    try (Scene scene = Scene.of(directory, seed, 60)) {
      scene.inBundles();
      scene.rules(rules);
      CommandRun run = scene.upload();
      scene.assertArchivedOnce(run);
      for (Rule rule : rules) {
        assertTrue(scene.proxy.stats().faults(rule.action().kind()) > 0, scene.proxy::log);
      }
    }
  }

  @Test
  void c1_uploaderKilledWhileABundleComes() throws Exception {
    try (Scene scene = Scene.of(directory, 1, 60)) {
      scene.inBundles();
      scene.rules(Rule.stall(BUNDLES.first(1), REQUEST, Offset.body(9000)));
      try (ArchiveProcess upload =
          ArchiveProcess.run(
              directory.resolve("out"),
              Map.of("XDG_STATE_HOME", scene.state().toString()),
              List.of(),
              List.of(),
              scene.command())) {
        assertTrue(scene.proxy.awaitFaults(Action.Kind.STALL, 1, 60_000), upload::log);
        upload.kill();
      }
      scene.rules();
      scene.proxy.release();
      scene.assertArchivedOnce(scene.upload());
    }
  }

  @Test
  void c6_aFileOfABundleThatCannotBeRead() throws Exception {
    TracedServer.assumeStrace();
    try (Scene scene = Scene.of(directory, 1, 12)) {
      scene.inBundles();
      Path file = Trees.random(scene.tree.toRealPath().resolve("broken"), 3000, 1);
      ArchiveProcess upload =
          ArchiveProcess.run(
              directory.resolve("out"),
              Map.of("XDG_STATE_HOME", scene.state().toString()),
              List.of(
                  "strace",
                  "-f",
                  "-qq",
                  "-o",
                  directory.resolve("strace").toString(),
                  "-P",
                  file.toString(),
                  "-e",
                  "trace=read,pread64",
                  "-e",
                  "inject=read,pread64:error=EIO:when=1+"),
              List.of(),
              scene.command());
      assertEquals(3, upload.exit(), upload::log);
      assertTrue(upload.log().contains("broken cannot be read: Input/output error"), upload::log);
      assertEquals(List.of(), scene.finalized());
      scene.assertArchivedOnce(scene.upload());
    }
  }

  @EverySeed
  void w2_w3_connectionBrokenAtAnyByte(long seed) throws IOException {
    archived(
        seed,
        Rule.rst(BUNDLES.first(2), REQUEST, Offset.random()),
        Rule.fin(BUNDLES.first(4), RESPONSE, Offset.random()));
  }

  @EverySeed
  void w5_deliveredTwice(long seed) throws IOException {
    archived(seed, Rule.dup(BUNDLES));
  }

  @EverySeed
  void w8_inSingleBytes(long seed) throws IOException {
    archived(seed, Rule.slice(BUNDLES.first(1), REQUEST));
  }

  @EverySeed
  void w9_aBitFlipped(long seed) throws IOException {
    int at = new SplittableRandom(seed).nextInt(60_000);
    archived(seed, Rule.flip(BUNDLES.first(1), REQUEST, Offset.body(at), (int) (seed % 8)));
  }

  @EverySeed
  void w9_aBitOfAPageOfAttributesFlipped(long seed) throws IOException {
    Match pages = Match.request("PUT .*/attributes.*");
    archived(seed, Rule.flip(pages.first(3), REQUEST, Offset.random(), (int) (seed % 8)));
  }

  @EverySeed
  void w10_endsEarly(long seed) throws IOException {
    archived(seed, Rule.trunc(BUNDLES.first(2), REQUEST, Offset.random()));
  }

  @EverySeed
  void w11_stormsOfErrors(long seed) throws IOException {
    try (Scene scene = Scene.of(directory, seed, 60)) {
      scene.inBundles();
      scene.rules(
          Rule.status(BUNDLES.first(1), 503, "7"),
          Rule.status(BUNDLES.first(2), List.of(500, 429, 408).get((int) (seed % 3)), "315360000"),
          Rule.status(BUNDLES.first(3), 502, "soon"));
      QuickRun run = QuickRun.of(scene.url(), scene.tree, scene.state().resolve("archive"));
      assertNull(run.failure(), scene.proxy::log);
      assertEquals(60, run.report().receipt().files());
      assertTrue(run.waited().toSeconds() >= 7, "waited " + run.waited());
      assertTrue(run.longest().toSeconds() <= 15, "waits are capped: " + run.longest());
    }
  }

  private static byte[] content(int file, int size) {
    byte[] bytes = new byte[size];
    new SplittableRandom(file).nextBytes(bytes);
    return bytes;
  }

  private static String path(int file) {
    return "/d" + file % 3 + "/f" + file;
  }

  private static byte[] tar(int size) throws IOException {
    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    try (Bundle.Writer writer = new Bundle.Writer(tar)) {
      for (int i = 0; i < FILES; i++) {
        byte[] content = content(i, size);
        writer.add(LogicalPath.parse(path(i)), "x/y", Sha256.of(content), content, size);
      }
    }
    return tar.toByteArray();
  }

  private static Answer send(ApiClient api, String batch, BodyPublisher tar) {
    return api.send(
        "POST",
        api.url() + "/api/batches/" + batch + "/files/bundle",
        tar,
        "Content-Type",
        "application/x-tar");
  }

  /** Finalizes, and what was sent is what is there. */
  private static void assertFinalizes(ApiClient api, Path root, String batch, int size)
      throws IOException {
    api.finalizeBatch(batch).expect(200);
    Path bag = root.resolve("batches").resolve(batch);
    assertEquals(List.of(), BagCheck.problems(bag));
    for (int i = 0; i < FILES; i++) {
      assertArrayEquals(content(i, size), Files.readAllBytes(bag.resolve("data" + path(i))));
    }
  }

  private static List<Path> temporaries(Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root.resolve("staging"))) {
      return files.filter(file -> file.toString().endsWith(".tmp")).toList();
    }
  }

  @EverySeed
  void b1_fullDiskIs507AndTheSameBundleIsTakenWhenThereIsRoom(long seed) throws Exception {
    try (SmallDisk disk = SmallDisk.inMemory(directory.resolve("disk"), 32);
        RunningServer server = RunningServer.on(disk.root(), Clock.systemUTC())) {
      ApiClient api = server.api();
      String batch = api.init(FILES);
      byte[] tar = tar(MIB / 2);
      int left = 5 * MIB + new SplittableRandom(seed).nextInt(MIB);
      send(api, batch, fillingMidway(disk, left, tar)).expect(507, "STORAGE_FULL");
      assertEquals(List.of(), temporaries(disk.root()));
      send(api, batch, BodyPublishers.ofByteArray(tar)).expect(507, "STORAGE_FULL");
      assertEquals(List.of(), temporaries(disk.root()));
      disk.empty();
      send(api, batch, BodyPublishers.ofByteArray(tar)).expect(200);
      assertFinalizes(api, disk.root(), batch, MIB / 2);
    }
  }

  private static BodyPublisher fillingMidway(SmallDisk disk, long left, byte[] content) {
    InputStream body =
        new ByteArrayInputStream(content) {
          private boolean filled;

          @Override
          public synchronized int read(byte[] into, int offset, int length) {
            if (pos > count / 3 && !filled) {
              filled = true;
              try {
                disk.fill(left);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            }
            return super.read(into, offset, length);
          }
        };
    return BodyPublishers.fromPublisher(BodyPublishers.ofInputStream(() -> body), content.length);
  }

  @EverySeed
  void b2_failedSyncOrRenameIsNeverASuccess(long seed) throws Exception {
    Path root = directory.toRealPath().resolve("root");
    RunningServer.on(root, Clock.systemUTC()).close();
    String fault =
        List.of(
                "fsync:error=EIO:when=2+2",
                "rename,renameat:error=EXDEV:when=3+9",
                "renameat:error=EDQUOT:when=1+5")
            .get((int) (seed % 3));
    byte[] tar = tar(3000);
    String batch;
    try (TracedServer server = TracedServer.on(root)) {
      ApiClient api = server.api();
      batch = api.init(FILES);
      // The ledger's log is not below these directories: whatever fails, fails at an object.
      try (AutoCloseable attached = server.attach("-y", "-e", "inject=" + fault)) {
        for (int tries = 0; tries < 6; tries++) {
          Answer answer = send(api, batch, BodyPublishers.ofByteArray(tar));
          if (answer.status() == 200 && !answer.body().contains("error")) {
            assertAllThere(root, batch);
            break;
          }
          assertTrue(List.of(200, 500, 503, 507).contains(answer.status()), answer.body());
          assertEquals(List.of(), temporaries(root));
        }
      }
      for (int tries = 0; tries < MAX_TRIES; tries++) {
        if (send(api, batch, BodyPublishers.ofByteArray(tar)).status() == 200) {
          break;
        }
      }
      assertEquals(List.of(), server.triedAgain());
    }
    try (RunningServer server = RunningServer.on(root, Clock.systemUTC())) {
      assertFinalizes(server.api(), root, batch, 3000);
    }
  }

  private static void assertAllThere(Path root, String batch) throws IOException {
    for (int i = 0; i < FILES; i++) {
      assertArrayEquals(
          content(i, 3000),
          Files.readAllBytes(root.resolve("batches").resolve(batch).resolve("data" + path(i))),
          "answered with success");
    }
  }

  @EverySeed
  void b4_diskThatDiesAnswersNothingWithSuccess(long seed) throws Exception {
    try (SmallDisk disk = SmallDisk.ext4(directory.resolve("disk"), 32)) {
      String batch;
      byte[] tar = tar(3000);
      try (RunningServer server = RunningServer.on(disk.root(), Clock.systemUTC())) {
        batch = server.api().init(FILES);
        if (seed % 2 == 0) {
          server.api().start(batch, path(0), 3000).expect(200);
        }
        disk.die();
        Answer answer = send(server.api(), batch, BodyPublishers.ofByteArray(tar));
        assertTrue(answer.status() >= 400, answer.body());
      }
      disk.replug();
      try (RunningServer server = RunningServer.on(disk.root(), Clock.systemUTC())) {
        assertEquals(
            0, server.api().status(batch, "?summary=true").number("files_uploaded"), "told before");
        send(server.api(), batch, BodyPublishers.ofByteArray(tar)).expect(200);
        assertFinalizes(server.api(), disk.root(), batch, 3000);
      }
    }
  }
}
