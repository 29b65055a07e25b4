package dev.archive.server;

import dev.archive.bagit.TagFiles;
import dev.archive.durable.DurableFiles;
import dev.archive.ledger.BatchLedger;
import dev.archive.ledger.BatchState;
import dev.archive.ledger.Stamp;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.ErrorCode;
import dev.archive.model.Operation;
import dev.archive.server.bag.WholeBag;
import dev.archive.server.ingest.PutBack;
import dev.archive.server.work.Workers;
import dev.archive.storage.DirectoryByteStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes the ledger of an archive again from its bags. What an older ledger of this archive knows is
 * kept; a ledger that is damaged or belongs to another archive counts for nothing. The ledger that
 * was there is copied into quarantine first, and replaced only by one that is whole.
 */
public final class Rebuild {
  private static final Operation OPERATION = Operation.unnamed("rebuild");
  private static final String MADE = "rebuild.db";
  private static final List<String> SUFFIXES = List.of("", "-wal", "-shm", "-journal");

  private final Path root;
  private final Clock clock;
  private final Consumer<Outcome> told;
  private final DirectoryByteStore store;
  private final ArchiveIdentity identity;

  /** What became of one batch, or of the ledger. */
  public enum Result {
    /** The ledger that was there is kept, and added to. */
    KEPT,
    /** The ledger that was there is of no use. */
    UNUSABLE,
    /** The batch is finalized in the ledger again. */
    REBUILT,
    /** The bag does not prove itself; it stays where it is, or is in quarantine. */
    DAMAGED,
    /** Bytes of a batch that was not finalized are in quarantine. */
    QUARANTINED
  }

  /**
   * One thing that was done.
   *
   * @param what the id of a batch, or {@code ledger}
   * @param detail more in words, or null
   */
  public record Outcome(
      String what, Result result, long files, long bytes, @Nullable String detail) {}

  private Rebuild(
      Path root,
      Clock clock,
      Consumer<Outcome> told,
      DirectoryByteStore store,
      ArchiveIdentity identity) {
    this.root = root;
    this.clock = clock;
    this.told = told;
    this.store = store;
    this.identity = identity;
  }

  /**
   * Rebuilds the ledger of a root that no server uses.
   *
   * @param told of each thing that was done
   * @throws ArchiveException {@link ErrorCode#USAGE} where it is not an archive root, {@link
   *     ErrorCode#LOCKED} where it is in use
   */
  public static void of(Path directory, Clock clock, Consumer<Outcome> told) throws IOException {
    Path root = directory.toAbsolutePath().normalize();
    if (!Files.isDirectory(root.resolve("batches"))) {
      throw new ArchiveException(
          ErrorCode.USAGE, root + " is not an archive root: it has no batches; nothing was done");
    }
    try (RootLock lock = RootLock.take(root, false)) {
      DirectoryByteStore store = new DirectoryByteStore(root, Runnable::run);
      new Rebuild(root, clock, told, store, ArchiveIdentity.of(root, store.batchesWithBytes()))
          .run();
    }
  }

  private void run() throws IOException {
    deleteMade();
    BatchLedger ledger = open();
    try {
      for (BatchId id : sorted(store.bags())) {
        bag(ledger, id);
      }
      for (BatchId id : sorted(store.staged())) {
        if (ledger.find(id) == null) {
          setAside(id, false);
        }
      }
      PutBack.known(ledger, store.quarantine());
      if (ledger.stamp() == null) {
        ledger.stamp(identity.id() == null ? ArchiveIdentity.ulid(clock) : identity.id());
      }
      ledger.raise(identity.generation(), ArchiveIdentity.ulid(clock));
    } catch (IOException | RuntimeException e) {
      ledger.close();
      deleteMade();
      throw e;
    }
    Stamp stamp = ledger.stamp();
    ledger.close();
    replace();
    new RootMark(stamp.generation(), stamp.mark()).write(root);
    if (identity.id() == null) {
      ArchiveIdentity.writeId(root, stamp.archiveId());
    }
  }

  private static List<BatchId> sorted(List<BatchId> ids) {
    return ids.stream().sorted(Comparator.comparing(BatchId::value)).toList();
  }

