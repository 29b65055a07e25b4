package dev.archive.matrix;

import static dev.archive.testing.Direction.REQUEST;
import static dev.archive.testing.Direction.RESPONSE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.cli.CommandRun;
import dev.archive.client.run.QuickRun;
import dev.archive.model.ErrorCode;
import dev.archive.server.ApiClient;
import dev.archive.testing.Action;
import dev.archive.testing.Direction;
import dev.archive.testing.FaultProxy;
import dev.archive.testing.Match;
import dev.archive.testing.Offset;
import dev.archive.testing.Rule;
import dev.archive.testing.Rules;
import dev.archive.testing.Trees;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Rows W1 to W13; of W1 the part with certificates is {@link CertificatesTest}. */
@Timeout(120)
@Execution(ExecutionMode.CONCURRENT) // They wait much more than they work.
class NetworkFaultsTest {
  private static final String INIT = "POST .*/init";
  private static final String START = "POST .*/files/start";
  private static final String PUT = "PUT .*";
  private static final String BUNDLE = "POST .*/files/bundle";
  private static final String COMPLETE = "POST .*/files/complete";
  private static final String STATUS = "GET .*/status.*";
  private static final String FINALIZE = "POST .*/finalize";
  private static final List<String> CALLS = List.of(INIT, START, PUT, COMPLETE, STATUS, FINALIZE);

  @TempDir Path directory;

  private static Match match(String call) {
    return Match.request(call);
  }

  @EverySeed
  void w1_connectionRefusedOrNameUnknown(long seed) throws IOException {
    Path tree = Trees.small(directory.resolve("tree"), 1, seed);
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    for (String url :
        List.of("http://127.0.0.1:" + port, "http://no-such-host-" + seed + ".invalid")) {
      QuickRun run = QuickRun.of(url, tree, directory.resolve("state"));
      assertEquals(ErrorCode.UNREACHABLE, run.failure().code());
      assertTrue(run.failure().getMessage().contains("cannot be reached"), url);
      assertTrue(run.waited().toMillis() > 0, "it was tried again");
    }
  }

  @EverySeed
  void w2_connectionBrokenAtAByteOfTheRequest(long seed) throws IOException {
    brokenAt(seed, REQUEST);
  }

  @EverySeed
  void w3_connectionBrokenAtAByteOfTheResponse(long seed) throws IOException {
    brokenAt(seed, RESPONSE);
  }

  /**
   * Reset and closed at bytes 0 and 1, the end of the head, each KiB of the body, the last byte.
   */
  private void brokenAt(long seed, Direction direction) throws IOException {
    List<Offset> places =
        new ArrayList<>(
            List.of(Offset.at(0), Offset.at(1), Offset.headEnd(), Offset.lastByte(), Offset.end()));
    places.add(Offset.random());
    try (Scene scene = Scene.of(directory, seed, 20)) {
      for (int kib = 1; kib < 4; kib++) {
        places.add(Offset.body(kib << 10));
      }
      SplittableRandom random = new SplittableRandom(seed);
      List<Rule> rules = new ArrayList<>();
      for (String call : List.of(START, PUT, COMPLETE)) {
        int nth = 1;
        for (Offset place : places) {
          nth += 1 + random.nextInt(2);
          rules.add(
              random.nextBoolean()
                  ? Rule.rst(match(call).nth(nth), direction, place)
                  : Rule.fin(match(call).nth(nth), direction, place));
        }
      }
      for (String call : List.of(INIT, STATUS, FINALIZE)) {
        rules.add(Rule.rst(match(call).nth(1), direction, Offset.random()));
        rules.add(Rule.fin(match(call).nth(2), direction, places.get(random.nextInt(4))));
      }
      scene.rules(rules);
      scene.assertArchivedOnce(scene.upload());
      assertTrue(scene.proxy.stats().allFaults() >= 20, scene.proxy::log);
    }
  }

  @EverySeed
  void w4_theAnswerToInitIsLost(long seed) throws IOException {
    answersLost(seed, Rule.dropResponse(match(INIT).first(seed)));
  }

