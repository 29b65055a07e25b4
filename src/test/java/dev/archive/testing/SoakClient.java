package dev.archive.testing;

import dev.archive.testing.Acknowledged.Call;
import dev.archive.testing.SoakTally.Wrong;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One uploader of a soak, with a proxy of its own: directory after directory, each in as many
 * processes as are killed with -9 on the way, until one ends with exit 0.
 */
final class SoakClient {
  private static final Pattern RECEIPT =
      Pattern.compile("\"event\":\"receipt\",\"batch_id\":\"([0-9A-Z]{26})\"");

  /** Printed once the batch is in the journal: from then on it can be resumed by its id. */
  private static final Pattern OPENED =
      Pattern.compile("\"event\":\"batch\".*\"batch_id\":\"([0-9A-Z]{26})\"");

  private static final long MAX_SECONDS = 300;
  private static final int MAX_KILLS = 12;
  private static final int MAX_WRONG_EXITS = 3;

  /** A directory that was archived, and where. */
  record Archived(Path tree, String batch) {}

  private final int number;
  private final ArchiveProgram program;
  private final Path work;
  private final SplittableRandom random;
  private final SoakTally tally;
  private final BagChecker checker;
  private final FaultProxy proxy;
  private final Acknowledged acknowledged;
  private final List<Archived> archived = new ArrayList<>();
  private int wrongExits;

  SoakClient(
      int number,
      ArchiveProgram program,
      Path work,
      SplittableRandom random,
      SoakTally tally,
      BagChecker checker) {
    this.number = number;
    this.program = program;
    this.work = work;
    this.random = random;
    this.tally = tally;
    this.checker = checker;
    proxy = FaultProxy.start("127.0.0.1", 1, random.nextLong(), Rules.none());
    acknowledged =
        new Acknowledged(key -> tally.wrong(Wrong.SENT_AGAIN, "client " + number + ": " + key));
    proxy.observe(acknowledged);
  }

  FaultProxy proxy() {
    return proxy;
  }

  Acknowledged acknowledged() {
    return acknowledged;
  }

  /** What was archived so far. */
  List<Archived> archived() {
    return archived;
  }

  /** Archives directories until it is over; the last one is brought to its end. */
  void drive(BooleanSupplier over) throws IOException, InterruptedException {
    for (int round = 1; !over.getAsBoolean(); round++) {
      acknowledged.forget();
      Path tree = tree(work.resolve("tree-" + number + "-" + round));
      String batch = archive(tree, over);
      if (batch == null) {
        continue;
      }
      archived.add(new Archived(tree, batch));
      checker.check(tree, batch);
      if (acknowledged.batches() > 1) {
        tally.wrong(Wrong.DUPLICATE, tree + " opened " + acknowledged.batches() + " batches");
      }
      tally.batches.incrementAndGet();
      tally.files.addAndGet(Trees.files(tree).size());
    }
  }

  private Path tree(Path directory) throws IOException {
    Trees.small(directory, 10 + random.nextInt(110), random.nextLong());
    Trees.file(directory.resolve("empty"), "");
    Trees.file(directory.resolve("Größe 100% #1?.txt"), "a name that URLs do not like");
    if (random.nextBoolean()) {
      Trees.random(directory.resolve("large.bin"), 6_000_000 + random.nextInt(18_000_000), 1);
    }
    return directory;
  }

  /** Returns the batch, or null where it was given up after what must not happen. */
  private String archive(Path tree, BooleanSupplier over) throws IOException, InterruptedException {
    int kills = 1 + random.nextInt(MAX_KILLS);
    wrongExits = 0;
    String known = null;
    while (wrongExits < MAX_WRONG_EXITS) {
      BooleanSupplier moment = kills > 0 ? moment(Trees.files(tree).size()) : () -> false;
      File out = work.resolve("client-" + number + ".out").toFile();
      File err = work.resolve("client-" + number + ".err").toFile();
      boolean resume = known != null && random.nextInt(4) == 0;
      Process process =
          resume
              ? program.start(out, err, "resume", "--json", known)
              : program.start(
                  out,
                  err,
                  "upload",
                  "--json",
                  "--server",
                  proxy.uri().toString(),
                  tree.toString());
      tally.processes.incrementAndGet();
      tally.resumes.addAndGet(resume ? 1 : 0);
      boolean killed = killed(process, () -> moment.getAsBoolean() && !over.getAsBoolean());
      String printed = Files.readString(out.toPath());
      Matcher opened = OPENED.matcher(printed);
      known = opened.find() ? opened.group(1) : known;
      if (killed) {
        kills--;
        continue;
      }
      Matcher receipt = RECEIPT.matcher(printed);
      if (process.exitValue() == 0) {
        return receipt.find() ? receipt.group(1) : known;
      }
      judge(process.exitValue(), tree, Files.readString(err.toPath()));
    }
    return null;
  }

  private void judge(int exit, Path tree, String err) {
    if (exit == 5) {
      tally.temporaryEnds.incrementAndGet();
    } else {
      wrongExits++;
      tally.wrong(Wrong.EXIT, exit + " for " + tree.getFileName() + ": " + err.strip());
    }
  }

  private boolean killed(Process process, BooleanSupplier moment) throws InterruptedException {
    long begun = System.nanoTime();
    while (process.isAlive()) {
      if (moment.getAsBoolean()) {
        ArchiveProgram.kill(process);
        tally.clientKills.incrementAndGet();
        return true;
      }
      if (System.nanoTime() - begun > TimeUnit.SECONDS.toNanos(MAX_SECONDS)) {
        tally.wrong(Wrong.EXIT, "client " + number + " did not end in " + MAX_SECONDS + " s");
        ArchiveProgram.kill(process);
        wrongExits++;
        return true;
      }
      process.waitFor(1, TimeUnit.MILLISECONDS);
    }
    return false;
  }

  /**
   * When to kill the next process: by time from its start, or by how far it came, up to a little
   * after its last answer.
   */
  private BooleanSupplier moment(int files) {
    return switch (random.nextInt(9)) {
      case 0 -> later(() -> true, random.nextLong(1500));
      case 1 -> later(() -> true, random.nextLong(8000));
      case 2 -> later(asked(Call.INIT, 1), random.nextLong(30));
      case 3 -> later(asked(Call.START, 1 + random.nextInt(files)), 0);
      case 4 -> later(asked(Call.PUT, 1 + random.nextInt(files)), random.nextLong(5));
      case 5 -> later(asked(Call.COMPLETE, 1 + random.nextInt(files)), random.nextLong(5));
      case 6 -> later(asked(Call.FINALIZE, 1), random.nextLong(20));
      case 7 -> later(asked(Call.BUNDLE, 1), random.nextLong(100));
      default -> {
        int before = acknowledged.answered(Call.FINALIZE);
        yield later(() -> acknowledged.answered(Call.FINALIZE) > before, random.nextLong(80));
      }
    };
  }

  private BooleanSupplier asked(Call call, int more) {
    int enough = acknowledged.asked(call) + more;
    return () -> acknowledged.asked(call) >= enough;
  }

  private static BooleanSupplier later(BooleanSupplier event, long millis) {
    long[] seen = new long[1];
    return () -> {
      if (seen[0] == 0 && event.getAsBoolean()) {
        seen[0] = System.nanoTime();
      }
      return seen[0] != 0 && System.nanoTime() - seen[0] >= TimeUnit.MILLISECONDS.toNanos(millis);
    };
  }
}
