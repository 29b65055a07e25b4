package dev.archive.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.archive.ledger.BatchLedger;
import dev.archive.ledger.BatchState;
import dev.archive.ledger.EntryState;
import dev.archive.ledger.Registration;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.Entry;
import dev.archive.model.LogicalPath;
import dev.archive.model.Operation;
import dev.archive.model.Sha256;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files are found in steps over a batch: those of a size, wherever they stand, and no other. */
class CompletedFilesTest {
  private static final int FILES = 2 * CompletedFiles.STEP + 1;
  private static final Operation OPERATION = Operation.unnamed("test");
  private static final Sha256 DIGEST = Sha256.of(new byte[0]);

  @TempDir Path directory;

  @Test
  void fewAmongManyAreFoundOverTheEndsOfSteps() {
    Clock clock = Clock.systemUTC();
    try (BatchLedger ledger =
        new BatchLedger(directory.resolve("db"), clock, work -> new Thread(work, "ledger"))) {
      BatchId id = batch(ledger).id();
      // The first and the last of a step, and the one behind it, which is not completed.
      List<Integer> empty =
          List.of(0, 7, CompletedFiles.STEP - 1, 2 * CompletedFiles.STEP - 1, FILES - 1);
      List<Registration> files = new ArrayList<>();
      List<Entry> completed = new ArrayList<>();
      for (int i = 0; i < FILES; i++) {
        LogicalPath path = path(i);
        int size = empty.contains(i) || i == CompletedFiles.STEP ? 0 : 1;
        files.add(new Registration(path, size, null, "text/plain", "{}", null, null));
        if (i != CompletedFiles.STEP) {
          completed.add(new Entry(path, size, DIGEST));
        }
      }
      ledger.registerAll(id, files, OPERATION);
      ledger.completeAll(id, completed, OPERATION);
      assertEquals(paths(empty), found(ledger, id, "", 0, Long.MAX_VALUE));
      assertEquals(paths(empty.subList(1, 5)), found(ledger, id, path(0).toString(), 0, 9));
      assertEquals(paths(empty.subList(0, 3)), found(ledger, id, "", 0, 3));
      assertEquals(List.of(), found(ledger, id, path(FILES - 1).toString(), 0, 9));
      assertEquals(List.of(), found(ledger, id, "", 0, 0));
      assertEquals(FILES - 1, found(ledger, id, "", 1, Long.MAX_VALUE).size());
      assertEquals(
          CompletedFiles.STEP + 200, found(ledger, id, "", 1, CompletedFiles.STEP + 200).size());
    }
  }

  private static LogicalPath path(int number) {
    return LogicalPath.parse(String.format(Locale.ROOT, "/%06d", number));
  }

  private static List<String> paths(List<Integer> numbers) {
    return numbers.stream().map(each -> path(each).toString()).toList();
  }

  private static List<String> found(
      BatchLedger ledger, BatchId id, String after, long maxSize, long limit) {
    CompletedFiles files = new CompletedFiles(ledger, id, after, maxSize, limit);
    List<String> paths = new ArrayList<>();
    while (files.hasNext()) {
      EntryState file = files.next();
      paths.add(file.registration().path().toString());
    }
    return paths;
  }

  private static BatchState batch(BatchLedger ledger) {
    Instant now = Instant.ofEpochMilli(1_000_000);
    return ledger.create(
        new BatchState(
            BatchId.create(1, new Random(1)),
            "sess_x",
            1,
            BatchStatus.UPLOADING,
            "Ada",
            "/",
            BatchState.NO_PARENT,
            null,
            null,
            FILES,
            FILES,
            0,
            0,
            0,
            0,
            now,
            now,
            null,
            null,
            null),
        OPERATION);
  }
}
