package dev.archive.server.ingest;

import static dev.archive.server.ingest.Checks.agreed;
import static dev.archive.server.ingest.Checks.path;
import static dev.archive.server.ingest.Checks.require;
import static dev.archive.server.ingest.Checks.requireUploading;

import dev.archive.ledger.BatchLedger;
import dev.archive.ledger.BatchLedger.Change;
import dev.archive.ledger.BatchState;
import dev.archive.ledger.EntryState;
import dev.archive.ledger.Registration;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Operation;
import dev.archive.model.Result;
import dev.archive.server.ingest.ArrivedObjects.Key;
import dev.archive.storage.ByteStore;
import dev.archive.storage.KeyLocks;
import dev.archive.wire.Json;
import dev.archive.wire.Messages.FileStatus;
import dev.archive.wire.Messages.ForgetAnswer;
import dev.archive.wire.Messages.ForgetRequest;
import dev.archive.wire.Messages.PartRange;
import dev.archive.wire.Messages.PartUrl;
import dev.archive.wire.Messages.PartsAnswer;
import dev.archive.wire.Messages.PartsRequest;
import dev.archive.wire.Messages.Processing;
import dev.archive.wire.Messages.StartAnswer;
import dev.archive.wire.Messages.StartRequest;
import dev.archive.wire.Results;
import dev.archive.wire.Routes;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.random.RandomGenerator;

/** Registers files in a batch and says where their bytes go; removes registrations. */
final class Registrations {
  private static final long MIB = 1 << 20;

  private static final long MULTIPART_FROM = 5 * MIB;

  private static final long PART_SIZE = 10 * MIB;

  /** The largest size that every reader of JSON keeps exactly, and far from where sums overflow. */
  private static final long MAX_BYTES = (1L << 53) - 1;

  private final BatchLedger ledger;
  private final ByteStore store;
  private final GrantSigner signer;
  private final Activity activity;
  private final BatchesInUse inUse;
  private final KeyLocks<Key> objects;
  private final ArrivedObjects arrived;
  private final PartPages pages;
  private final Clock clock;
  private final RandomGenerator random;

  Registrations(
      BatchLedger ledger,
      ByteStore store,
      GrantSigner signer,
      Activity activity,
      BatchesInUse inUse,
      KeyLocks<Key> objects,
      ArrivedObjects arrived,
      PartPages pages,
      Clock clock,
      RandomGenerator random) {
    this.ledger = ledger;
    this.store = store;
    this.signer = signer;
    this.activity = activity;
    this.inUse = inUse;
    this.objects = objects;
    this.arrived = arrived;
    this.pages = pages;
    this.clock = clock;
    this.random = random;
  }

  /**
   * Registers a file and says where its bytes go.
   *
   * @param base what the presigned URLs begin with: scheme, host and port
   */
  Started start(BatchId id, StartRequest request, String base, Operation operation) {
    Registration wanted = registration(id, request);
    try (Activity.UnderWay use = activity.begin(id)) {
      Change change = ledger.register(id, wanted, operation);
      PartPages.Upload parts = parts(id, change, request, base);
      boolean whole = parts == null || request.partUrls() != null || parts.count() <= PartPages.MAX;
      PartPages.Page page =
          parts == null || !whole ? null : pages.page(parts, request.partUrls(), PartPages.MAX);
      StartAnswer answer = started(id, change, request, page, base);
      return whole ? new Started(answer, null, null) : new Started(answer, pages, parts);
    }
  }

  /** Null where the file has no parts. */
  private static PartPages.Upload parts(
      BatchId id, Change change, StartRequest request, String base) {
    Registration file = change.entry().registration();
    return file.uploadId() == null ? null : new PartPages.Upload(id, file, request.bound(), base);
  }

  /**
   * Registers many files, each as if it came alone, but for the URLs of parts: there are at most
   * {@value PartPages#MAX} of them in all, and pages that go on.
   */
  Results<StartAnswer> startAll(
      BatchId id, List<StartRequest> requests, String base, Operation operation) {
    requireUploading(ledger.batch(id));
    List<Result<Registration>> wanted =
        requests.stream().map(request -> Result.tried(() -> registration(id, request))).toList();
    try (Activity.UnderWay use = activity.begin(id)) {
      List<Result<Change>> changes =
          Result.inPlace(wanted, registrations -> ledger.registerAll(id, registrations, operation));
      Iterator<StartRequest> asked = requests.iterator();
      List<Result<StartAnswer>> answers = new ArrayList<>();
      int room = PartPages.MAX;
      for (Result<Change> change : changes) {
        Result<StartAnswer> answer = started(id, change, asked.next(), room, base);
        answers.add(answer);
        boolean parts = answer.failure() == null && answer.value().presignedUrls() != null;
        room -= parts ? answer.value().presignedUrls().size() : 0;
      }
      return new Results<>(answers, ledger.batch(id).version());
    }
  }

