package dev.archive.history;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jetbrains.lincheck.datastructures.StressOptions;

/** Runs random operations on a batch by several threads and compares with {@link BatchModel}. */
public final class Linearizability {
  private static final int THREADS = 3;
  private static final int OPERATIONS_A_THREAD = 3;

  /** How often each random scenario is run. */
  private static final int RUNS = 50;

  /** Enough for a machine that does a lot beside. */
  private static final long PATIENCE_MILLIS = 120_000;

  private Linearizability() {}

  /** How many histories are wanted of each kind: {@code -Darchive.lincheck=N}. */
  public static int histories(int usual) {
    return Integer.getInteger("archive.lincheck", usual);
  }

  /**
   * Checks so many histories.
   *
   * @throws AssertionError with one that no order of its operations explains
   */
  public static void check(Class<?> operations, int histories) {
    StressOptions options =
        new StressOptions()
            .threads(THREADS)
            .actorsPerThread(OPERATIONS_A_THREAD)
            .actorsBefore(1)
            .actorsAfter(1)
            .iterations((histories + RUNS - 1) / RUNS)
            .invocationsPerIteration(RUNS)
            .minimizeFailedScenario(false)
            .sequentialSpecification(BatchModel.class);
    options.invocationTimeout$lincheck(PATIENCE_MILLIS);
    options.check(operations);
  }

  /** A new directory, in memory where there is such a place: durability is not tested here. */
  public static Path directory() {
    Path memory = Path.of("/dev/shm");
    try {
      return Files.isDirectory(memory)
          ? Files.createTempDirectory(memory, "archive-lincheck")
          : Files.createTempDirectory("archive-lincheck");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
