package dev.archive.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.server.IngestServer;
import dev.archive.testing.Action;
import dev.archive.testing.ChildJvm;
import dev.archive.testing.DefaultSignals;
import dev.archive.testing.Direction;
import dev.archive.testing.FaultProxy;
import dev.archive.testing.Match;
import dev.archive.testing.Offset;
import dev.archive.testing.Rule;
import dev.archive.testing.Rules;
import dev.archive.testing.ServerFixture;
import dev.archive.testing.Trees;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real processes, killed and interrupted (C1, C7), and many at once (C4). */
class KillTest {
  private static final long MIB = 1 << 20;

  @TempDir Path directory;

  private ProcessBuilder upload(String url, Path tree) throws Exception {
    return archive("upload", "--json", "--server", url, tree.toString());
  }

  private ProcessBuilder archive(String... args) throws Exception {
    List<String> command = new ArrayList<>(DefaultSignals.before());
    command.addAll(ChildJvm.program());
    command.addAll(List.of(args));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("LC_ALL", "C.UTF-8");
    builder.environment().put("XDG_STATE_HOME", directory.resolve("state").toString());
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(new File(directory.toFile(), "out")));
    builder.redirectError(ProcessBuilder.Redirect.appendTo(new File(directory.toFile(), "err")));
    return builder;
  }

  private static void assertEnds(int exit, Process process) throws InterruptedException {
    assertTrue(process.waitFor(120, TimeUnit.SECONDS));
    assertEquals(exit, process.exitValue());
  }

  @Test
  void aLargeFileThroughALinkThatIsCutIsHardlySentTwice() throws Exception {
    Path tree = directory.resolve("tree");
    long size = 400 * MIB;
    Trees.random(tree.resolve("large.bin"), size, 1);
    try (IngestServer server = ServerFixture.start(directory.resolve("root"));
        FaultProxy proxy = proxy(server)) {
      int processes = 0;
      for (long limit = 100 * MIB; ; limit += 100 * MIB) {
        Process process = upload(url(proxy), tree).start();
        processes++;
        while (process.isAlive() && proxy.stats().receivedBodyBytes() < limit) {
          process.waitFor(5, TimeUnit.MILLISECONDS);
        }
        if (process.isAlive()) {
          process.destroyForcibly().waitFor();
        } else {
          assertEnds(0, process);
          break;
        }
      }
      assertTrue(processes > 3, processes + " processes");
      long sent = proxy.stats().receivedBodyBytes();
      assertTrue(sent < size * 1.2, sent + " of " + size + " bytes, " + processes + " processes");
      assertHeld(tree);
    }
  }

  @Test
  void killedAgainAndAgainItEndsWithEveryFile() throws Exception {
    Path tree = Trees.small(directory.resolve("tree"), 400, 1);
    try (IngestServer server = ServerFixture.start(directory.resolve("root"));
        FaultProxy proxy = proxy(server)) {
      long whole = bytes(tree);
      for (int kill = 1; kill <= 6; kill++) {
        long limit = proxy.stats().receivedBodyBytes() + whole / 7;
        Process process = upload(url(proxy), tree).start();
        while (process.isAlive() && proxy.stats().receivedBodyBytes() < limit) {
          process.waitFor(2, TimeUnit.MILLISECONDS);
        }
        process.destroyForcibly().waitFor();
      }
      assertEnds(0, upload(url(proxy), tree).start());
      assertHeld(tree);
    }
  }

  @Test
  void aSignalEndsItSoonWithItsCodeAndTheNextRunGoesOn() throws Exception {
    // More than one bundle, however far the server seems to be.
    Path tree = Trees.small(directory.resolve("tree"), 1200, 1);
    try (IngestServer server = ServerFixture.start(directory.resolve("root"));
        FaultProxy proxy = proxy(server)) {
      for (String signal : List.of("INT", "TERM")) {
        // Held in the middle, so that it cannot end before the signal comes.
        Match bundles = Match.request("POST .*/bundle");
        proxy.setRules(
            Rules.of(
                Rule.stall(
                    signal.equals("INT") ? bundles.after(1) : bundles,
                    Direction.REQUEST,
                    Offset.at(0))));
        Process process = upload(url(proxy), tree).start();
        assertTrue(proxy.awaitFaults(Action.Kind.STALL, 1, 60_000));
        new ProcessBuilder("kill", "-" + signal, String.valueOf(process.pid())).start().waitFor();
        assertEnds(signal.equals("INT") ? 130 : 143, process);
      }
      proxy.setRules(Rules.none());
      assertTrue(Files.readString(directory.resolve("err")).contains("run the same command again"));
      assertEnds(0, upload(url(proxy), tree).start());
      assertHeld(tree);
    }
  }

  @Test
  void aMachineIsToldThatACheckWasInterrupted() throws Exception {
    Path tree = Trees.small(directory.resolve("tree"), 20, 1);
    try (IngestServer server = ServerFixture.start(directory.resolve("root"));
        FaultProxy proxy = proxy(server)) {
      CommandRun sent =
          CommandRun.of(
              Map.of("XDG_STATE_HOME", directory.resolve("state").toString()),
              "upload",
              "--json",
              "--server",
              url(proxy),
              tree.toString());
      assertEquals(0, sent.exit(), sent.err());
      proxy.setRules(
          Rules.of(Rule.stall(Match.request(".*/audit.*"), Direction.RESPONSE, Offset.at(0))));
      Process process =
          archive(
                  "verify",
                  "--json",
                  "--deep",
                  "--server",
                  url(proxy),
                  sent.receiptField("batch_id"))
              .start();
      assertTrue(proxy.awaitFaults(Action.Kind.STALL, 1, 60_000));
      new ProcessBuilder("kill", "-TERM", String.valueOf(process.pid())).start().waitFor();
      assertEnds(143, process);
      List<String> lines = Files.readAllLines(directory.resolve("out"));
      String last = lines.isEmpty() ? "" : lines.get(lines.size() - 1);
      assertTrue(last.contains("\"code\":\"INTERRUPTED\""), last);
      assertTrue(last.contains("\"exit\":143"), last);
    }
  }

  @Test
  void aSignalWhileTheServerFinalizesLeavesItUnknown() throws Exception {
    assertUnknownInFinalize("kill -INT $0", 130);
  }

  @Test
  void aSigtermThatComesTwiceAtOnceIsHeardOnce() throws Exception {
    // As GNU timeout does: to the child, and to its group.
    assertUnknownInFinalize("kill -TERM $0; kill -TERM $0", 143);
  }

  /**
   * Stopped while the server finalizes, it says that the end is unknown; the next run learns it.
   */
  private void assertUnknownInFinalize(String kill, int exit) throws Exception {
    Path tree = Trees.small(directory.resolve("tree"), 20, 1);
    try (IngestServer server = ServerFixture.start(directory.resolve("root"));
        FaultProxy proxy = proxy(server)) {
      proxy.setRules(
          Rules.of(
              Rule.stall(Match.request("POST .*/finalize"), Direction.RESPONSE, Offset.at(0))));
      Process process = upload(url(proxy), tree).start();
      assertTrue(proxy.awaitFaults(Action.Kind.STALL, 1, 60_000));
      new ProcessBuilder("/bin/sh", "-c", kill, String.valueOf(process.pid())).start().waitFor();
      assertEnds(exit, process);
      String told = Files.readString(directory.resolve("err"));
      assertTrue(told.contains("whether it did is unknown"), told);
      proxy.setRules(Rules.none());
      assertEnds(0, upload(url(proxy), tree).start());
      assertHeld(tree);
    }
  }

  @Test
  void ofTwentyRunsAtOnceOneWorksAndTheBatchIsExact() throws Exception {
    Path tree = Trees.small(directory.resolve("tree"), 300, 1);
    try (IngestServer server = ServerFixture.start(directory.resolve("root"));
        FaultProxy proxy = proxy(server)) {
      List<Process> processes = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        processes.add(upload(url(proxy), tree).start());
      }
      int done = 0;
      for (Process process : processes) {
        assertTrue(process.waitFor(120, TimeUnit.SECONDS));
        int exit = process.exitValue();
        assertTrue(exit == 0 || exit == 11, "exit " + exit);
        done += exit == 0 ? 1 : 0;
      }
      assertTrue(done >= 1);
      assertHeld(tree);
    }
  }

  private static long bytes(Path tree) throws IOException {
    long bytes = 0;
    for (Path file : Trees.files(tree)) {
      bytes += Files.size(file);
    }
    return bytes;
  }

  private static FaultProxy proxy(IngestServer server) throws IOException {
    URI url = URI.create(server.url());
    return FaultProxy.start(url.getHost(), url.getPort(), 1, Rules.none());
  }

  private static String url(FaultProxy proxy) {
    return proxy.uri().toString().replaceFirst("/$", "");
  }

  /** One batch, finalized, with exactly the files of the tree. */
  private void assertHeld(Path tree) throws IOException {
    List<Path> bags;
    try (var found = Files.list(directory.resolve("root/batches"))) {
      bags = found.toList();
    }
    assertEquals(1, bags.size());
    assertTrue(Files.exists(bags.get(0).resolve("manifest-sha256.txt")));
    Path data = bags.get(0).resolve("data");
    List<Path> files = Trees.files(tree);
    assertEquals(files.size(), Trees.files(data).size());
    for (Path file : files) {
      assertEquals(-1, Files.mismatch(file, data.resolve(tree.relativize(file).toString())));
    }
  }
}
