package dev.archive.matrix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.cli.CommandRun;
import dev.archive.server.ApiClient;
import dev.archive.server.KeyRotation;
import dev.archive.server.SettableClock;
import dev.archive.testing.Action;
import dev.archive.testing.Direction;
import dev.archive.testing.Match;
import dev.archive.testing.Offset;
import dev.archive.testing.Rule;
import dev.archive.testing.Trees;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Rows K1 to K3: clocks that are wrong, and clocks that jump. */
@Timeout(60)
class ClockFaultsTest {
  @TempDir Path directory;

  @EverySeed
  void k1_theUploadersClockIsWrong(long seed) throws Exception {
    Instant now = Instant.now();
    List<Instant> times =
        new ArrayList<>(
            List.of(
                Instant.EPOCH.plusSeconds(seed),
                Instant.parse("2038-01-19T03:14:08Z").plusSeconds(seed),
                Instant.parse("2100-02-28T23:59:59Z").plusSeconds(seed)));
    for (Duration by : List.of(Duration.ofHours(1), Duration.ofDays(1))) {
      times.add(now.plus(by));
      times.add(now.minus(by));
    }
    try (Scene scene = Scene.of(directory, seed, 2)) {
      scene.inBundles();
      CommandRun right = scene.upload();
      assertFalse(right.out().contains("clock"), right.out());
      for (Instant time : times) {
        CommandRun run = scene.upload(Clock.fixed(time, ZoneOffset.UTC), "--again");
        assertEquals(0, run.exit(), () -> time + "\n" + scene.trace(run));
        scene.assertHeld(run, scene.tree);
        String side = time.isAfter(now) ? "ahead of" : "behind";
        assertTrue(run.out().contains(side + " the server's"), run.out());
      }
    }
  }

  @EverySeed
  void k2_theServersClockJumpsDuringARun(long seed) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    SettableClock clock = new SettableClock();
    try (Scene scene = Scene.of(directory, seed, 30, clock)) {
      FutureTask<CommandRun> upload = null;
      for (int jump = 0; jump < 4; jump++) {
        long stalled = scene.proxy.stats().faults(Action.Kind.STALL);
        scene.rules(
            Rule.stall(
                Match.request("(POST|PUT) .*").nth(2 + random.nextInt(15)),
                random.nextBoolean() ? Direction.REQUEST : Direction.RESPONSE,
                Offset.at(0)));
        if (upload == null) {
          upload = new FutureTask<>(() -> scene.upload());
          new Thread(upload, "upload").start();
        } else {
          scene.proxy.release();
        }
        assertTrue(scene.proxy.awaitFaults(Action.Kind.STALL, stalled + 1, 30_000));
        clock.jump(Duration.ofHours(random.nextInt(-200, 20)));
      }
      scene.rules();
      scene.proxy.release();
      scene.assertArchivedOnce(upload.get());
    }
  }

  @EverySeed
  void k2_aUrlLivesAsLongByTheServersClockAndIsRenewed(long seed) throws Exception {
    SettableClock clock = new SettableClock();
    try (Scene scene = Scene.of(directory, seed, 10, clock)) {
      scene.rules(Rule.stall(Match.request("PUT .*").nth(seed), Direction.REQUEST, Offset.at(0)));
      FutureTask<CommandRun> upload = new FutureTask<>(() -> scene.upload("--parallel", "1"));
      new Thread(upload, "upload").start();
      assertTrue(scene.proxy.awaitFaults(Action.Kind.STALL, 1, 30_000));
      clock.advance(Duration.ofHours(24));
      scene.proxy.release();
      scene.assertArchivedOnce(upload.get());
      assertTrue(
          scene.proxy.stats().requests() > 2 + 3 * 10 + 2, "one URL had expired and was renewed");
    }
  }

  @Test
  void aUrlWhoseKeyWasReplacedTwiceIsRenewed() throws Exception {
    try (Scene scene = Scene.of(directory, 1, 3, Clock.systemUTC())) {
      ApiClient api = scene.api();
      String other = api.init(1);
      String url = api.start(other, "/a", 1).text("presigned_url");
      scene.rules(Rule.stall(Match.request("PUT .*").nth(2), Direction.REQUEST, Offset.at(0)));
      FutureTask<CommandRun> upload = new FutureTask<>(() -> scene.upload("--parallel", "1"));
      new Thread(upload, "upload").start();
      assertTrue(scene.proxy.awaitFaults(Action.Kind.STALL, 1, 30_000));
      KeyRotation.of(scene.root);
      KeyRotation.of(scene.root);
      // The server looks for its keys once a second.
      while (api.put(url, new byte[1]).status() != 403) {
        Thread.onSpinWait();
      }
      api.send("DELETE", api.url() + "/api/batches/" + other, BodyPublishers.noBody()).expect(200);
      scene.proxy.release();
      scene.assertArchivedOnce(upload.get());
    }
  }

  @EverySeed
  void k3_aUrlExpiresWhileItsBytesCome(long seed) throws Exception {
    SettableClock clock = new SettableClock();
    try (Scene scene = Scene.of(directory, seed, 1, clock)) {
      byte[] bytes = new byte[100_000 + (int) seed];
      ApiClient through = new ApiClient(scene.url(), false);
      String batch = through.init(1);
      String url = through.start(batch, "/a", bytes.length).text("presigned_url");
      scene.rules(Rule.stall(Match.request("PUT .*"), Direction.REQUEST, Offset.body(50_000)));
      FutureTask<Integer> put = new FutureTask<>(() -> through.put(url, bytes).status());
      new Thread(put, "put").start();
      assertTrue(scene.proxy.awaitFaults(Action.Kind.STALL, 1, 30_000));
      // The server has taken the request up when what came of it lies in its staging area.
      while (Trees.files(scene.root.resolve("staging")).isEmpty()) {
        Thread.onSpinWait();
      }
      clock.advance(Duration.ofHours(30));
      scene.rules();
      scene.proxy.release();
      assertEquals(200, put.get());
      through.put(url, bytes).expect(403, "URL_EXPIRED");
      through.complete(batch, "/a").expect(200);
      through.finalizeBatch(batch).expect(200);
    }
  }
}
