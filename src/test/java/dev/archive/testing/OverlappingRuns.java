package dev.archive.testing;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Many runs on one directory at once, as cron begins them when the one before takes too long. */
final class OverlappingRuns {
  private static final int RUNS = 20;
  private static final int FILES = 300;
  private static final int LOCKED = 11;

  private OverlappingRuns() {}

  /** The one that works is held in the middle until all others have ended. */
  static boolean run(Path program, Path work) throws IOException, InterruptedException {
    ArchiveProgram archive = new ArchiveProgram(program, work.resolve("state"));
    Path tree = Trees.small(work.resolve("tree"), FILES, 1);
    Path root = work.resolve("root");
    ServeProcess server = ServeProcess.start(archive, root);
    URI url = server.awaitReady();
    Rules held =
        Rules.of(Rule.stall(Match.request("PUT .*").after(50), Direction.REQUEST, Offset.at(0)));
    try (FaultProxy proxy = FaultProxy.start(url.getHost(), url.getPort(), 1, held)) {
      List<Process> runs = new ArrayList<>();
      for (int i = 0; i < RUNS; i++) {
        runs.add(
            archive.start(
                work.resolve("out-" + i).toFile(),
                work.resolve("err-" + i).toFile(),
                "upload",
                "--json",
                "--server",
                proxy.uri().toString(),
                tree.toString()));
      }
      while (runs.stream().filter(Process::isAlive).count() > 1) {
        TimeUnit.MILLISECONDS.sleep(20);
      }
      proxy.setRules(Rules.none());
      proxy.release();
      Map<Integer, Integer> exits = new TreeMap<>();
      for (Process run : runs) {
        exits.merge(run.waitFor(), 1, Integer::sum);
      }
      SoakTally tally = new SoakTally(System.out);
      List<Path> bags;
      try (Stream<Path> all = Files.list(root.resolve("batches"))) {
        bags = all.toList();
      }
      for (Path bag : bags) {
        new BagChecker(root, archive.state(), tally).check(tree, bag.getFileName().toString());
      }
      System.out.printf(
          "%d runs at once: exits %s (code=runs); %d batches, %d things wrong%n",
          RUNS, exits, bags.size(), tally.wrongs());
      return exits.equals(Map.of(0, 1, LOCKED, RUNS - 1))
          && bags.size() == 1
          && tally.wrongs() == 0;
    } finally {
      System.out.print(server.stop());
    }
  }
}
