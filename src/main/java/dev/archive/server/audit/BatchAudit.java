package dev.archive.server.audit;

import dev.archive.ledger.BatchLedger;
import dev.archive.ledger.BatchLedger.Order;
import dev.archive.ledger.BatchState;
import dev.archive.ledger.EntryState;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.Defect;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sample;
import dev.archive.storage.StoreReader;
import dev.archive.storage.StoreReader.Bytes;
import dev.archive.storage.StoreReader.Held;
import dev.archive.wire.Messages.AuditFinding;
import dev.archive.wire.Messages.AuditPage;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Compares the ledger of a batch with the bytes on the disk, all of them read again, a part of the
 * batch at a time. It takes no lock and changes nothing of what is stored, and only notes what was
 * read well: what is completed never changes, so it may run beside uploads, and only a batch that
 * is given up meanwhile takes its findings with it.
 */
public final class BatchAudit {
  /** The most files of a part, and the most names that it finds. */
  public static final int MAX_LIMIT = 1000;

  /** A part is cut short at so many bytes, but for as many files as are read at once. */
  private static final long BYTES = 1L << 30;

  /** What one thread checks before it takes more. */
  private static final int GROUP_FILES = 64;

  private static final long GROUP_BYTES = 1 << 20;

  /** How often progress is reported by default. */
  public static final Duration BEAT = Duration.ofSeconds(5);

  private final BatchLedger ledger;
  private final StoreReader store;
  private final ExecutorService workers;
  private final int parallel;
  private final Duration interval;
  private final Clock clock;

  /** Who looks on while a part is checked. */
  public interface Watch {
    /** Bytes were read; called from many threads. */
    void read(long bytes);

    /** It goes on; called now and then, by the thread that asked. A failure ends it. */
    void alive() throws IOException;
  }

  /**
   * An audit.
   *
   * @param workers read objects, so many at once as parallel says
   * @param interval how often progress is reported
   */
  public BatchAudit(
      BatchLedger ledger,
      StoreReader store,
      ExecutorService workers,
      int parallel,
      Duration interval,
      Clock clock) {
    this.ledger = ledger;
    this.store = store;
    this.workers = workers;
    this.parallel = parallel;
    this.interval = interval;
    this.clock = clock;
  }

  /**
   * Checks the next part of a batch.
   *
   * @param after where the last one ended
   * @param limit the most files and findings, from 1 to {@link #MAX_LIMIT}
   * @param readSince what was read well after this time is not read again; null to read all
   * @param idle whether nobody can be storing bytes of the batch
   * @throws ArchiveException {@link ErrorCode#BATCH_NOT_FOUND}; {@link ErrorCode#CONFLICT} where
   *     the batch was given up
   */
  public AuditPage page(
      BatchId id,
      AuditCursor after,
      int limit,
      Sample sample,
      Instant readSince,
      boolean idle,
      Watch watch)
      throws IOException {
    Part part = new Part(held(id), limit, watch);
    AuditCursor next =
        after.isAtFiles()
            ? part.files(after.version(), sample, readSince)
            : part.names(after.name(), idle);
    if (!part.findings.isEmpty()) {
      held(id);
    }
    return new AuditPage(
        id.value(),
        part.batch.status().toString(),
        part.files,
        part.filesRead,
        part.bytesRead,
        part.findings,
        next == null ? null : next.toString());
  }

  /**
   * Refuses a batch that {@link #page} would refuse, and reads no object.
   *
   * @throws ArchiveException where it is not known
   */
  public void requireHeld(BatchId id) {
    held(id);
  }

  /** The time so many seconds ago. */
  public Instant ago(long seconds) {
    return clock.instant().minusSeconds(seconds);
  }

  /** The batch, which must hold something. */
  BatchState held(BatchId id) {
    BatchState batch = ledger.batch(id);
    if (batch.status().isGone()) {
      throw new ArchiveException(
          ErrorCode.CONFLICT,
          "batch " + id + " is " + batch.status() + ": it holds nothing that could be checked");
    }
    return batch;
  }

  /** One part while it is being checked. */
  private final class Part {
    private final BatchState batch;
    private final int limit;
    private final Watch watch;
    private final List<AuditFinding> findings = new ArrayList<>();
    private long files;
    private long filesRead;
    private long bytesRead;
    private long beat = System.nanoTime();

    Part(BatchState batch, int limit, Watch watch) {
      this.batch = batch;
      this.limit = limit;
      this.watch = watch;
    }