  /** Begins with a copy of the ledger that is there, or with an empty one. */
  private BatchLedger open() throws IOException {
    Path old = root.resolve(ArchiveIdentity.LEDGER);
    String unusable = "it is missing";
    String odd = null;
    if (Files.exists(old)) {
      if (BatchLedger.isNewer(old)) {
        throw new ArchiveException(
            ErrorCode.USAGE,
            "the ledger "
                + old
                + " was written by a newer archive; nothing was done, use that one");
      }
      boolean foreignLog = identity.isOlderThanItsLog();
      unusable = copied(old, foreignLog);
      odd = foreignLog ? "without state.db-wal, which belongs to a newer ledger" : null;
    }
    BatchLedger ledger = opened();
    Stamp stamp = ledger.stamp();
    ArchiveIdentity.Fit fit = identity.fit(stamp);
    if (fit == ArchiveIdentity.Fit.FOREIGN || fit == ArchiveIdentity.Fit.DIVERGED) {
      ledger.close();
      deleteMade();
      ledger = opened();
      unusable = "it belongs to another archive, or to another copy of this one";
    }
    told.accept(
        new Outcome(
            "ledger",
            unusable == null ? Result.KEPT : Result.UNUSABLE,
            0,
            0,
            unusable == null ? odd : unusable));
    return ledger;
  }

  private BatchLedger opened() {
    return new BatchLedger(root.resolve(MADE), clock, Workers::ledgerWriter, BatchLedger.PATIENCE);
  }

  /** Returns why the ledger that is there cannot be used, or null where it can. */
  private @Nullable String copied(Path old, boolean foreignLog) throws IOException {
    store
        .quarantine()
        .keepCopies(
            List.of(Path.of(ArchiveIdentity.LEDGER), Path.of(ArchiveIdentity.LEDGER + "-wal")),
            "the ledger as it was before archive rebuild",
            "it was replaced",
            clock.instant());
    if (Files.size(old) == 0) {
      return "it is empty";
    }
    try {
      Files.createFile(root.resolve(MADE));
      if (foreignLog) {
        BatchLedger.copyWithoutLog(old, root.resolve(MADE));
      } else {
        BatchLedger.copy(old, root.resolve(MADE));
      }
      return null;
    } catch (ArchiveException e) {
      if (e.code() != ErrorCode.USAGE) {
        throw e;
      }
      deleteMade();
      return "it is damaged";
    }
  }

  private void bag(BatchLedger ledger, BatchId id) throws IOException {
    BatchState known = ledger.find(id);
    boolean closed = store.hasTag(id, TagFiles.TAG_MANIFEST);
    if (known == null) {
      if (!closed) {
        setAside(id, true);
      } else {
        adopt(ledger, id);
      }
    } else if (known.status() == BatchStatus.UPLOADING && closed && !store.isClosing(id)) {
      if (!adopt(ledger, id)) {
        ledger.abort(id, OPERATION);
        setAside(id, true);
      }
    }
  }

  private boolean adopt(BatchLedger ledger, BatchId id) throws IOException {
    try {
      WholeBag bag = new WholeBag(root, id);
      BatchState batch =
          ledger.adopt(
              bag.batch("sess_" + ArchiveIdentity.ulid(clock)),
              bag::forEach,
              bag.skipped(),
              bag.manifest(),
              bag.attributes(),
              bag.closedAt(),
              OPERATION);
      told.accept(
          new Outcome(
              id.value(), Result.REBUILT, batch.completedFiles(), batch.completedBytes(), null));
      return true;
    } catch (ArchiveException e) {
      if (e.code() != ErrorCode.FIXITY_MISMATCH) {
        throw e;
      }
      told.accept(new Outcome(id.value(), Result.DAMAGED, 0, 0, e.getMessage()));
      return false;
    }
  }

  private void setAside(BatchId id, boolean bag) {
    String entry =
        store.setAside(
            id,
            bag,
            "archive rebuild: the batch was not finalized, or is damaged",
            clock.instant());
    if (entry != null) {
      told.accept(new Outcome(id.value(), Result.QUARANTINED, 0, 0, entry));
    }
  }

  /** The new ledger takes the place of the one that was there. */
  private void replace() throws IOException {
    Path made = root.resolve(MADE);
    if (Files.exists(root.resolve(MADE + "-wal"))) {
      throw new ArchiveException(
          ErrorCode.UNAVAILABLE, "another process has opened " + made + "; run it again");
    }
    for (String suffix : SUFFIXES) {
      if (!suffix.isEmpty()) {
        Files.deleteIfExists(root.resolve(ArchiveIdentity.LEDGER + suffix));
      }
    }
    DurableFiles.forceDirectory(root);
    Files.move(made, root.resolve(ArchiveIdentity.LEDGER), StandardCopyOption.ATOMIC_MOVE);
    DurableFiles.forceDirectory(root);
  }

  private void deleteMade() {
    try {
      for (String suffix : SUFFIXES) {
        Files.deleteIfExists(root.resolve(MADE + suffix));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
