package dev.archive.ledger;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.history.BatchModel;
import dev.archive.history.Linearizability;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.atomic.AtomicReference;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Test;

/** Whatever callers do at once, their answers are those of some order, one after another. */
class LinearizableLedgerTest {
  private static final int HISTORIES = 500;

  @Test
  void everyHistoryOfTheLedgerHasAnOrder() throws IOException {
    Path directory = Linearizability.directory();
    long before = LedgerOperations.MADE.get();
    int wanted = Linearizability.histories(HISTORIES);
    try (BatchLedger ledger =
        new BatchLedger(directory.resolve("state.db"), Clock.systemUTC(), Thread::new)) {
      LedgerOperations.ledger = ledger;
      Linearizability.check(LedgerOperations.class, wanted);
    } finally {
      Trees.delete(directory);
    }
    long checked = LedgerOperations.MADE.get() - before;
    assertTrue(checked >= wanted, checked + " of " + wanted + " histories were run");
  }

  /** The control: if this is not found, the other test proves nothing. */
  @Test
  void stateThatIsReadAndThenWrittenIsFound() {
    assertThrows(
        LincheckAssertionError.class, () -> Linearizability.check(ReadThenWrite.class, 20_000));
  }

  /** A batch as its predecessors kept it: read whole, changed, written whole. */
  @Param(name = "file", gen = IntGen.class, conf = "1:2")
  @Param(name = "size", gen = IntGen.class, conf = "1:2")
  @Param(name = "seen", gen = IntGen.class, conf = "2:5")
  public static class ReadThenWrite {
    private record State(
        long version, int sizeOfOne, int sizeOfTwo, int completed, boolean closed) {}

    private final AtomicReference<State> stored =
        new AtomicReference<>(new State(2, 1, 0, 0, false));

    @Operation
    public String register(@Param(name = "file") int file, @Param(name = "size") int size) {
      State seen = stored.get();
      int known = file == 1 ? seen.sizeOfOne : seen.sizeOfTwo;
      boolean completed = (seen.completed & file) != 0;
      if (seen.closed || completed && known != size) {
        return BatchModel.REFUSED;
      }
      State next =
          known == size
              ? seen
              : new State(
                  seen.version + 1,
                  file == 1 ? size : seen.sizeOfOne,
                  file == 2 ? size : seen.sizeOfTwo,
                  seen.completed,
                  false);
      return written(next);
    }

    @Operation
    public String complete(@Param(name = "file") int file, @Param(name = "size") int size) {
      State seen = stored.get();
      if ((file == 1 ? seen.sizeOfOne : seen.sizeOfTwo) != size) {
        return BatchModel.REFUSED;
      }
      State next =
          (seen.completed & file) != 0
              ? seen
              : new State(
                  seen.version + 1, seen.sizeOfOne, seen.sizeOfTwo, seen.completed | file, false);
      return written(next);
    }

    @Operation
    public String read() {
      State seen = stored.get();
      return BatchModel.state(seen.version, Integer.bitCount(seen.completed));
    }

    /** Without asking whether what was read still stands there. */
    private String written(State next) {
      Thread.yield(); // The way to the store: others may be there meanwhile.
      stored.set(next);
      return BatchModel.accepted(next.version);
    }
  }
}
