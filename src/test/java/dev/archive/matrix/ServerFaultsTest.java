package dev.archive.matrix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.archive.cli.CommandRun;
import dev.archive.server.ApiClient;
import dev.archive.server.RunningServer;
import dev.archive.server.SettableClock;
import dev.archive.testing.Action;
import dev.archive.testing.ArchiveProcess;
import dev.archive.testing.Direction;
import dev.archive.testing.Match;
import dev.archive.testing.Offset;
import dev.archive.testing.Rule;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Rows S1 to S6: a server in a process of its own, killed, stopped and starved under an upload. */
@Timeout(180)
class ServerFaultsTest {
  /** Where the server can die, in the order in which an upload comes by. */
  private static final List<String> POINTS =
      List.of(
          "part-written",
          "bytes-written",
          "bytes-synced",
          "renamed",
          "object-published",
          "answer",
          "bag-written");

  @TempDir Path directory;
  private final List<ArchiveProcess> servers = new ArrayList<>();

  @AfterEach
  void endServers() throws InterruptedException {
    for (ArchiveProcess server : servers) {
      server.close();
    }
  }

  private ArchiveProcess serve(Scene scene, String... jvm) throws IOException {
    return serve(scene, List.of(), jvm);
  }

  private ArchiveProcess serve(Scene scene, List<String> before, String... jvm) throws IOException {
    ArchiveProcess server = ArchiveProcess.serve(scene.root, before, List.of(jvm));
    servers.add(server);
    scene.use(server.url());
    return server;
  }

  private static FutureTask<CommandRun> begin(Scene scene, String... options) {
    FutureTask<CommandRun> upload = new FutureTask<>(() -> scene.upload(options));
    new Thread(upload, "upload").start();
    return upload;
  }