  private Result<StartAnswer> started(
      BatchId id, Result<Change> change, StartRequest request, int room, String base) {
    return change.then(
        done ->
            Result.tried(
                () -> {
                  PartPages.Upload parts = parts(id, done, request, base);
                  return started(
                      id,
                      done,
                      request,
                      parts == null ? null : pages.page(parts, request.partUrls(), room),
                      base);
                }));
  }

  private Registration registration(BatchId id, StartRequest request) {
    require(request != null, "files has an element that is null");
    LogicalPath path = LogicalPath.parse(request.logicalPath());
    store.requireStorable(id, path);
    require(
        request.fileSize() != null && request.fileSize() >= 0 && request.fileSize() <= MAX_BYTES,
        "file_size must be a number from 0 to " + MAX_BYTES);
    PartPages.requireRange(request.partUrls());
    long size = request.fileSize();
    requireRoom(id, path, size);
    boolean multipart = size >= MULTIPART_FROM;
    return new Registration(
        path,
        size,
        agreed(request.sha256(), request.cid()),
        request.contentType(),
        Json.text(request.processingConfig() == null ? Processing.ALL : request.processingConfig()),
        multipart ? BatchId.ulid(clock.millis(), random) : null,
        multipart ? partSize(size) : null);
  }

  /**
   * Refuses a file that cannot fit before anything of it is sent. One that is registered with this
   * size already goes on: of its bytes, some are here.
   */
  private void requireRoom(BatchId id, LogicalPath path, long size) {
    long room = store.room();
    if (size <= room) {
      return;
    }
    requireUploading(ledger.batch(id));
    boolean known = !ledger.registered(id, List.of(path.toString())).isEmpty();
    if (!known || ledger.entry(id, path).registration().size() != size) {
      throw new ArchiveException(
          ErrorCode.STORAGE_FULL,
          String.format(
              Locale.ROOT,
              "the file has %s and the archive's disk has room for %,d: it was not"
                  + " registered; make room there, and run the same command again",
              Count.of(size, "byte"),
              room),
          Map.of("declared", size, "free", room),
          null);
    }
  }

  private StartAnswer started(
      BatchId id, Change change, StartRequest request, PartPages.Page page, String base) {
    Registration known = change.entry().registration();
    boolean simple = known.uploadId() == null;
    return new StartAnswer(
        Routes.key(id, known.path()),
        simple ? StartAnswer.SIMPLE : StartAnswer.MULTIPART,
        simple
            ? base + signer.sign(new Grant(id, known.path(), null, 0, known.size(), known.sha256()))
            : null,
        known.uploadId(),
        known.partSize(),
        page == null ? null : page.urls(),
        page == null || change.entry().completed() ? null : page.received(),
        FileStatus.status(change.entry().completed()),
        change.version(),
        request.bound() && simple ? Map.of("Content-Type", known.contentType()) : null,
        page == null ? null : page.next());
  }

  /**
   * The URLs of more parts of an upload that was started.
   *
   * @throws ArchiveException {@link ErrorCode#CONFLICT} where the file has another upload by now
   */
  PartsAnswer parts(BatchId id, PartsRequest request, String base) {
    PartRange range = PartPages.requireRange(new PartRange(request.from(), request.max()));
    LogicalPath path = path(ledger, id, request.r2Key());
    require(request.uploadId() != null && !request.uploadId().isEmpty(), "upload_id is missing");
    try (Activity.UnderWay use = activity.begin(id)) {
      BatchState batch = ledger.batch(id);
      requireUploading(batch);
      EntryState entry = ledger.entry(id, path);
      Registration file = entry.registration();
      if (!request.uploadId().equals(file.uploadId())) {
        throw new ArchiveException(
            ErrorCode.CONFLICT,
            "upload_id is not that of the upload of " + path + "; start the file again");
      }
      PartPages.Page page =
          pages.page(new PartPages.Upload(id, file, request.bound(), base), range, PartPages.MAX);
      return new PartsAnswer(
          file.uploadId(),
          page.urls(),
          entry.completed() ? null : page.received(),
          page.next(),
          batch.version());
    }
  }

  private static long partSize(long size) {
    long least = (size + PartUrl.MAX_PARTS - 1) / PartUrl.MAX_PARTS;
    return Math.max(PART_SIZE, (least + MIB - 1) / MIB * MIB);
  }

  /**
   * Removes the registration of a file that is not complete, and its bytes; again, it changes
   * nothing.
   *
   * @throws ArchiveException {@link ErrorCode#CONFLICT} where the file is complete
   */
  ForgetAnswer forget(BatchId id, ForgetRequest request, Operation operation) {
    LogicalPath path = path(ledger, id, request.r2Key());
    Key object = new Key(id, path);
    return inUse.unlessGone(
        id,
        () -> {
          try (KeyLocks.Held held = objects.hold(object)) {
            BatchState batch = ledger.forget(id, path, operation);
            arrived.remove(object);
            // Where this is cut off, or bytes come late to another process, finalize removes them.
            store.removeObject(id, path);
            return new ForgetAnswer(true, batch.version());
          }
        });
  }
}
