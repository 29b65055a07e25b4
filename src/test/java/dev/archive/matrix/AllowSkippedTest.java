package dev.archive.matrix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.archive.cli.CommandRun;
import dev.archive.server.BagCheck;
import dev.archive.testing.Action;
import dev.archive.testing.ArchiveProcess;
import dev.archive.testing.Direction;
import dev.archive.testing.Match;
import dev.archive.testing.Offset;
import dev.archive.testing.Rule;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.FutureTask;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A server that amends: one batch goes on without the files that fail, and names each of them. */
@Timeout(600)
class AllowSkippedTest {
  private static final int FILES = Integer.getInteger("archive.files", 60);
  private static final int KILLS = Integer.getInteger("archive.kills", 1);

  /** Each file goes by itself, so that little is in flight when the uploader is killed. */
  private static final Rule ALONE =
      Rule.reply(
          Match.request("GET /"),
          200,
          Map.of("Content-Type", "application/json"),
          "{\"service\":\"archive\",\"status\":\"healthy\",\"capabilities\":[\"versions\","
              + "\"contract\",\"digests\",\"resume\",\"empty-files\",\"any-name\",\"amend\"]}");

  @TempDir Path directory;

  /** How a file fails. */
  private enum Failing {
    REMOVED,
    GROWN,
    EDITED,
    UNREADABLE;

    void happenTo(Path file) throws IOException {
      switch (this) {
        case REMOVED -> Files.delete(file);
        case GROWN -> Files.write(file, new byte[10], StandardOpenOption.APPEND);
        case EDITED -> {
          byte[] content = Files.readAllBytes(file);
          content[content.length / 2] ^= 1;
          Files.write(file, content);
        }
        case UNREADABLE -> {
          // Root reads what it may not; nobody reads a link to itself.
          Files.delete(file);
          Files.createSymbolicLink(file.resolveSibling("loop"), Path.of("loop"));
          Files.move(file.resolveSibling("loop"), file);
        }
      }
    }
  }

  private static JsonNode batches(Scene scene) {
    return scene.api().get("/api/batches").expect(200).field("batches");
  }

  private static TreeMap<String, String> skipped(Scene scene, String batch) {
    TreeMap<String, String> skipped = new TreeMap<>();
    JsonNode list = scene.api().status(batch, "?summary=true").expect(200).json().path("skipped");
    list.forEach(each -> skipped.put(each.get("path").asText(), each.get("reason").asText()));
    return skipped;
  }

  private CommandRun heldAtTheFirst(Scene scene, String call, Change change, String... options)
      throws Exception {
    scene.rules(Rule.stall(Match.request(call).first(1), Direction.REQUEST, Offset.at(0)));
    FutureTask<CommandRun> upload = new FutureTask<>(() -> scene.upload(options));
    Thread thread = new Thread(upload, "upload");
    thread.start();
    assertTrue(scene.proxy.awaitFaults(Action.Kind.STALL, 1, 30_000));
    change.happen();
    scene.rules();
    scene.proxy.release();
    CommandRun run = upload.get();
    thread.join();
    return run;
  }

  private interface Change {
    void happen() throws IOException;
  }

  @Test
  void oneFailedFileCostsThatFileAlone() throws Exception {
    try (Scene scene = Scene.of(directory, 1, 40)) {
      scene.inBundles();
      Path file = Trees.random(scene.tree.resolve("a/changed"), 3000, 1);
      Trees.random(scene.tree.resolve("b/large"), 6 << 20, 1);
      CommandRun run =
          heldAtTheFirst(
              scene, "POST .*/init", () -> Failing.EDITED.happenTo(file), "--allow-skipped");
      assertEquals(3, run.exit(), () -> scene.trace(run));
      String batch = run.receiptField("batch_id");
      assertEquals(1, batches(scene).size(), "one batch");
      assertEquals(List.of(batch), scene.finalized());
      TreeMap<String, String> named = skipped(scene, batch);
      assertEquals(List.of("/a/changed"), List.copyOf(named.keySet()));
      assertTrue(named.get("/a/changed").contains("was edited"), named.toString());
      assertTrue(
          Files.readString(scene.state().resolve("archive/receipts/" + batch + ".json"))
              .contains(file + " was edited"));
      assertEquals(List.of(), BagCheck.problems(scene.root.resolve("batches/" + batch)));
      assertTrue(
          scene.proxy.stats().receivedBodyBytes() < 7 << 20,
          () -> "each byte once: " + scene.proxy.stats());
      assertTrue(run.err().contains("1 file could not be archived"), run.err());

      // The next run does not take the batch without the file for the whole.
      CommandRun next = scene.upload("--allow-skipped");
      assertEquals(0, next.exit(), () -> scene.trace(next));
      scene.assertHeld(next, scene.tree);
    }
  }