    AuditCursor files(long since, Sample sample, Instant readSince) throws IOException {
      Instant began = clock.instant();
      List<EntryState> rows = rows(since);
      List<Future<List<Checked>>> running = new ArrayList<>();
      try {
        for (List<EntryState> group : groups(rows)) {
          running.add(
              workers.submit(
                  () -> group.stream().map(row -> check(row, sample, readSince)).toList()));
        }
        List<EntryState> right = new ArrayList<>();
        for (Future<List<Checked>> group : running) {
          for (Checked checked : await(group)) {
            note(checked);
            if (checked.isRight()) {
              right.add(checked.row);
            }
          }
        }
        ledger.noteReads(batch.id(), right, began);
      } catch (RejectedExecutionException e) {
        throw stopping(e);
      } finally {
        running.forEach(each -> each.cancel(true));
      }
      return rows.isEmpty()
          ? AuditCursor.afterName("")
          : AuditCursor.afterFile(rows.get(rows.size() - 1).version());
    }

    /** To hand over a small object alone costs more than to read it. */
    private List<List<EntryState>> groups(List<EntryState> rows) {
      List<List<EntryState>> groups = new ArrayList<>();
      long bytes = GROUP_BYTES;
      for (EntryState row : rows) {
        if (bytes >= GROUP_BYTES || groups.get(groups.size() - 1).size() == GROUP_FILES) {
          groups.add(new ArrayList<>());
          bytes = 0;
        }
        groups.get(groups.size() - 1).add(row);
        bytes += row.registration().size();
      }
      return groups;
    }

    private List<EntryState> rows(long since) throws IOException {
      List<EntryState> rows = new ArrayList<>();
      long[] bytes = {0};
      ledger.snapshot(
          batch.id(),
          Order.VERSION,
          since,
          limit,
          unused -> {},
          row -> {
            if (bytes[0] < BYTES || rows.size() < parallel) {
              rows.add(row);
              bytes[0] += row.registration().size();
            }
          });
      return rows;
    }

    private void note(Checked checked) {
      files++;
      if (checked.held instanceof Bytes bytes && bytes.sha256() != null) {
        filesRead++;
        bytesRead += bytes.size();
      }
      if (checked.finding != null) {
        findings.add(checked.finding);
      }
    }

    private Checked check(EntryState row, Sample sample, Instant readSince) {
      LogicalPath path = row.registration().path();
      long size = row.registration().size();
      if (!row.completed()) {
        return new Checked(row, null, Findings.of(path.toString(), Defect.UNFINISHED));
      }
      Held held = store.look(batch.id(), path);
      if (held instanceof Bytes seen
          && seen.size() == size
          && sample.has(batch.id(), path)
          && !wasRead(row, readSince)) {
        held = store.read(batch.id(), path, watch::read);
      }
      return new Checked(row, held, Findings.of(path.toString(), held, size, row.sha256()));
    }

    /** A time that is not over yet proves nothing: the clock was ahead. */
    private boolean wasRead(EntryState row, Instant since) {
      return since != null
          && row.readAt() != null
          && row.readAt().isAfter(since)
          && !row.readAt().isAfter(clock.instant());
    }

    private <T> T await(Future<T> work) throws IOException {
      while (true) {
        try {
          return work.get(interval.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
          if (workers.isShutdown()) {
            throw stopping(e);
          }
          watch.alive();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw interrupted(e);
        } catch (ExecutionException e) {
          if (e.getCause() instanceof RuntimeException known) {
            throw known;
          }
          throw new IllegalStateException(e.getCause());
        }
      }
    }

    AuditCursor names(String after, boolean idle) throws IOException {
      if (after.isEmpty() && batch.status().isFinalized()) {
        findings.addAll(new BagAudit(ledger, store, batch, this::beat).findings());
      }
      StrangeNames strange = new StrangeNames(ledger, store, batch, after, limit, this::beat);
      findings.addAll(strange.find(idle));
      return strange.last() == null ? null : AuditCursor.afterName(strange.last());
    }

    /** To be called often by what takes long. */
    private void beat() throws IOException {
      if (Thread.currentThread().isInterrupted()) {
        throw interrupted(null);
      }
      if (System.nanoTime() - beat > interval.toNanos()) {
        beat = System.nanoTime();
        watch.alive();
      }
    }
  }

  private record Checked(EntryState row, Held held, AuditFinding finding) {
    /** Whether its bytes were read, and are what was stored. */
    boolean isRight() {
      return finding == null && held instanceof Bytes bytes && bytes.sha256() != null;
    }
  }

  private static ArchiveException stopping(Exception e) {
    return new ArchiveException(ErrorCode.UNAVAILABLE, "the server is shutting down", e);
  }

  private static ArchiveException interrupted(Exception e) {
    return new ArchiveException(ErrorCode.INTERRUPTED, "interrupted", e);
  }
}