  @EverySeed
  void w4_theAnswerToStartOrCompleteIsLost(long seed) throws IOException {
    answersLost(
        seed,
        Rule.dropResponse(match(START).withProbability(0.3)),
        Rule.dropResponse(match(COMPLETE).withProbability(0.3)));
  }

  @EverySeed
  void w4_theAnswerToABundleIsLost(long seed) throws IOException {
    try (Scene scene = Scene.of(directory, seed, 300)) {
      scene.inBundles();
      scene.rules(
          Rule.dropResponse(match(BUNDLE).first(seed)),
          Rule.rst(match(BUNDLE).nth(seed + 1), REQUEST, Offset.random()),
          Rule.rst(match(BUNDLE).nth(seed + 2), RESPONSE, Offset.random()),
          Rule.dup(match(BUNDLE).nth(seed + 3)));
      scene.assertArchivedOnce(scene.upload("--parallel", "1"));
      assertTrue(scene.proxy.stats().faults(Action.Kind.DROP_RESPONSE) > 0, scene.proxy::log);
    }
  }

  @EverySeed
  void w4_theAnswerToPutIsLost(long seed) throws IOException {
    answersLost(seed, Rule.dropResponse(match(PUT).withProbability(0.4)));
  }

  @EverySeed
  void w4_theAnswerToFinalizeIsLost(long seed) throws IOException {
    answersLost(seed, Rule.dropResponse(match(FINALIZE).first(seed)));
  }

  private void answersLost(long seed, Rule... rules) throws IOException {
    try (Scene scene = Scene.of(directory, seed, 15)) {
      scene.rules(rules);
      scene.assertArchivedOnce(scene.upload());
      assertTrue(scene.proxy.stats().faults(Action.Kind.DROP_RESPONSE) > 0, scene.proxy::log);
    }
  }

  @EverySeed
  void w5_anyRequestIsDeliveredTwice(long seed) throws IOException {
    try (Scene scene = Scene.of(directory, seed, 15)) {
      Trees.random(scene.tree.resolve("large"), 11 << 20, seed);
      scene.rules(Rule.dup(Match.any().withProbability(0.6)));
      scene.assertArchivedOnce(scene.upload());
      assertTrue(scene.proxy.stats().faults(Action.Kind.DUP) > 10, scene.proxy::log);
    }
  }

  @EverySeed
  void w6_anOldPutComesAfterANewRegistrationAndAfterFinalize(long seed) throws Exception {
    try (Scene scene = Scene.of(directory, seed, 1)) {
      ApiClient through = new ApiClient(scene.url(), false);
      byte[] old = new byte[100 + (int) seed];
      byte[] fresh = new byte[200];
      int held = 0;
      for (String until : List.of(COMPLETE, FINALIZE)) {
        String batch = through.init(1);
        scene.rules(Rule.hold(match(PUT).nth(1), 1, until, 0));
        String url = through.start(batch, "/a", old.length).text("presigned_url");
        CompletableFuture<ApiClient.Answer> late =
            CompletableFuture.supplyAsync(() -> through.put(url, old));
        assertTrue(scene.proxy.awaitFaults(Action.Kind.HOLD, ++held, 30_000));
        scene.api().add(batch, "/a", fresh);
        through.complete(batch, "/a").expect(200);
        long version = through.finalizeBatch(batch).expect(200).number("version");
        assertEquals(409, late.get().status(), late.get().body());
        assertEquals(version, scene.api().versionOf(batch));
        assertTrue(scene.finalized().contains(batch));
        Path object = scene.root.resolve("batches").resolve(batch).resolve("data/a");
        assertEquals(fresh.length, Files.size(object));
      }
    }
  }

  @EverySeed
  void w6_anOldConditionComesAfterANewChange(long seed) throws IOException {
    try (Scene scene = Scene.of(directory, seed, 1)) {
      ApiClient api = scene.api();
      String batch = api.init(2);
      api.add(batch, "/a", new byte[(int) seed]);
      long seen = api.versionOf(batch);
      api.add(batch, "/b", new byte[1]);
      ApiClient.Answer refused =
          api.finalizeBatch(batch, "If-Match", "\"" + seen + "\"").expect(412, "VERSION_CONFLICT");
      assertEquals(seen + 2, refused.field("details").get("version").asLong());
      assertEquals(seen + 2, api.versionOf(batch));
      assertEquals(List.of(), scene.finalized());
      api.finalizeBatch(batch, "If-Match", "\"" + (seen + 2) + "\"").expect(200);
    }
  }

