package dev.archive.matrix;

import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.archive.testing.ArchiveProcess;
import dev.archive.testing.DiskTrace;
import dev.archive.testing.Match;
import dev.archive.testing.Rule;
import dev.archive.testing.SystemCall;
import dev.archive.testing.Trees;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What an uploader counts on is on its disk before it goes on, in the order of system calls: the
 * plan before the batch is opened, the batch before anything is sent into it, the receipt before
 * the journal says that the run has ended, and all of it before success is told.
 */
@Timeout(300)
class DurableRunTest {
  private static final String OPENED = "the plan before init";
  private static final String SENT = "the batch before anything is sent into it";
  private static final String FINISHED = "the receipt before the journal ends";
  private static final String TOLD = "everything before success is told";

  @TempDir Path directory;

  private final List<String> wrong = new ArrayList<>();
  private final Set<String> seen = new LinkedHashSet<>();

  @Test
  void whatARunCountsOnIsOnTheDiskBeforeItGoesOn() throws Exception {
    Path place = directory.toRealPath();
    Path state = place.resolve("not there/state");
    Path receipts = Files.createDirectory(place.resolve("receipts"));
    Path out = place.resolve("out");
    Path log = place.resolve("strace.log");
    TracedServer.assumeStrace();
    List<String> strace =
        new ArrayList<>(List.of("strace", "-f", "-y", "-qq", "-o", log.toString()));
    strace.addAll(DiskTrace.STRACE);
    try (Scene scene = Scene.of(place, 1, 4)) {
      Trees.random(scene.tree.resolve("large"), 6 << 20, 1);
      ArchiveProcess run =
          ArchiveProcess.run(
              out,
              Map.of("XDG_STATE_HOME", state.toString()),
              strace,
              List.of(),
              scene.command("--receipt", receipts.resolve("mine.json").toString()));
      assertEquals(0, run.exit(), run::log);
    }
    List<String> roots = List.of(place.resolve("not there").toString(), receipts.toString());
    List<String> names =
        DiskTrace.follow(
            Files.readAllLines(log), roots, (call, missing) -> look(call, missing, out, roots));
    assertEquals("", String.join("\n", names), "bytes are synced before they get their names");
    assertEquals("", wrong.stream().distinct().limit(10).collect(joining("\n")), "order");
    assertEquals(Set.of(OPENED, SENT, FINISHED, TOLD), seen, "moments that were looked at");
  }

  /** A process may be killed after it wrote or named its journal, and before it synced that. */
  @Test
  void whatAKilledRunLeftIsMadeDurableBeforeItIsCountedOn() throws Exception {
    TracedServer.assumeStrace();
    Path place = directory.toRealPath();
    Path log = place.resolve("strace.log");
    try (Scene scene = Scene.of(place, 1, 4)) {
      scene.rules(Rule.status(Match.request("POST .*/finalize"), 400, ""));
      assertNotEquals(0, scene.upload().exit());
      scene.rules();
      Path runs = scene.state().resolve("archive/runs");
      List<String> left = new ArrayList<>();
      try (Stream<Path> all = Files.walk(runs)) {
        all.filter(path -> !path.endsWith("lock")).forEach(path -> left.add(path.toString()));
      }
      List<String> strace =
          new ArrayList<>(List.of("strace", "-f", "-y", "-qq", "-o", log.toString()));
      strace.addAll(DiskTrace.STRACE);
      ArchiveProcess run =
          ArchiveProcess.run(
              place.resolve("out"),
              Map.of("XDG_STATE_HOME", scene.state().toString()),
              strace,
              List.of(),
              scene.command());
      assertEquals(0, run.exit(), run::log);
      DiskTrace.follow(
          Files.readAllLines(log),
          List.of(runs.toString()),
          left,
          (call, missing) -> {
            String data = call.arguments();
            if (call.writes() && seen.isEmpty() && data.contains("\"POST /api/batches/init")) {
              seen.add(OPENED);
              missing.below(runs.toString()).forEach(each -> wrong.add(OPENED + ": " + each));
            }
          });
    }
    assertEquals("", String.join("\n", wrong), "order");
    assertEquals(Set.of(OPENED), seen, "moments that were looked at");
  }

  private void look(SystemCall call, DiskTrace.Missing missing, Path out, List<String> roots) {
    String file = String.valueOf(call.file());
    String data = call.arguments();
    if (!call.writes()) {
      return;
    }
    if (file.startsWith("socket:") && data.contains("\"POST /api/batches/init")) {
      require(OPENED, missing, roots, "/journal");
    } else if (file.startsWith("socket:") && data.matches(".*\"(POST|PUT) /.*")) {
      if (!seen.contains(SENT)) {
        require(SENT, missing, roots, "/journal");
      }
    } else if (file.endsWith("/journal") && data.contains("{\\\"finished\\\":")) {
      missing
          .below(roots.get(0) + "/state/archive/receipts")
          .forEach(each -> wrong.add(FINISHED + ": " + each));
      requireChanged(FINISHED, missing, ".json");
    } else if (file.equals(out.toString()) && data.contains("\\\"event\\\":\\\"receipt\\\"")) {
      require(TOLD, missing, roots, "/journal");
      requireChanged(TOLD, missing, "/mine.json");
    }
  }

  private void require(
      String moment, DiskTrace.Missing missing, List<String> roots, String changed) {
    for (String root : roots) {
      missing.below(root).forEach(each -> wrong.add(moment + ": " + each));
    }
    requireChanged(moment, missing, changed);
    if (moment.equals(OPENED)) {
      missing.end();
    }
  }

  private void requireChanged(String moment, DiskTrace.Missing missing, String changed) {
    seen.add(moment);
    if (missing.changed().keySet().stream().noneMatch(each -> each.endsWith(changed))) {
      wrong.add(moment + ": nothing was written to " + changed);
    }
  }
}
