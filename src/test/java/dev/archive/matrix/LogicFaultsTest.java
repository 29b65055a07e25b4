package dev.archive.matrix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.cli.CommandRun;
import dev.archive.server.ApiClient;
import dev.archive.testing.Action;
import dev.archive.testing.Direction;
import dev.archive.testing.Match;
import dev.archive.testing.Offset;
import dev.archive.testing.Rule;
import dev.archive.testing.Rules;
import dev.archive.testing.Trees;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Rows X1 and X2. */
@Timeout(120)
class LogicFaultsTest {
  private static final Match STATUS = Match.request("GET .*/status.*");

  @TempDir Path directory;

  @EverySeed
  void x1_finalizedByEightAtOnceAndAgain(long seed) throws Exception {
    try (Scene scene = Scene.of(directory, seed, 1)) {
      ApiClient api = scene.api();
      String batch = api.init(seed);
      for (int i = 0; i < seed; i++) {
        api.add(batch, "/" + i, new byte[i]);
      }
      ExecutorService threads = Executors.newFixedThreadPool(8);
      List<Callable<String>> all = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        all.add(() -> api.finalizeBatch(batch).expect(200).body());
      }
      String receipt = api.finalizeBatch(batch).expect(200).body();
      for (Future<String> each : threads.invokeAll(all)) {
        assertEquals(receipt, each.get());
      }
      threads.shutdown();
      assertEquals(2 + 2 * seed, api.versionOf(batch));
    }
  }

  @EverySeed
  void x1_finalizedWithAFileMissing(long seed) throws Exception {
    try (Scene scene = Scene.of(directory, seed, 1)) {
      ApiClient api = scene.api();
      String batch = api.init(2);
      api.add(batch, "/a", new byte[(int) seed]);
      long version = api.versionOf(batch);
      api.finalizeBatch(batch).expect(409, "CONTRACT_MISMATCH");
      assertEquals(version, api.versionOf(batch));
      api.start(batch, "/missing", seed).expect(200);
      ApiClient.Answer refused = api.finalizeBatch(batch).expect(400, "FILES_INCOMPLETE");
      assertEquals("/missing", refused.field("details").get("missing").get(0).asText());
      assertEquals(version + 1, api.versionOf(batch));
      assertEquals(List.of(), scene.finalized());
    }
  }

  @EverySeed
  void serverThatComparesAllAtOnceIsNotAskedForEachFile(long seed) throws Exception {
    try (Scene scene = Scene.of(directory, seed, 20)) {
      scene.inBundles();
      scene.rules(Rule.status(STATUS, 500, ""));
      scene.assertArchivedOnce(scene.upload());
    }
  }

  @EverySeed
  void serverThatFindsADifferenceIsAskedForEachFile(long seed) throws Exception {
    try (Scene scene = Scene.of(directory, seed, 20)) {
      scene.inBundles();
      String code =
          List.of("CONTRACT_MISMATCH", "NO_FILES", "FILES_INCOMPLETE").get((int) seed % 3);
      scene.rules(
          Rule.reply(
              Match.request("POST .*/finalize").first(1),
              409,
              Map.of("Content-Type", "application/json"),
              "{\"error\":\"it is not so\",\"code\":\"" + code + "\"}"),
          Rule.status(STATUS.first(1), 503, "0"));
      scene.assertArchivedOnce(scene.upload());
      assertTrue(scene.proxy.awaitFaults(Action.Kind.REPLY, 2, 1), scene.proxy::log);
    }
  }

  @EverySeed
  void x1_finalizedWhileAPutRuns(long seed) throws Exception {
    try (Scene scene = Scene.of(directory, seed, 1)) {
      byte[] bytes = new byte[5000 + (int) seed];
      ApiClient through = new ApiClient(scene.url(), false);
      String batch = through.init(1);
      String url = through.start(batch, "/a", bytes.length).text("presigned_url");
      scene.rules(Rule.stall(Match.request("PUT .*"), Direction.REQUEST, Offset.body(1000 * seed)));
      FutureTask<Integer> put = new FutureTask<>(() -> through.put(url, bytes).status());
      new Thread(put, "put").start();
      assertTrue(scene.proxy.awaitFaults(Action.Kind.STALL, 1, 30_000));
      long version = through.versionOf(batch);
      through.finalizeBatch(batch).expect(400, "FILES_INCOMPLETE");
      assertEquals(version, through.versionOf(batch));
      scene.proxy.release();
      assertEquals(200, put.get());
      through.finalizeBatch(batch).expect(400, "FILES_INCOMPLETE");
      through.complete(batch, "/a").expect(200);
      assertEquals(version + 2, through.finalizeBatch(batch).expect(200).number("version"));
    }
  }

  /**
   * The network lies, the server restarts, the uploader ends too early: for as long as it takes.
   */
  @EverySeed
  void x2_everythingAtOnce(long seed) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    try (Scene scene = Scene.of(directory, seed, 60)) {
      Trees.random(scene.tree.resolve("a large one"), 11 << 20, seed);
      if (seed % 2 == 0) {
        scene.inBundles();
      }
      CommandRun run = null;
      for (int round = 0; round < 4 && (run == null || run.exit() != 0); round++) {
        scene.rules(Rules.chaosWithFlips(0.1).list());
        FutureTask<CommandRun> upload =
            new FutureTask<>(() -> scene.upload("--timeout", 1 + random.nextInt(3) + "s"));
        new Thread(upload, "upload").start();
        while (!upload.isDone()) {
          try {
            upload.get(200 + random.nextInt(800), TimeUnit.MILLISECONDS);
          } catch (TimeoutException e) {
            if (random.nextInt(3) == 0) {
              scene.proxy.resetConnections();
              scene.restart();
            }
          }
        }
        run = upload.get();
        if (run.exit() == 0) {
          scene.assertArchived(run);
        } else {
          scene.assertNoReceipt();
        }
      }
      if (run.exit() != 0) {
        scene.rules();
        run = scene.upload();
      }
      scene.assertArchived(run);
    }
  }
}
