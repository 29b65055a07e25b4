package dev.archive.server.ingest;

import dev.archive.ledger.BatchLedger;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.model.Operation;
import dev.archive.model.Sha256;
import dev.archive.server.ingest.ArrivedObjects.Key;
import dev.archive.storage.ByteStore;
import dev.archive.storage.Incoming;
import dev.archive.storage.KeyLocks;
import dev.archive.storage.Spool;
import dev.archive.wire.Messages.AbortAnswer;
import dev.archive.wire.Messages.BundledFile;
import dev.archive.wire.Messages.CompleteAnswer;
import dev.archive.wire.Messages.CompleteRequest;
import dev.archive.wire.Messages.FinalizeAnswer;
import dev.archive.wire.Messages.FinalizeRequest;
import dev.archive.wire.Messages.ForgetAnswer;
import dev.archive.wire.Messages.ForgetRequest;
import dev.archive.wire.Messages.InitAnswer;
import dev.archive.wire.Messages.InitRequest;
import dev.archive.wire.Messages.PartsAnswer;
import dev.archive.wire.Messages.PartsRequest;
import dev.archive.wire.Messages.StartAnswer;
import dev.archive.wire.Messages.StartRequest;
import dev.archive.wire.Results;
import java.time.Clock;
import java.util.List;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/**
 * What the server does, without HTTP: each use case of the ingest API as one method. The work is
 * done by those who know one subject each: {@link Batches}, {@link Registrations}, {@link
 * Arrivals}, {@link Completions}, {@link Finalization}.
 */
public final class IngestService {
  private final Batches batches;
  private final Registrations registrations;
  private final Arrivals arrivals;
  private final Completions completions;
  private final Finalization finalization;

  /**
   * The use cases of one archive.
   *
   * @param spools hold bundles of a batch until all of them is there
   */
  public IngestService(
      BatchLedger ledger,
      ByteStore store,
      Function<BatchId, Spool> spools,
      GrantSigner signer,
      Activity activity,
      Clock clock,
      RandomGenerator random) {
    GoneBatches gone = new GoneBatches(ledger, store, clock);
    BatchesInUse inUse = new BatchesInUse(ledger, activity, gone);
    KeyLocks<Key> objects = new KeyLocks<>();
    ArrivedObjects arrived = new ArrivedObjects();
    HeldParts heldParts = new HeldParts(ledger, store);
    PartPages pages = new PartPages(ledger, heldParts, objects, signer);
    this.batches = new Batches(ledger, store, gone, clock, random);
    this.registrations =
        new Registrations(
            ledger, store, signer, activity, inUse, objects, arrived, pages, clock, random);
    this.arrivals = new Arrivals(ledger, store, spools, inUse, objects, arrived, heldParts);
    this.completions = new Completions(ledger, store, inUse, objects, arrived, heldParts);
    this.finalization = new Finalization(ledger, store, inUse, objects, clock);
  }

  /** Opens a batch. */
  public InitAnswer init(InitRequest request, Operation operation) {
    return batches.init(request, operation);
  }

  /**
   * Gives up a batch that is not finalized: its state first, then its bytes. Again, it changes
   * nothing.
   *
   * @throws ArchiveException {@link ErrorCode#CONFLICT} where it is finalized
   */
  public AbortAnswer abort(BatchId id, Operation operation) {
    return batches.abort(id, operation);
  }

  /**
   * Registers a file and says where its bytes go.
   *
   * @param base what the presigned URLs begin with: scheme, host and port
   */
  public Started start(BatchId id, StartRequest request, String base, Operation operation) {
    return registrations.start(id, request, base, operation);
  }

  /**
   * Registers many files, each as if it came alone, but for the URLs of parts: there are at most
   * {@value PartPages#MAX} of them in all, and pages that go on.
   */
  public Results<StartAnswer> startAll(
      BatchId id, List<StartRequest> requests, String base, Operation operation) {
    return registrations.startAll(id, requests, base, operation);
  }

  /**
   * The URLs of more parts of an upload that was started.
   *
   * @throws ArchiveException {@link ErrorCode#CONFLICT} where the file has another upload by now
   */
  public PartsAnswer parts(BatchId id, PartsRequest request, String base) {
    return registrations.parts(id, request, base);
  }

  /**
   * Removes the registration of a file that is not complete, and its bytes; again, it changes
   * nothing.
   *
   * @throws ArchiveException {@link ErrorCode#CONFLICT} where the file is complete
   */
  public ForgetAnswer forget(BatchId id, ForgetRequest request, Operation operation) {
    return registrations.forget(id, request, operation);
  }

  /**
   * Takes the bytes that a presigned URL allows; the ETag when they are finished.
   *
   * @param length how many bytes the sender says that there are; -1 where it does not say
   * @param declared the digest that the sender gives for them, or null
   */
  public Incoming<String> put(Grant grant, long length, Sha256 declared) {
    return arrivals.put(grant, length, declared);
  }

  /** Takes a bundle of many small files, which are stored when all of it has arrived. */
  public Incoming<Results<BundledFile>> bundle(BatchId id, Operation operation) {
    return arrivals.bundle(id, operation);
  }

  /** Completes a file. */
  public CompleteAnswer complete(BatchId id, CompleteRequest request, Operation operation) {
    return completions.complete(id, request, operation);
  }

  /** Completes many files, each as if it came alone. */
  public Results<CompleteAnswer> completeAll(
      BatchId id, List<CompleteRequest> requests, Operation operation) {
    return completions.completeAll(id, requests, operation);
  }

  /**
   * Keeps a page of the attributes of a batch's names until it is finalized.
   *
   * @param page its number, from 0
   * @param last whether no page comes behind it
   */
  public void putAttributes(BatchId id, int page, boolean last, byte[] lines) {
    finalization.putAttributes(id, page, last, lines);
  }

  /** Finalizes a batch, once: later and concurrent callers get the same receipt. */
  public FinalizeAnswer finalizeBatch(BatchId id, FinalizeRequest request, Operation operation) {
    return finalization.finalizeBatch(id, request, operation);
  }
}
