package dev.archive.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The soak: what {@code scripts/soak.sh} runs. Its help says what it does. */
@Command(
    name = "scripts/soak.sh",
    description = {
      "Kills a server and its uploaders with -9 at random moments, under load, through proxies that"
          + " make one to four kinds of faults every second; then looks for what was lost, doubled,"
          + " sent again or falsely called done. Exit 0 when there is nothing of it, else 1.",
      ""
    },
    sortOptions = false,
    mixinStandardHelpOptions = true)
final class Soak implements Callable<Integer> {
  private static final long LINE_EVERY_SECONDS = 30;

  @Option(names = "--program", required = true, hidden = true)
  private Path program;

  @Option(names = "--minutes", defaultValue = "5", description = "How long (default: 5).")
  private double minutes;

  @Option(
      names = "--seed",
      description = "Of all random choices (default: the time); printed, to make them again.")
  private long seed = System.currentTimeMillis();

  @Option(
      names = "--kills",
      defaultValue = "0",
      description = "Go on until so many kills of each side, however long it takes.")
  private int kills;

  @Option(
      names = "--clients",
      defaultValue = "3",
      description = "Uploaders side by side (default: 3).")
  private int clients;

  @Option(
      names = "--large",
      description =
          "Instead: one file of 2 GiB through a link that is cut every 100 MB, each time in a new"
              + " process; less than 1.2 times its bytes may be sent.")
  private boolean large;

  @Option(
      names = "--overlap",
      description = "Instead: 20 runs on one directory at once; one works, the others exit 11.")
  private boolean overlap;

  public static void main(String[] args) {
    System.exit(new CommandLine(new Soak()).execute(args));
  }

  @Override
  public Integer call() throws Exception {
    Path work = Files.createTempDirectory("archive-soak-");
    boolean well = false;
    try {
      System.out.println("seed " + seed + ", in " + work);
      if (large) {
        well = CutLink.run(program, work);
      } else {
        well = overlap ? OverlappingRuns.run(program, work) : soak(work);
      }
    } finally {
      if (well) {
        remove(work);
      } else {
        System.out.println("what there was is kept in " + work);
      }
    }
    return well ? 0 : 1;
  }

  private boolean soak(Path work) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    SoakTally tally = new SoakTally(System.out);
    ArchiveProgram archive = new ArchiveProgram(program, work.resolve("state"));
    Path root = work.resolve("root");
    BagChecker checker = new BagChecker(root, archive.state(), tally);
    List<SoakClient> uploaders = new ArrayList<>();
    for (int i = 1; i <= clients; i++) {
      uploaders.add(new SoakClient(i, archive, work, random.split(), tally, checker));
    }
    SoakServer server = new SoakServer(archive, root, uploaders, random.split(), tally);
    BooleanSupplier over =
        () ->
            kills > 0
                ? Math.min(tally.serverKills.get(), tally.clientKills.get()) >= kills
                : tally.elapsed().toMillis() >= minutes * 60_000;
    drive(uploaders, server, random.split(), tally, over);
    server.stop();
    Set<String> batches = new HashSet<>();
    for (SoakClient uploader : uploaders) {
      for (SoakClient.Archived each : uploader.archived()) {
        batches.add(each.batch());
        checker.check(each.tree(), each.batch());
      }
      uploader.proxy().close();
    }
    checker.checkTheRest(batches);
    tally.print(
        seed,
        faults(uploaders),
        uploaders.stream().mapToLong(each -> each.acknowledged().afterLostAnswers()).sum());
    return tally.wrongs() == 0;
  }

  private void drive(
      List<SoakClient> uploaders,
      SoakServer server,
      SplittableRandom random,
      SoakTally tally,
      BooleanSupplier over)
      throws Exception {
    ExecutorService threads = Executors.newCachedThreadPool();
    try {
      List<Future<?>> all = new ArrayList<>();
      all.add(threads.submit(call(() -> server.drive(over))));
      for (SoakClient uploader : uploaders) {
        all.add(threads.submit(call(() -> uploader.drive(over))));
      }
      Weather weather = new Weather(random);
      for (long second = 1; !over.getAsBoolean() && !anyDone(all); second++) {
        uploaders.forEach(uploader -> uploader.proxy().setRules(weather.next()));
        if (second % LINE_EVERY_SECONDS == 0) {
          tally.say(tally.line(sum(faults(uploaders))));
        }
        TimeUnit.SECONDS.sleep(1);
      }
      // Fair weather: everything that was begun must come to its end.
      uploaders.forEach(uploader -> uploader.proxy().setRules(Rules.none()));
      tally.say("no more kills and faults; what was begun is brought to its end");
      for (Future<?> each : all) {
        each.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  /** Work that may fail in any way. */
  private interface Work {
    void run() throws Exception;
  }

  private static Callable<Void> call(Work work) {
    return () -> {
      work.run();
      return null;
    };
  }

  private static boolean anyDone(List<Future<?>> all) {
    return all.stream().anyMatch(Future::isDone);
  }

  private static Map<Action.Kind, Long> faults(List<SoakClient> uploaders) {
    Map<Action.Kind, Long> faults = new EnumMap<>(Action.Kind.class);
    for (SoakClient uploader : uploaders) {
      uploader.proxy().stats().faults().forEach((kind, n) -> faults.merge(kind, n, Long::sum));
    }
    return faults;
  }

  private static long sum(Map<Action.Kind, Long> faults) {
    return faults.values().stream().mapToLong(Long::longValue).sum();
  }

  private static void remove(Path directory) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path file : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
