package dev.archive.testing;

import java.io.PrintStream;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;

/** What happened in a soak, counted; and what must not happen, told at once and counted. */
final class SoakTally {
  /** What must not happen. */
  enum Wrong {
    LOST("acknowledged files lost"),
    FALSE_SUCCESS("false successes"),
    DUPLICATE("duplicates"),
    SENT_AGAIN("verified files sent again"),
    EXIT("other exits"),
    LEFT_OVER("left over or damaged at the end");

    private final String words;

    Wrong(String words) {
      this.words = words;
    }
  }

  final AtomicLong serverKills = new AtomicLong();
  final AtomicLong clientKills = new AtomicLong();
  final AtomicLong startUpKills = new AtomicLong();
  final AtomicLong pauses = new AtomicLong();
  final AtomicLong processes = new AtomicLong();
  final AtomicLong resumes = new AtomicLong();
  final AtomicLong temporaryEnds = new AtomicLong();
  final AtomicLong batches = new AtomicLong();
  final AtomicLong files = new AtomicLong();
  final AtomicLong acknowledgementsChecked = new AtomicLong();
  final AtomicLong slowestReadyMillis = new AtomicLong();
  private final Map<Wrong, Long> wrong = new EnumMap<>(Wrong.class);
  private final PrintStream out;
  private final long begun = System.nanoTime();

  SoakTally(PrintStream out) {
    this.out = out;
  }

  /** Tells and counts one thing that must not happen. */
  synchronized void wrong(Wrong kind, String what) {
    wrong.merge(kind, 1L, Long::sum);
    say("WRONG, " + kind.words + ": " + what);
  }

  synchronized void say(String line) {
    out.printf(Locale.ROOT, "%6.1f s  %s%n", elapsed().toMillis() / 1000.0, line);
  }

  Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - begun);
  }

  /** One line while it goes on. */
  String line(long faults) {
    return String.format(
        Locale.ROOT,
        "kills: %d of the server, %d of clients; %d batches of %d files archived; %d faults; %d wrong",
        serverKills.get(),
        clientKills.get(),
        batches.get(),
        files.get(),
        faults,
        wrongs());
  }

  synchronized long wrongs() {
    return wrong.values().stream().mapToLong(Long::longValue).sum();
  }

  /** What of all that must not happen did. */
  synchronized Set<Wrong> wrongKinds() {
    return new TreeSet<>(wrong.keySet());
  }

  /** All of it, for the end. */
  synchronized void print(long seed, Map<Action.Kind, Long> faults, long afterLostAnswers) {
    out.printf(
        Locale.ROOT,
        """
        seed                           %d
        minutes                        %.1f
        kills of the server            %d (%d while it started)
        kills of clients               %d
        pauses of the server           %d
        faults made by the proxies     %d %s
        client processes               %d (%d of them resume, %d ended with exit 5)
        batches archived               %d, of %d files
        acknowledgements asked after   %d
        slowest start of the server    %d ms
        sent again as answers got lost %d
        """,
        seed,
        elapsed().toMillis() / 60_000.0,
        serverKills.get(),
        startUpKills.get(),
        clientKills.get(),
        pauses.get(),
        faults.values().stream().mapToLong(Long::longValue).sum(),
        new EnumMap<>(faults),
        processes.get(),
        resumes.get(),
        temporaryEnds.get(),
        batches.get(),
        files.get(),
        acknowledgementsChecked.get(),
        slowestReadyMillis.get(),
        afterLostAnswers);
    for (Wrong kind : Wrong.values()) {
      out.printf("%-30s %d%n", kind.words, wrong.getOrDefault(kind, 0L));
    }
  }
}