  @EverySeed
  void s1_killedAtARandomMomentAndStartedAgain(long seed) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    try (Scene scene = Scene.withoutServer(directory, seed, 100)) {
      if (seed % 2 == 0) {
        scene.inBundles();
      }
      ArchiveProcess server = serve(scene);
      FutureTask<CommandRun> upload = begin(scene);
      for (int kill = 0; kill < 2; kill++) {
        long requests = scene.proxy.stats().requests() + 5 + random.nextInt(80);
        while (!upload.isDone() && scene.proxy.stats().requests() < requests) {
          server.awaitExit(2);
        }
        server.kill();
        server = serve(scene);
      }
      scene.assertArchivedOnce(upload.get());
      server.kill();
    }
  }

  @EverySeed
  void s2_killedBetweenAnyTwoStepsAndStartedAgain(long seed) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    try (Scene scene = Scene.withoutServer(directory, seed, 40)) {
      Trees.random(scene.tree.resolve("a large one"), 11 << 20, seed);
      if (seed > 2) {
        scene.inBundles();
      }
      List<String> points = new ArrayList<>();
      // Two seeds after each other kill at all of them.
      for (int i = (int) (seed % 2); i < POINTS.size(); i += 2) {
        points.add(POINTS.get(i));
      }
      FutureTask<CommandRun> upload = null;
      for (String point : points) {
        String failpoint = point + ":" + turn(point, random) + ":kill";
        ArchiveProcess server = serve(scene, "-Darchive.failpoint=" + failpoint);
        upload = upload == null ? begin(scene) : upload;
        assertEquals(137, server.exit(), point);
        assertFalse(upload.isDone(), () -> "ended before " + point + "\n" + scene.proxy.log());
      }
      try (ArchiveProcess server = serve(scene)) {
        scene.assertArchivedOnce(upload.get());
        assertTrue(server.isAlive());
      }
    }
  }

  /** Which time it is that a point is reached; the signing key is renamed first of all. */
  private static int turn(String point, SplittableRandom random) {
    return switch (point) {
      case "bag-written" -> 1;
      case "part-written" -> 1 + random.nextInt(2);
      default -> 2 + random.nextInt(3);
    };
  }

  @EverySeed
  void s2_failingBetweenAnyTwoSteps(long seed) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    String all =
        POINTS.stream()
            .map(point -> point + ":" + turn(point, random) + ":throw")
            .collect(Collectors.joining(","));
    try (Scene scene = Scene.withoutServer(directory, seed, 30)) {
      Trees.random(scene.tree.resolve("a large one"), 11 << 20, seed);
      if (seed > 2) {
        scene.inBundles();
      }
      try (ArchiveProcess server = serve(scene, "-Darchive.failpoint=" + all)) {
        scene.assertArchivedOnce(scene.upload());
        assertTrue(server.isAlive());
      }
    }
  }

  @EverySeed
  void s2_aBatchWhoseServerDiedInFinalizeAndWhoseUploaderNeverCameBackExpires(long seed)
      throws Exception {
    try (Scene scene = Scene.withoutServer(directory, seed, (int) seed)) {
      ArchiveProcess server = serve(scene, "-Darchive.failpoint=bag-written:1:kill");
      ApiClient api = new ApiClient(server.url(), false);
      String batch = api.init(1);
      api.add(batch, "/a", new byte[(int) seed]);
      assertThrows(AssertionError.class, () -> api.finalizeBatch(batch), "it gets no answer");
      assertEquals(137, server.exit());
      SettableClock clock = new SettableClock();
      clock.advance(Duration.ofDays(36500));
      try (RunningServer next = RunningServer.on(scene.root, clock)) {
        next.housekeep();
        assertEquals("uploading", next.api().status(batch, "?summary=true").text("status"));
        clock.advance(Duration.ofHours(1));
        next.housekeep();
        assertEquals("expired", next.api().status(batch, "?summary=true").text("status"));
      }
      assertEquals(List.of(), scene.finalized());
    }
  }

  @EverySeed
  void s3_toldToStopUnderLoad(long seed) throws Exception {
    try (Scene scene = Scene.withoutServer(directory, seed, 60)) {
      ArchiveProcess server = serve(scene);
      // A PUT that is half way when the server is told so is still taken.
      scene.rules(
          Rule.stall(
              Match.request("PUT .*").nth(3 + 5 * seed), Direction.REQUEST, Offset.lastByte()));
      FutureTask<CommandRun> upload = begin(scene);
      assertTrue(scene.proxy.awaitFaults(Action.Kind.STALL, 1, 60_000), scene.proxy::log);
      server.signal("TERM");
      scene.proxy.release();
      assertEquals(143, server.exit());
      try (ArchiveProcess next = serve(scene)) {
        scene.assertArchivedOnce(upload.get());
        assertTrue(next.isAlive());
      }
    }
  }

  @EverySeed
  void s4_outOfFileDescriptors(long seed) throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/prlimit")), "prlimit is missing");
    try (Scene scene = Scene.withoutServer(directory, seed, 20)) {
      ArchiveProcess server = serve(scene, List.of("prlimit", "--nofile=160"));
      URI uri = URI.create(server.url());
      List<Socket> idle = new ArrayList<>();
      for (int i = 0; i < 200 + seed; i++) {
        idle.add(new Socket(uri.getHost(), uri.getPort()));
      }
      FutureTask<CommandRun> upload = begin(scene);
      for (Socket socket : idle) {
        socket.close();
      }
      scene.assertArchivedOnce(upload.get());
      assertTrue(server.isAlive());
    }
  }

  @EverySeed
  void s4_outOfMemoryAndOfStack(long seed) throws Exception {
    try (Scene scene = Scene.withoutServer(directory, seed, 20)) {
      ArchiveProcess server = serve(scene, "-Xmx" + (20 + 2 * seed) + "m");
      ApiClient api = new ApiClient(server.url(), false);
      api.postText("/api/batches/init", "[".repeat(200_000)).expect(400);
      String large = "{\"uploader\":\"" + "x".repeat(1_000_000) + "\"}";
      ExecutorService threads = Executors.newFixedThreadPool(40);
      for (int i = 0; i < 120; i++) {
        threads.execute(
            () -> {
              try {
                api.postText("/api/batches/init", large);
              } catch (AssertionError e) {
                // No answer: the process may have ended.
              }
            });
      }
      FutureTask<CommandRun> upload = begin(scene);
      threads.shutdown();
      assertTrue(threads.awaitTermination(60, TimeUnit.SECONDS));
      if (!server.isAlive()) {
        assertEquals(1, server.exit(), server::log);
        server = serve(scene);
      }
      CommandRun run = upload.get();
      // A server that is gone at the first contact is not waited for as long as a later one.
      scene.assertArchivedOnce(run.exit() == 5 ? scene.upload() : run);
      server.kill();
    }
  }

  @EverySeed
  void s5_stoppedForAWhile(long seed) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    try (Scene scene = Scene.withoutServer(directory, seed, 60);
        ArchiveProcess server = serve(scene)) {
      FutureTask<CommandRun> upload = begin(scene);
      long requests = scene.proxy.stats().requests() + 3 + random.nextInt(60);
      while (!upload.isDone() && scene.proxy.stats().requests() < requests) {
        server.awaitExit(2);
      }
      server.signal("STOP");
      server.awaitExit(Long.getLong("archive.stop.millis", 1000));
      server.signal("CONT");
      scene.assertArchivedOnce(upload.get());
    }
  }

  @EverySeed
  void s6_twoServersOnOneRoot(long seed) throws Exception {
    try (Scene scene = Scene.withoutServer(directory, seed, 3 * (int) seed);
        ArchiveProcess first = serve(scene)) {
      List<String> args =
          List.of("serve", "--root", scene.root.toString(), "--listen", "127.0.0.1:0");
      ArchiveProcess second =
          ArchiveProcess.run(directory.resolve("log"), Map.of(), List.of(), List.of(), args);
      assertEquals(11, second.exit(), second::log);
      assertTrue(second.log().contains("an archive server uses " + scene.root), second::log);
      first.kill();
      // The lock ended with the process, however that ended.
      try (ArchiveProcess third = serve(scene)) {
        scene.assertArchivedOnce(scene.upload());
        assertTrue(third.isAlive());
      }
    }
  }
}
