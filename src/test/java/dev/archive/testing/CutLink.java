package dev.archive.testing;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** One large file through a link that is cut again and again, each time in a new process. */
final class CutLink {
  private static final long SIZE = 2L << 30;
  private static final long CUT_EVERY = 100_000_000;
  private static final double MAX_RATIO = 1.2;

  private CutLink() {}

  static boolean run(Path program, Path work) throws IOException, InterruptedException {
    ArchiveProgram archive = new ArchiveProgram(program, work.resolve("state"));
    Path tree = work.resolve("tree");
    Trees.random(tree.resolve("large.bin"), SIZE, 1);
    Path root = work.resolve("root");
    File out = work.resolve("out").toFile();
    File err = work.resolve("err").toFile();
    ServeProcess server = ServeProcess.start(archive, root);
    URI url = server.awaitReady();
    try (FaultProxy proxy = FaultProxy.start(url.getHost(), url.getPort(), 1, Rules.none())) {
      int processes = 0;
      int exit = -1;
      for (long limit = CUT_EVERY; exit < 0; limit = received(proxy) + CUT_EVERY) {
        Process process =
            archive.start(
                out, err, "upload", "--json", "--server", proxy.uri().toString(), tree.toString());
        processes++;
        while (process.isAlive() && received(proxy) < limit) {
          process.waitFor(2, TimeUnit.MILLISECONDS);
        }
        if (process.isAlive()) {
          ArchiveProgram.kill(process);
          proxy.resetConnections();
        } else {
          exit = process.exitValue();
        }
      }
      SoakTally tally = new SoakTally(System.out);
      try (Stream<Path> bags = Files.list(root.resolve("batches"))) {
        for (Path bag : bags.toList()) {
          new BagChecker(root, archive.state(), tally).check(tree, bag.getFileName().toString());
        }
      }
      double ratio = received(proxy) / (double) SIZE;
      System.out.printf(
          Locale.ROOT,
          "%d processes, the last with exit %d; %d bytes sent of a file of %d: %.3f times (less than"
              + " %.1f is asked); %d things wrong%n",
          processes,
          exit,
          received(proxy),
          SIZE,
          ratio,
          MAX_RATIO,
          tally.wrongs());
      return exit == 0 && ratio < MAX_RATIO && tally.wrongs() == 0;
    } finally {
      System.out.print(server.stop());
    }
  }

  private static long received(FaultProxy proxy) {
    return proxy.stats().receivedBodyBytes();
  }
}
