package dev.archive.ledger;

import dev.archive.history.BatchModel;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.Entry;
import dev.archive.model.LogicalPath;
import dev.archive.model.Operation;
import dev.archive.model.Sha256;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Param;

/** The operations of {@link BatchModel} on a batch of a real ledger, a new one each time. */
@Param(name = "file", gen = IntGen.class, conf = "1:2")
@Param(name = "size", gen = IntGen.class, conf = "1:2")
@Param(name = "seen", gen = IntGen.class, conf = "2:5")
public class LedgerOperations {
  static final AtomicLong MADE = new AtomicLong();
  static volatile BatchLedger ledger;

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final Operation SOMEBODY = Operation.unnamed("lincheck");

  private final BatchId batch;

  public LedgerOperations() {
    MADE.incrementAndGet();
    batch = ledger.create(declared(0, 1), SOMEBODY).id();
    register(1, 1);
  }

  @org.jetbrains.lincheck.datastructures.Operation
  public String register(@Param(name = "file") int file, @Param(name = "size") int size) {
    return answer(
        () ->
            ledger
                .register(
                    batch,
                    new Registration(path(file), size, null, "text/plain", "{}", null, null),
                    SOMEBODY)
                .version());
  }

  @org.jetbrains.lincheck.datastructures.Operation
  public String complete(@Param(name = "file") int file, @Param(name = "size") int size) {
    return answer(
        () -> {
          Sha256 digest = Sha256.of(new byte[size]);
          BatchLedger.Change change =
              ledger.complete(batch, new Entry(path(file), size, digest), SOMEBODY);
          return change.entry().sha256().equals(digest) ? change.version() : null;
        });
  }

  @org.jetbrains.lincheck.datastructures.Operation
  public String close(@Param(name = "seen") int seen) {
    return answer(
        () -> {
          BatchState closed =
              ledger.finalizeBatch(declared(batch, seen), Sha256.of(new byte[0]), SOMEBODY);
          return closed == null ? ledger.batch(batch).finalizedVersion() : (Long) closed.version();
        });
  }

  @org.jetbrains.lincheck.datastructures.Operation
  public String read() {
    BatchState state = ledger.batch(batch);
    return BatchModel.state(state.version(), state.completedFiles());
  }

  private static String answer(Supplier<Long> change) {
    try {
      Long version = change.get();
      return version == null ? BatchModel.REFUSED : BatchModel.accepted(version);
    } catch (ArchiveException e) {
      return BatchModel.REFUSED;
    }
  }

  private static LogicalPath path(int file) {
    return LogicalPath.parse("/" + file);
  }

  private static BatchState declared(long millis, long version) {
    return declared(BatchId.create(millis, RANDOM), version);
  }

  private static BatchState declared(BatchId id, long version) {
    return new BatchState(
        id,
        "sess_x",
        version,
        BatchStatus.UPLOADING,
        "Ada",
        "/",
        "0".repeat(26),
        null,
        null,
        1,
        1,
        0,
        0,
        0,
        0,
        Instant.EPOCH,
        Instant.EPOCH,
        null,
        null,
        null);
  }
}