  @EverySeed
  void w7_silenceInEitherDirection(long seed) throws IOException {
    try (Scene scene = Scene.of(directory, seed, 20)) {
      SplittableRandom random = new SplittableRandom(seed);
      List<Rule> rules = new ArrayList<>();
      for (String call : CALLS) {
        rules.add(
            Rule.stall(
                match(call).nth(1), random.nextBoolean() ? REQUEST : RESPONSE, Offset.at(0)));
      }
      rules.add(Rule.stall(match(PUT).nth(2), REQUEST, Offset.headEnd()));
      rules.add(Rule.stall(match(PUT).nth(3), RESPONSE, Offset.lastByte()));
      scene.rules(rules);
      QuickRun run =
          QuickRun.of(
              scene.url(), scene.tree, scene.state().resolve("archive"), Duration.ofMillis(300));
      assertNull(run.failure(), scene.proxy::log);
      assertEquals(20, run.report().receipt().files());
      assertEquals(42, run.report().receipt().version());
      assertEquals(8, scene.proxy.stats().faults(Action.Kind.STALL), scene.proxy::log);
      scene.assertNoTemporaryFiles();
    }
  }

  @EverySeed
  void w8_slowAndInSingleBytes(long seed) throws IOException {
    try (Scene scene = Scene.of(directory, seed, 3)) {
      scene.rules(
          Rule.rate(match(PUT).nth(seed), REQUEST, 5000),
          Rule.slice(Match.any(), REQUEST),
          Rule.slice(Match.any(), RESPONSE));
      scene.assertArchivedOnce(scene.upload());
    }
  }

  @EverySeed
  void w9_aBitOfTheBytesIsFlipped(long seed) throws IOException {
    try (Scene scene = Scene.of(directory, seed, 20)) {
      List<Rule> rules = new ArrayList<>();
      for (long nth : new long[] {1, 1 + seed % 6, 8, 9, 20}) {
        rules.add(Rule.flip(match(PUT).nth(nth), REQUEST, Offset.random(), (int) (nth + seed) % 8));
      }
      scene.rules(rules);
      // One after the other, so that no file is hit as often as it is tried.
      CommandRun run = scene.upload("--parallel", "1");
      scene.assertArchived(run);
      assertTrue(scene.proxy.stats().faults(Action.Kind.FLIP) > 0, scene.proxy::log);
    }
  }

  /**
   * What is asked carries a digest: a flip is seen before anything is done, and it is sent again.
   */
  @EverySeed
  void w9_aBitOfWhatIsAskedIsFlipped(long seed) throws IOException {
    try (Scene scene = Scene.of(directory, seed, 12)) {
      List<Rule> rules = new ArrayList<>();
      for (String call : List.of(INIT, START, COMPLETE, FINALIZE)) {
        for (int nth = 1; nth <= 3; nth++) {
          rules.add(
              Rule.flip(match(call).nth(nth), REQUEST, Offset.random(), (int) (seed + nth) % 8));
        }
      }
      // One digit of the number of files becomes another.
      String beforeCount =
          "{\"uploader\":\""
              + System.getProperty("user.name")
              + "\",\"root_path\":\"/\",\"file_count\":";
      rules.add(Rule.flip(match(INIT).nth(4), REQUEST, Offset.body(beforeCount.length()), 1));
      scene.rules(rules);
      scene.assertArchivedOnce(scene.upload("--parallel", "1"));
      assertEquals(13, scene.proxy.stats().faults(Action.Kind.FLIP), scene.proxy::log);
    }
  }