  @Test
  void aFileThatFailsInPartsIsForgotten() throws Exception {
    try (Scene scene = Scene.of(directory, 1, 5)) {
      scene.inBundles();
      Path large = Trees.random(scene.tree.resolve("large"), 11 << 20, 1);
      CommandRun run =
          heldAtTheFirst(
              scene, "PUT .*part=.*", () -> Failing.GROWN.happenTo(large), "--allow-skipped");
      assertEquals(3, run.exit(), () -> scene.trace(run));
      String batch = run.receiptField("batch_id");
      assertEquals(1, batches(scene).size());
      assertEquals(List.of("/large"), List.copyOf(skipped(scene, batch).keySet()));
      assertTrue(
          scene.api().get("/api/batches/" + batch + "/history").body().contains("\"forgotten\""));
      assertEquals(List.of(), BagCheck.problems(scene.root.resolve("batches/" + batch)));
    }
  }

  @Test
  void whatWasSentBeforeItChangedIsKeptAndNamed() throws Exception {
    try (Scene scene = Scene.of(directory, 1, 20)) {
      scene.inBundles();
      Path gone = Trees.random(scene.tree.resolve("a/gone"), 3000, 1);
      Path edited = Trees.random(scene.tree.resolve("a/edited"), 3000, 2);
      Path grown = Trees.random(scene.tree.resolve("a/grown"), 3000, 3);
      Map<Path, byte[]> sent = new HashMap<>();
      for (Path each : List.of(gone, edited, grown)) {
        sent.put(each, Files.readAllBytes(each));
      }
      scene.rules(Rule.status(Match.request("POST .*/finalize"), 401, ""));
      assertEquals(12, scene.upload("--allow-skipped").exit());
      scene.rules();
      Failing.REMOVED.happenTo(gone);
      Failing.EDITED.happenTo(edited);
      Failing.GROWN.happenTo(grown);
      Path added = Trees.random(scene.tree.resolve("a/new"), 3000, 4);

      CommandRun run = scene.upload("--allow-skipped");
      assertEquals(3, run.exit(), () -> scene.trace(run));
      String batch = run.receiptField("batch_id");
      assertEquals(1, batches(scene).size(), () -> scene.trace(run));
      Path data = scene.root.resolve("batches/" + batch + "/data");
      for (Map.Entry<Path, byte[]> each : sent.entrySet()) {
        String name = scene.tree.relativize(each.getKey()).toString();
        assertTrue(run.err().contains("/" + name + ": it "), run.err());
        assertEquals(
            List.of(each.getValue().length), List.of((int) Files.size(data.resolve(name))));
      }
      assertEquals(-1, Files.mismatch(added, data.resolve("a/new")));
      String receipt =
          Files.readString(scene.state().resolve("archive/receipts/" + batch + ".json"));
      assertTrue(receipt.contains("\"outdated\""), receipt);
      assertTrue(run.err().contains("3 files changed or vanished"), run.err());

      CommandRun next = scene.upload("--allow-skipped");
      assertEquals(0, next.exit(), () -> scene.trace(next));
      scene.assertHeld(next, scene.tree);
    }
  }

  @Test
  void aLostAnswerToFinalizeIsAskedForAgainAfterTheSourceChanged() throws Exception {
    try (Scene scene = Scene.of(directory, 1, 20)) {
      scene.inBundles();
      Path edited = Trees.files(scene.tree).get(3);
      Path gone = Trees.files(scene.tree).get(4);
      scene.rules(
          Rule.stall(Match.request("POST .*/finalize").first(1), Direction.RESPONSE, Offset.at(0)));
      CommandRun cut = scene.upload("--allow-skipped", "--timeout", "5s");
      assertEquals(5, cut.exit(), () -> scene.trace(cut));
      scene.rules();
      Failing.EDITED.happenTo(edited);
      Failing.REMOVED.happenTo(gone);
      CommandRun run = scene.upload("--allow-skipped");
      assertEquals(3, run.exit(), () -> scene.trace(run));
      assertEquals(1, batches(scene).size(), () -> scene.trace(run));
      assertTrue(run.err().contains("2 files changed or vanished"), run.err());
    }
  }

