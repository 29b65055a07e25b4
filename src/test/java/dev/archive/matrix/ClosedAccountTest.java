package dev.archive.matrix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.archive.cli.CommandRun;
import dev.archive.testing.Action;
import dev.archive.testing.Direction;
import dev.archive.testing.Match;
import dev.archive.testing.Offset;
import dev.archive.testing.Rule;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Random runs with files that fail, exclusions, links and names that cannot be archived: the
 * account adds up each time, and agrees with what the test counts. {@code -Darchive.accounts=1000}
 * is the campaign.
 */
class ClosedAccountTest {
  private static final int RUNS = Integer.getInteger("archive.accounts", 20);
  private static final long SEED = Long.getLong("archive.seed", 1);
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path directory;
  private SplittableRandom random;
  private Scene scene;
  private Path tree;
  private long names;
  private int stalls;

  @Test
  void theSumsAgreeWhateverHappens() throws Exception {
    try (Scene opened = Scene.of(directory, SEED, 1)) {
      scene = opened;
      scene.inBundles();
      for (int i = 0; i < RUNS; i++) {
        random = new SplittableRandom(SEED + i);
        tree = Files.createDirectories(directory.resolve("trees/" + i));
        grow();
        boolean skip = random.nextInt(3) > 0;
        List<String> options = new ArrayList<>(List.of("--exclude", "*.tmp", "--exclude=out/"));
        if (skip) {
          options.add("--allow-skipped");
        }
        if (random.nextInt(3) == 0) {
          scene.rules(Rule.status(Match.request("POST .*/finalize"), 401, ""));
          upload(options);
          scene.rules();
          change();
        }
        check(i, heldAtTheFirst(options));
        check(i, upload(options));
        Trees.delete(tree);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "POST /api/batches/init, ''",
    "POST .*/(start|bundle).*, 5 not sent by this run",
    "PUT /api/batches/.*/attributes.*, 4 sent; not finalized; 1 not sent by this run",
    "POST .*/finalize, ''"
  })
  void aRunThatFailsHasAnAccountUnlessItIsUnknown(String refused, String failed) throws Exception {
    tree = Files.createDirectories(directory.resolve("box"));
    for (int i = 0; i < 4; i++) {
      Trees.random(tree.resolve("file " + i), 1000, i);
    }
    Files.createSymbolicLink(tree.resolve("link"), Path.of("file 1"));
    Files.writeString(tree.resolve("a.tmp"), "not to be archived");
    try (Scene opened = Scene.of(directory, SEED, 1)) {
      scene = opened;
      scene.inBundles();
      scene.rules(Rule.status(Match.request(refused), 401, ""));
      CommandRun run = upload(List.of("--exclude", "*.tmp"));
      List<String> told = new ArrayList<>();
      for (String line : run.outLines()) {
        JsonNode event = JSON.readTree(line);
        if (event.get("event").asText().equals("account")) {
          assertEquals(6, event.at("/account/found/files").asInt(), run.out());
          assertEquals(1, event.at("/account/excluded/files").asInt(), run.out());
          for (JsonNode each : event.at("/account/failed")) {
            told.add(each.get("files") + " " + each.get("reason").asText().replace(',', ';'));
          }
        }
      }
      Collections.sort(told, Comparator.reverseOrder());
      assertEquals(failed, String.join("; ", told), run.err() + run.out());
    }
  }

  private void grow() throws IOException {
    for (int i = 3 + random.nextInt(12); i > 0; i--) {
      String name = "box-" + random.nextInt(3) + "/file " + i;
      Trees.random(tree.resolve(name), random.nextInt(3000), random.nextLong());
    }
    for (int i = random.nextInt(3); i > 0; i--) {
      Trees.random(tree.resolve("box-0/" + i + ".tmp"), random.nextInt(300), 1);
      Trees.random(tree.resolve("out/" + i), 10, 1);
      Files.createSymbolicLink(tree.resolve("link " + i), Path.of("box-0"));
      Trees.random(tree.resolve("a\tname " + i), random.nextInt(300), 1);
    }
    if (random.nextInt(3) == 0) {
      Path name = tree.resolve("socket");
      try (ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
        // The system takes no longer names of sockets.
        if (name.toString().length() < 100) {
          socket.bind(UnixDomainSocketAddress.of(name));
        }
      }
    }
  }

  /** Some files of the plan are removed, grown, edited, or become links. */
  private void change() throws IOException {
    for (Path each : Trees.files(tree)) {
      if (random.nextInt(6) > 0 || Files.size(each) == 0) {
        continue;
      }
      switch (random.nextInt(4)) {
        case 0 -> Files.delete(each);
        case 1 -> Files.write(each, new byte[10], StandardOpenOption.APPEND);
        case 2 -> {
          byte[] bytes = Files.readAllBytes(each);
          bytes[0] ^= 1;
          Files.write(each, bytes);
        }
        default -> {
          Files.delete(each);
          Files.createSymbolicLink(each, Path.of("nothing"));
        }
      }
    }
  }

  private CommandRun upload(List<String> options) {
    List<String> line = new ArrayList<>(List.of("upload", "--json", "--server", scene.url()));
    line.addAll(options);
    line.add(tree.toString());
    return CommandRun.of(
        Map.of("XDG_STATE_HOME", scene.state().toString()), line.toArray(String[]::new));
  }

  private CommandRun heldAtTheFirst(List<String> options) throws Exception {
    scene.rules(
        Rule.stall(
            Match.request("(POST|GET) /api/batches.*").first(1), Direction.REQUEST, Offset.at(0)));
    names = count();
    FutureTask<CommandRun> upload = new FutureTask<>(() -> upload(options));
    Thread thread = new Thread(upload, "upload");
    thread.start();
    boolean held = false;
    while (!held && !upload.isDone()) {
      held = scene.proxy.awaitFaults(Action.Kind.STALL, stalls + 1, 100);
    }
    if (held) {
      stalls++;
      change();
    }
    scene.rules();
    scene.proxy.release();
    CommandRun run = upload.get();
    thread.join();
    return run;
  }

  private long count() throws IOException {
    try (Stream<Path> all = Files.walk(tree)) {
      return all.filter(each -> !Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS))
          .filter(each -> !each.startsWith(tree.resolve("out")))
          .count();
    }
  }

  private void check(int number, CommandRun run) throws IOException {
    String told =
        run.outLines().stream()
            .filter(line -> line.startsWith("{\"event\":\"account\""))
            .reduce("", (one, other) -> other);
    String trace = "run " + number + " exit " + run.exit() + "\n" + run.err() + run.out();
    assertTrue(List.of(0, 3).contains(run.exit()), trace);
    assertTrue(!told.isEmpty(), trace);
    JsonNode account = JSON.readTree(told).get("account");
    assertEquals(names, account.at("/found/files").asLong(), trace);
    for (String unit : List.of("files", "bytes")) {
      long sum = 0;
      for (String each : List.of("archived", "already_held", "excluded", "recorded")) {
        sum += account.get(each).get(unit).asLong();
      }
      for (String each : List.of("not_archivable", "failed")) {
        for (JsonNode reason : account.get(each)) {
          sum += reason.get(unit).asLong();
        }
      }
      assertEquals(account.get("found").get(unit).asLong(), sum, trace);
    }
    if (run.receiptField("files") != null && !run.out().contains("outdated")) {
      assertTrue(
          account.at("/archived/files").asLong() + account.at("/already_held/files").asLong()
              <= Long.parseLong(run.receiptField("files")),
          trace);
    }
    names = count();
  }
}