  /** A flip may make other JSON of JSON: then the run may end, but never well and wrong. */
  @EverySeed
  void w9_aBitOfTheAnswerIsFlipped(long seed) throws IOException {
    try (Scene scene = Scene.of(directory, seed, 12)) {
      int bit = (int) seed % 7;
      scene.rules(
          Rule.flip(match(START).withProbability(0.08), RESPONSE, Offset.random(), bit),
          Rule.flip(match(COMPLETE).withProbability(0.08), RESPONSE, Offset.random(), bit),
          Rule.flip(match(STATUS).first(1), RESPONSE, Offset.random(), bit));
      CommandRun run = scene.upload();
      if (run.exit() == 0) {
        scene.assertArchived(run);
      } else {
        scene.rules();
        scene.assertArchived(scene.upload());
      }
    }
  }

  @EverySeed
  void w10_aBodyThatEndsEarlyOrLate(long seed) throws IOException {
    try (Scene scene = Scene.of(directory, seed, 15)) {
      scene.rules(
          Rule.trunc(match(PUT).withProbability(0.3), REQUEST, Offset.random()),
          Rule.trunc(match(COMPLETE).first(2), REQUEST, Offset.headEnd()));
      scene.assertArchivedOnce(scene.upload());
      assertTrue(scene.proxy.stats().faults(Action.Kind.TRUNC) > 2, scene.proxy::log);

      ApiClient api = scene.api();
      String batch = api.init(1);
      String url = api.start(batch, "/a", 10).text("presigned_url");
      for (int length : new int[] {0, 10 - (int) Math.min(seed, 9), 10 + (int) seed}) {
        byte[] bytes = new byte[length];
        api.send("PUT", url, BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(bytes)))
            .expect(400, "BODY_SIZE");
      }
      api.complete(batch, "/a").expect(409, "BYTES_MISSING");
      scene.assertNoTemporaryFiles();
    }
  }

  @EverySeed
  void w11_stormsOfErrors(long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    List<Integer> statuses = List.of(500, 502, 503, 504, 429, 408);
    List<String> waits =
        List.of("", "0", "3", "Wed, 21 Oct 2099 07:28:00 GMT", "-5", "315360000", "soon");
    try (Scene scene = Scene.of(directory, seed, 30)) {
      List<Rule> rules = new ArrayList<>();
      for (int status : statuses) {
        for (String wait : waits) {
          rules.add(Rule.status(Match.request("[A-Z]+ /.+").withProbability(0.006), status, wait));
        }
      }
      for (String call : CALLS) {
        int status = statuses.get(random.nextInt(statuses.size()));
        rules.add(Rule.status(match(call).first(2), status, waits.get(random.nextInt(7))));
      }
      scene.rules(rules);
      QuickRun run = QuickRun.of(scene.url(), scene.tree, scene.state().resolve("archive"));
      assertNull(run.failure(), scene.proxy::log);
      assertEquals(62, run.report().receipt().version());
      assertTrue(run.longest().toSeconds() <= 15, "waits are capped: " + run.longest());
    }
  }

  @EverySeed
  void w11_retryAfterIsHonouredAndOtherErrorsAreNotRetried(long seed) throws IOException {
    try (Scene scene = Scene.of(directory, seed, 1)) {
      Path state = scene.state().resolve("archive");
      for (int status : new int[] {400, 403, 404, 405, 413}) {
        long before = posts(scene);
        scene.rules(Rule.status(match(START), status, "1"));
        QuickRun run = QuickRun.of(scene.url(), scene.tree, state);
        assertTrue(run.failure() != null || run.report().receipt() == null, scene.proxy::log);
        assertEquals(1, posts(scene) - before, "asked once: " + status);
      }
      scene.rules(Rule.status(match(START).first(seed), 503, "7"));
      QuickRun run = QuickRun.of(scene.url(), scene.tree, state);
      assertNull(run.failure(), scene.proxy::log);
      assertTrue(run.waited().toSeconds() >= 7 * seed, "waited " + run.waited());
    }
  }

  @EverySeed
  void w11_aDateToReturnAtCountsFromTheServersOwnClock(long seed) throws IOException {
    try (Scene scene = Scene.of(directory, seed, 1)) {
      Map<String, String> headers =
          Map.of(
              "Date",
              "Wed, 21 Oct 1970 07:28:00 GMT",
              "Retry-After",
              "Wed, 21 Oct 1970 07:28:0" + (4 + seed % 5) + " GMT");
      scene.rules(Rule.reply(match(START).first(1), 503, headers, ""));
      QuickRun run = QuickRun.of(scene.url(), scene.tree, scene.state().resolve("archive"));
      assertNull(run.failure(), scene.proxy::log);
      assertTrue(run.longest().toSeconds() >= 4 + seed % 5, "waited " + run.longest());
      assertTrue(run.longest().toSeconds() <= 4 + seed % 5, "waited " + run.longest());
    }
  }

  private static long posts(Scene scene) {
    return scene.proxy.decisions().stream().filter(each -> each.method().equals("POST")).count();
  }

  @EverySeed
  void w11_theDeadlineEndsAStormWithoutEnd(long seed) throws IOException {
    try (Scene scene = Scene.of(directory, seed, 5)) {
      scene.rules(Rule.status(match(PUT).after(seed % 5), 503, "1"));
      CommandRun run = scene.upload("--timeout", "1s");
      scene.assertNothingFinalized(5, run);
      scene.rules();
      scene.assertArchivedOnce(scene.upload());
    }
  }

  @EverySeed
  void w12_connectionsClogAndUnclogInRandomOrder(long seed) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    try (Scene scene = Scene.of(directory, seed, 60)) {
      List<Rule> rules = new ArrayList<>();
      for (int connection = 1; connection <= 8; connection++) {
        if (random.nextBoolean() || connection == 2) {
          Match some = Match.any().onConnection(connection).withProbability(0.2);
          rules.add(Rule.stall(some, random.nextBoolean() ? REQUEST : RESPONSE, Offset.random()));
        }
      }
      scene.rules(rules);
      FutureTask<CommandRun> upload = new FutureTask<>(() -> scene.upload("--parallel", "8"));
      new Thread(upload, "upload").start();
      while (!upload.isDone()) {
        try {
          upload.get(5, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
          scene.proxy.release(1 + random.nextInt(9));
        }
      }
      scene.assertArchivedOnce(upload.get());
      assertTrue(scene.proxy.stats().faults(Action.Kind.STALL) > 0, scene.proxy::log);
    }
  }

  @EverySeed
  void w13_aPortalAnswersForTheServerNowAndThen(long seed) throws IOException {
    try (Scene scene = Scene.of(directory, seed, 10);
        FaultProxy elsewhere = FaultProxy.start("127.0.0.1", 1, seed, Rules.none())) {
      List<Rule> rules = new ArrayList<>();
      for (String call : CALLS) {
        rules.add(Rule.html(match(call).nth(1), 200, "<html>Please log in</html>"));
        rules.add(Rule.redirect(match(call).nth(2), 302, elsewhere.uri() + "/login"));
        rules.add(Rule.html(match(call).nth(3), 511, "<html>Please log in</html>"));
      }
      scene.rules(rules);
      QuickRun run = QuickRun.of(scene.url(), scene.tree, scene.state().resolve("archive"));
      assertNull(run.failure(), scene.proxy::log);
      assertEquals(22, run.report().receipt().version());
      assertEquals(0, elsewhere.stats().connections(), "no redirect is followed");
    }
  }

  @EverySeed
  void w13_aPortalThatAnswersEverythingIsNoSuccess(long seed) throws IOException {
    try (Scene scene = Scene.of(directory, seed, 3)) {
      for (String call : CALLS) {
        scene.rules(
            seed % 2 == 0
                ? Rule.redirect(match(call), 302, "http://127.0.0.1:1/")
                : Rule.html(match(call), 200, "<html>Please log in</html>"));
        QuickRun run = QuickRun.of(scene.url(), scene.tree, scene.state().resolve("archive"));
        assertTrue(run.failure() != null || run.report().receipt() == null, call);
        assertEquals(List.of(), scene.finalized(), call);
      }
      scene.rules();
      QuickRun run = QuickRun.of(scene.url(), scene.tree, scene.state().resolve("archive"));
      assertNotNull(run.report(), scene.proxy::log);
      assertEquals(1, scene.finalized().size());
    }
  }
}