  static Stream<Arguments> campaign() {
    return LongStream.rangeClosed(1, Long.getLong("archive.seeds", 1))
        .boxed()
        .flatMap(seed -> Stream.of(1, 10, FILES / 2).map(failing -> Arguments.of(failing, seed)));
  }

  /** Files fail at random moments, and the uploader is killed and run again at others. */
  @ParameterizedTest(name = "{0} failing, seed={1}")
  @MethodSource("campaign")
  void killedWhileFilesFailItEndsWithOneBatch(int failing, long seed) throws Exception {
    Random random = new Random(seed * 31 + failing);
    try (Scene scene = Scene.of(directory, seed, 0)) {
      for (int i = 0; i < FILES; i++) {
        Path file = scene.tree.resolve("box-" + i % 7).resolve("letter " + i);
        Trees.random(file, 1 + random.nextInt(60_000), random.nextLong());
      }
      scene.inBundles();
      scene.rules(ALONE);
      long bytes = 0;
      List<Path> files = new ArrayList<>(Trees.files(scene.tree));
      TreeSet<String> planned = new TreeSet<>();
      for (Path file : files) {
        bytes += Files.size(file);
        planned.add("/" + scene.tree.relativize(file));
      }
      Collections.shuffle(files, random);
      TreeMap<Long, List<Path>> failures = new TreeMap<>();
      for (Path file : files.subList(0, failing)) {
        failures.computeIfAbsent(random.nextLong(bytes), at -> new ArrayList<>()).add(file);
      }
      TreeSet<Long> kills = new TreeSet<>();
      for (int i = 0; i < KILLS; i++) {
        kills.add(random.nextLong(bytes * 3 / 4));
      }
      Map<String, String> environment = Map.of("XDG_STATE_HOME", scene.state().toString());
      int exit = -1;
      String log = "";
      Set<Path> damaged = new HashSet<>();
      Set<Path> failed = new HashSet<>();
      while (exit < 0) {
        damaged.addAll(failed);
        Path out = directory.resolve("log-" + kills.size());
        try (ArchiveProcess process =
            ArchiveProcess.run(
                out,
                environment,
                List.of(),
                List.of(),
                scene.command("--allow-skipped", "--parallel", "2"))) {
          while (process.isAlive()) {
            long sent = scene.proxy.stats().receivedBodyBytes();
            while (!failures.isEmpty() && failures.firstKey() <= sent) {
              for (Path file : failures.pollFirstEntry().getValue()) {
                Failing.values()[random.nextInt(4)].happenTo(file);
                failed.add(file);
              }
            }
            if (!kills.isEmpty() && kills.first() <= sent) {
              kills.pollFirst();
              process.kill();
              break;
            }
            process.awaitExit(1);
          }
          if (kills.isEmpty() && process.exit() < 128) {
            exit = process.exit();
          }
          log = process.log();
        }
      }
      String told = log;
      long sent = scene.proxy.stats().receivedBodyBytes();
      JsonNode batches = batches(scene);
      assertEquals(1, batches.size(), told);
      String batch = batches.get(0).get("batch_id").asText();
      assertEquals(List.of(batch), scene.finalized(), told);
      Path bag = scene.root.resolve("batches/" + batch);
      assertEquals(List.of(), BagCheck.problems(bag));
      String receipt =
          Files.readString(scene.state().resolve("archive/receipts/" + batch + ".json"));
      TreeMap<String, String> skipped = skipped(scene, batch);
      int kept = 0;
      int outdated = 0;
      for (String name : planned) {
        Path stored = bag.resolve("data" + name);
        Path source = scene.tree.resolve(name.substring(1));
        boolean here = Files.isRegularFile(source, java.nio.file.LinkOption.NOFOLLOW_LINKS);
        if (!Files.exists(stored)) {
          assertTrue(skipped.containsKey(name), name + " is not named\n" + skipped + told);
          assertTrue(receipt.contains(name.substring(1)), name);
        } else if (!here || Files.mismatch(source, stored) != -1) {
          kept++;
          if (damaged.contains(source)) {
            outdated++;
            assertTrue(receipt.contains(name + ": it "), name + " is not named\n" + told);
          }
        }
      }
      int left = planned.size() - Trees.files(bag.resolve("data")).size();
      System.out.printf(
          "failing=%d seed=%d exit=%d left out=%d named as outdated=%d changed after=%d sent=%.3fx%n",
          failing, seed, exit, left, outdated, kept - outdated, (double) sent / bytes);
      assertEquals(left + outdated > 0 ? 3 : 0, exit, told);
      assertTrue(sent < bytes * 1.1, sent + " of " + bytes + "\n" + told);
    }
  }
}
