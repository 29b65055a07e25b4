package dev.archive.server.ingest;

import dev.archive.bagit.PayloadManifest;
import dev.archive.bagit.TagFiles;
import dev.archive.durable.Failpoint;
import dev.archive.ledger.BatchLedger;
import dev.archive.ledger.BatchLedger.Change;
import dev.archive.ledger.BatchLedger.Order;
import dev.archive.ledger.BatchLedger.PartState;
import dev.archive.ledger.BatchState;
import dev.archive.ledger.EntryState;
import dev.archive.ledger.Registration;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.Count;
import dev.archive.model.Entry;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Operation;
import dev.archive.model.Result;
import dev.archive.model.Sha256;
import dev.archive.model.VersionCondition;
import dev.archive.server.bag.Amendment;
import dev.archive.server.bag.BagInfo;
import dev.archive.server.ingest.ArrivedObjects.Key;
import dev.archive.storage.DirectoryByteStore;
import dev.archive.storage.DirectoryByteStore.LoosePart;
import dev.archive.storage.DirectoryByteStore.PartWriter;
import dev.archive.storage.DirectoryByteStore.Piece;
import dev.archive.storage.DirectoryByteStore.Staged;
import dev.archive.storage.DirectoryByteStore.Stored;
import dev.archive.storage.Incoming;
import dev.archive.storage.KeyLocks;
import dev.archive.storage.ObjectStamp;
import dev.archive.wire.Json;
import dev.archive.wire.Messages.AbortAnswer;
import dev.archive.wire.Messages.BundledFile;
import dev.archive.wire.Messages.CompleteAnswer;
import dev.archive.wire.Messages.CompleteRequest;
import dev.archive.wire.Messages.Expected;
import dev.archive.wire.Messages.FileStatus;
import dev.archive.wire.Messages.FinalizeAnswer;
import dev.archive.wire.Messages.FinalizeRequest;
import dev.archive.wire.Messages.ForgetAnswer;
import dev.archive.wire.Messages.ForgetRequest;
import dev.archive.wire.Messages.InitAnswer;
import dev.archive.wire.Messages.InitRequest;
import dev.archive.wire.Messages.Part;
import dev.archive.wire.Messages.PartRange;
import dev.archive.wire.Messages.PartUrl;
import dev.archive.wire.Messages.PartsAnswer;
import dev.archive.wire.Messages.PartsRequest;
import dev.archive.wire.Messages.Processing;
import dev.archive.wire.Messages.Skipped;
import dev.archive.wire.Messages.StartAnswer;
import dev.archive.wire.Messages.StartRequest;
import dev.archive.wire.MetadataRules;
import dev.archive.wire.RawJson;
import dev.archive.wire.Results;
import dev.archive.wire.Routes;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * What the server does, without HTTP: each use case of the ingest API as one method on model
 * values.
 */
public final class IngestService {
  private static final long MIB = 1 << 20;
  private static final long MULTIPART_FROM = 5 * MIB;
  private static final long PART_SIZE = 10 * MIB;

  /** The largest size that every reader of JSON keeps exactly, and far from where sums overflow. */
  private static final long MAX_BYTES = (1L << 53) - 1;

  static final int MAX_NAMED = 100;
  private static final int FINALIZE_TRIES = 20;

  private final BatchLedger ledger;
  private final DirectoryByteStore store;
  private final GoneBatches gone;
  private final GrantSigner signer;
  private final Activity activity;
  private final Clock clock;
  private final RandomGenerator random;
  private final KeyLocks<Key> objects = new KeyLocks<>();
  private final KeyLocks<String> finalizing = new KeyLocks<>();
  private final ArrivedObjects arrived = new ArrivedObjects();
  private final HeldParts heldParts;
  private final PartPages pages;
  private final Bundles bundles;

  public IngestService(
      BatchLedger ledger,
      DirectoryByteStore store,
      GrantSigner signer,
      Activity activity,
      Clock clock,
      RandomGenerator random) {
    this.ledger = ledger;
    this.store = store;
    this.gone = new GoneBatches(ledger, store, clock);
    this.signer = signer;
    this.activity = activity;
    this.clock = clock;
    this.random = random;
    this.heldParts = new HeldParts(ledger, store);
    this.pages = new PartPages(ledger, heldParts, objects, signer);
    this.bundles = new Bundles(ledger, store, objects, arrived);
  }

  public InitAnswer init(InitRequest request, Operation operation) {
    require(request.uploader() != null && !request.uploader().isBlank(), "uploader is missing");
    String rootPath = rootPath(request.rootPath());
    MetadataRules.check("metadata", request.metadata());
    MetadataRules.check("custom_prompts", request.customPrompts());
    if (!operation.condition().equals(VersionCondition.NONE)) {
      throw new ArchiveException(
          ErrorCode.VERSION_CONFLICT, "If-Match cannot hold: init opens a batch; nothing was done");
    }
    require(
        request.fileCount() != null && request.fileCount() >= 0,
        "file_count must be a number from 0 on");
    require(
        request.totalSize() != null && request.totalSize() >= 0,
        "total_size must be a number from 0 on");
    String parent =
        request.parentPi() == null || request.parentPi().isEmpty()
            ? BatchState.NO_PARENT
            : request.parentPi();
    require(parent.matches("[0-9A-Z]{26}"), "parent_pi must be 26 characters of 0-9 and A-Z");
    requireRoom(request.totalSize(), operation);
    long now = clock.millis();
    BatchState created =
        ledger.create(
            new BatchState(
                BatchId.create(now, random),
                "sess_" + BatchId.ulid(now, random),
                1,
                BatchStatus.UPLOADING,
                request.uploader(),
                rootPath,
                parent,
                text(request.metadata()),
                text(request.customPrompts()),
                request.fileCount(),
                request.totalSize(),
                0,
                0,
                0,
                clock.instant(),
                clock.instant(),
                null,
                null,
                null),
            operation);
    return new InitAnswer(created.id().value(), created.sessionId(), created.version());
  }

  /** Without empty segments and a slash at its end, which callers of the base API may send. */
  private static String rootPath(String given) {
    require(given != null && given.startsWith("/"), "root_path must start with /");
    String path = given.replaceAll("/+", "/");
    path = path.length() > 1 && path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    return path.equals("/") ? path : LogicalPath.parse(path).toString();
  }

  /**
   * Refuses a batch that cannot fit before anything of it is sent. One that was opened already goes
   * on: of what it declares, some is here. What other batches still want to send is not counted,
   * for many of them never will.
   */
  private void requireRoom(long declared, Operation operation) {
    long room = store.room();
    if (declared > room && (!operation.keyed() || ledger.findByKey(operation.id()) == null)) {
      throw new ArchiveException(
          ErrorCode.STORAGE_FULL,
          String.format(
              Locale.ROOT,
              "the batch declares %s and the archive's disk has room for %,d: nothing was"
                  + " registered. Make room there, and run the same command again",
              Count.of(declared, "byte"),
              room),
          Map.of("declared", declared, "free", room),
          null);
    }
  }

  /**
   * Registers a file and says where its bytes go.
   *
   * @param base what the presigned URLs begin with: scheme, host and port
   */
  public Started start(BatchId id, StartRequest request, String base, Operation operation) {
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
  public Results<StartAnswer> startAll(
      BatchId id, List<StartRequest> requests, String base, Operation operation) {
    requireUploading(ledger.batch(id));
    List<Result<Registration>> wanted =
        requests.stream().map(request -> Result.tried(() -> registration(id, request))).toList();
    try (Activity.UnderWay use = activity.begin(id)) {
      List<Result<Change>> changes =
          inPlace(wanted, registrations -> ledger.registerAll(id, registrations, operation));
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

  /** Does something with those of many that have not failed; the others keep their places. */
  private static <T, R> List<Result<R>> inPlace(
      List<Result<T>> items, Function<List<T>, List<Result<R>>> work) {
    Iterator<Result<R>> done =
        work.apply(
                items.stream().filter(item -> item.failure() == null).map(Result::value).toList())
            .iterator();
    return items.stream().map(item -> item.then(unused -> done.next())).toList();
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
  public PartsAnswer parts(BatchId id, PartsRequest request, String base) {
    PartRange range = PartPages.requireRange(new PartRange(request.from(), request.max()));
    LogicalPath path = path(id, request.r2Key());
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
   * Takes the bytes that a presigned URL allows; the ETag when they are finished.
   *
   * @param length how many bytes the sender says that there are; -1 where it does not say
   * @param declared the digest that the sender gives for them, or null
   */
  public Incoming<String> put(Grant grant, long length, Sha256 declared) {
    return new InUse<>(grant.batch(), () -> putBytes(grant, length, declared));
  }

  private Incoming<String> putBytes(Grant grant, long length, Sha256 declared) {
    BatchState batch = ledger.batch(grant.batch());
    requireNotGone(batch);
    EntryState entry = ledger.entry(grant.batch(), grant.path());
    requireCurrent(entry, grant);
    if (!grant.exact() && length != HeldParts.size(entry.registration(), grant.part())) {
      requireUploading(batch);
      requireNotCompleted(entry);
      return putLoosePart(length < 0 ? grant : grant.exactly(length), declared);
    }
    Grant exact = grant.exact() ? grant : grant.exactly(length);
    if (entry.completed()) {
      return putAgain(entry, exact);
    }
    requireUploading(batch);
    return grant.uploadId() == null ? putWhole(exact, declared) : putPart(exact, declared);
  }

  /** Bytes that arrive for a batch, which is in use until they are closed. */
  private final class InUse<R> implements Incoming<R> {
    private final BatchId id;
    private final Activity.UnderWay use;
    private final Incoming<R> bytes;

    InUse(BatchId id, Supplier<Incoming<R>> begin) {
      this.id = id;
      this.use = activity.begin(id);
      boolean begun = false;
      try {
        this.bytes = unlessGone(id, begin);
        begun = true;
      } finally {
        if (!begun) {
          use.close();
        }
      }
    }

    @Override
    public void write(ByteBuffer more) {
      unlessGone(
          id,
          () -> {
            bytes.write(more);
            return null;
          });
    }

    @Override
    public R finish() {
      return unlessGone(id, bytes::finish);
    }

    @Override
    public ArchiveException broken(ArchiveException why) {
      try {
        return unlessGone(
            id,
            () -> {
              throw bytes.broken(why);
            });
      } catch (ArchiveException told) {
        return told;
      }
    }

    @Override
    public void close() {
      bytes.close();
      use.close();
    }
  }

  private static void requireNotCompleted(EntryState entry) {
    if (entry.completed()) {
      throw new ArchiveException(
          ErrorCode.CONFLICT,
          entry.registration().path() + " is completed in this batch; nothing was stored");
    }
  }

  /** Takes a part of which it is not known yet where in the object it belongs. */
  private Incoming<String> putLoosePart(Grant grant, Sha256 declared) {
    return store
        .receiveLoosePart(grant.batch(), grant.uploadId(), grant.size(), declared)
        .then(part -> recordLoosePart(grant, part));
  }

  private String recordLoosePart(Grant grant, LoosePart part) {
    BatchId batch = grant.batch();
    boolean recorded = false;
    try (KeyLocks.Held held = objects.hold(new Key(batch, grant.path()))) {
      EntryState now = ledger.entry(batch, grant.path());
      requireCurrent(now, grant);
      requireNotCompleted(now);
      PartState before = ledger.part(batch, grant.uploadId(), grant.part());
      ledger.addPart(
          batch,
          grant.uploadId(),
          new PartState(grant.part(), part.size(), part.mark(), part.name()));
      recorded = true;
      if (before != null && before.name() != null) {
        store.dropLoosePart(batch, before.name());
      }
      return part.mark();
    } finally {
      if (!recorded) {
        store.dropLoosePart(batch, part.name());
      }
    }
  }

  private Incoming<String> putWhole(Grant grant, Sha256 declared) {
    return store
        .receive(grant.batch(), grant.size())
        .then(staged -> publishWhole(grant, staged, declared));
  }

  private String publishWhole(Grant grant, Staged arriving, Sha256 declared) {
    try (Staged staged = arriving) {
      Stored stored = staged.stored();
      requireDigest(grant.path(), grant.sha256(), stored);
      requireDigest(grant.path(), declared, stored);
      Key key = new Key(grant.batch(), grant.path());
      try (KeyLocks.Held held = objects.hold(key)) {
        EntryState now = ledger.entry(grant.batch(), grant.path());
        requireCurrent(now, grant);
        if (now.completed()) {
          requireSame(now, stored.sha256(), now.sha256());
        } else {
          requireUploading(ledger.batch(grant.batch()));
          requireDigest(grant.path(), now.registration().sha256(), stored);
          arrived.remove(key);
          ObjectStamp stamp = staged.publish(grant.path());
          requireNotGone(ledger.batch(grant.batch()));
          arrived.put(key, stored, stamp);
        }
      }
      return stored.sha256().hex();
    }
  }

  private Incoming<String> putPart(Grant grant, Sha256 declared) {
    Key key = new Key(grant.batch(), grant.path());
    PartWriter writer = beginPart(key, grant);
    if (writer == null) {
      return putAgain(ledger.entry(grant.batch(), grant.path()), grant);
    }
    Incoming<String> bytes = null;
    try {
      long offset = offset(ledger.entry(grant.batch(), grant.path()), grant);
      bytes = writer.receive(offset, grant.size(), declared);
    } finally {
      if (bytes == null) {
        writer.close();
      }
    }
    return bytes.then(etag -> recordPart(key, grant, writer, etag));
  }

  private String recordPart(Key key, Grant grant, PartWriter writer, String etag) {
    Failpoint.reach("part-written");
    try (KeyLocks.Held held = objects.hold(key)) {
      writer.requireRight();
      requireCurrent(ledger.entry(grant.batch(), grant.path()), grant);
      ledger.addPart(
          grant.batch(), grant.uploadId(), new PartState(grant.part(), grant.size(), etag));
    }
    return etag;
  }

  /**
   * A part counts as missing from before its bytes change until they are durable.
   *
   * @return null where the file is complete by now
   */
  private PartWriter beginPart(Key key, Grant grant) {
    try (KeyLocks.Held held = objects.hold(key)) {
      EntryState now = ledger.entry(grant.batch(), grant.path());
      requireCurrent(now, grant);
      if (now.completed()) {
        return null;
      }
      // Before this part makes the file longer, and gone ones look as if they were there.
      PartState last = ledger.lastPart(grant.batch(), grant.uploadId());
      if (last != null
          && HeldParts.end(now.registration(), last)
              > store.partsEnd(grant.batch(), grant.uploadId())) {
        heldParts.of(grant.batch(), now.registration());
      }
      PartState before = ledger.part(grant.batch(), grant.uploadId(), grant.part());
      if (before != null) {
        ledger.dropPart(grant.batch(), grant.uploadId(), grant.part());
        if (before.name() != null) {
          store.dropLoosePart(grant.batch(), before.name());
        }
      }
      return store.writePart(grant.batch(), grant.uploadId(), grant.part());
    }
  }

  private static long offset(EntryState entry, Grant grant) {
    return (grant.part() - 1) * entry.registration().partSize();
  }

  /**
   * A PUT that comes after the file is complete: right when it brings the same bytes, and never
   * written.
   */
  private Incoming<String> putAgain(EntryState entry, Grant grant) {
    if (grant.uploadId() == null) {
      return DirectoryByteStore.digest(grant.size())
          .then(
              arrived -> {
                requireSame(entry, arrived.sha256(), entry.sha256());
                return entry.sha256().hex();
              });
    }
    String held = store.markOf(grant.batch(), grant.path(), offset(entry, grant), grant.size());
    return DirectoryByteStore.mark(grant.size())
        .then(
            arrived -> {
              requireSame(entry, arrived, held);
              return held;
            });
  }

  public CompleteAnswer complete(BatchId id, CompleteRequest request, Operation operation) {
    return unlessGone(id, () -> completeFile(id, request, operation));
  }

  /** Completes many files, each as if it came alone. */
  public Results<CompleteAnswer> completeAll(
      BatchId id, List<CompleteRequest> requests, Operation operation) {
    return unlessGone(
        id,
        () -> {
          List<Result<Asked>> asked =
              requests.stream().map(request -> Result.tried(() -> asked(id, request))).toList();
          List<Result<CompleteAnswer>> answers =
              inPlace(asked, files -> completeApart(id, files, operation));
          return new Results<>(answers, ledger.batch(id).version());
        });
  }

  private CompleteAnswer completeFile(BatchId id, CompleteRequest request, Operation operation) {
    return completeAsked(id, List.of(asked(id, request)), operation).get(0).get();
  }

  /** Parts that were put together into an object of its own. */
  private record Joined(String uploadId, List<Piece> pieces) {}

  /** What a caller asks to be completed. */
  private record Asked(Key object, CompleteRequest request, Sha256 declared) {}

  private Asked asked(BatchId id, CompleteRequest request) {
    require(request != null, "files has an element that is null");
    LogicalPath path = path(id, request.r2Key());
    return new Asked(new Key(id, path), request, agreed(request.sha256(), request.cid()));
  }

  private LogicalPath path(BatchId id, String key) {
    String prefix = Routes.keyPrefix(id);
    require(key != null && !key.isEmpty(), "r2_key is missing");
    if (!key.startsWith(prefix + "/")) {
      ledger.batch(id);
      throw new ArchiveException(ErrorCode.FILE_NOT_FOUND, "File not found in batch");
    }
    return LogicalPath.parse(key.substring(prefix.length()));
  }

  /**
   * Removes the registration of a file that is not complete, and its bytes; again, it changes
   * nothing.
   *
   * @throws ArchiveException {@link ErrorCode#CONFLICT} where the file is complete
   */
  public ForgetAnswer forget(BatchId id, ForgetRequest request, Operation operation) {
    LogicalPath path = path(id, request.r2Key());
    Key object = new Key(id, path);
    return unlessGone(
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

  /**
   * Completes simple files together, then each multipart upload by itself: while one is hashed, no
   * other file is held.
   */
  private List<Result<CompleteAnswer>> completeApart(
      BatchId id, List<Asked> files, Operation operation) {
    List<Result<CompleteAnswer>> answers = new ArrayList<>(Collections.nCopies(files.size(), null));
    List<Integer> together = new ArrayList<>();
    List<Integer> apart = new ArrayList<>();
    for (int i = 0; i < files.size(); i++) {
      CompleteRequest request = files.get(i).request();
      (request.uploadId() == null && request.parts() == null ? together : apart).add(i);
    }
    List<List<Integer>> groups = new ArrayList<>(List.of(together));
    apart.forEach(i -> groups.add(List.of(i)));
    Operation next = operation;
    for (List<Integer> group : groups) {
      List<Result<CompleteAnswer>> some =
          completeAsked(id, group.stream().map(files::get).toList(), next);
      for (int i = 0; i < some.size(); i++) {
        answers.set(group.get(i), some.get(i));
      }
      if (some.stream().anyMatch(each -> each.failure() == null)) {
        next = next.goneOn();
      }
    }
    return answers;
  }

  private List<Result<CompleteAnswer>> completeAsked(
      BatchId id, List<Asked> files, Operation operation) {
    try (KeyLocks.Held held = objects.holdAll(files.stream().map(Asked::object).toList())) {
      BatchState batch = ledger.batch(id);
      requireNotGone(batch);
      operation.condition().requireMatch(batch.version());
      List<Joined> joined = new ArrayList<>();
      List<Result<Entry>> proved =
          files.stream().map(file -> Result.tried(() -> proved(batch, file, joined))).toList();
      Failpoint.reach("object-published");
      List<Result<Change>> changes =
          inPlace(proved, entries -> ledger.completeAll(id, entries, operation));
      // Not before the ledger has the objects: till then the parts prove them to who asks again.
      joined.forEach(each -> store.dropParts(id, each.uploadId(), each.pieces()));
      files.forEach(file -> arrived.remove(file.object()));
      return changes.stream()
          .map(change -> change.then(done -> Result.of(completed(done))))
          .toList();
    }
  }

  private static CompleteAnswer completed(Change done) {
    return new CompleteAnswer(true, done.entry().sha256().hex(), done.version());
  }

  /**
   * Proves that the bytes of a file are there and right. Its object's lock is held.
   *
   * @param joined is given the parts that are needed no more once the ledger has the object
   */
  private Entry proved(BatchState batch, Asked asked, List<Joined> joined) {
    LogicalPath path = asked.object.path();
    EntryState entry = ledger.entry(batch.id(), path);
    Registration file = entry.registration();
    String uploadId = asked.request.uploadId();
    require(
        uploadId == null || uploadId.isEmpty() || uploadId.equals(file.uploadId()),
        "upload_id is not that of the upload of " + path);
    if (entry.completed()) {
      requireDigest(path, asked.declared, new Stored(file.size(), entry.sha256()));
      return new Entry(path, file.size(), entry.sha256());
    }
    requireUploading(batch);
    Stored stored =
        file.uploadId() == null
            ? arrivedObject(asked.object)
            : assembled(batch.id(), file, asked, joined);
    if (stored == null || stored.size() != file.size()) {
      throw new ArchiveException(
          ErrorCode.BYTES_MISSING,
          (stored == null ? 0 : stored.size())
              + " of "
              + Count.of(file.size(), "byte")
              + " of "
              + path
              + " have arrived");
    }
    requireDigest(path, file.sha256(), stored);
    requireDigest(path, asked.declared, stored);
    return new Entry(path, stored.size(), stored.sha256());
  }

  /** Takes a bundle of many small files, which are stored when all of it has arrived. */
  public Incoming<Results<BundledFile>> bundle(BatchId id, Operation operation) {
    return new InUse<>(
        id,
        () -> {
          BatchState batch = ledger.batch(id);
          requireUploading(batch);
          operation.condition().requireMatch(batch.version());
          return new IncomingBundle(store.spool(id), tar -> takeBundle(id, tar, operation));
        });
  }

  private Results<BundledFile> takeBundle(BatchId id, InputStream tar, Operation operation) {
    try {
      return bundles.take(id, tar, operation);
    } catch (ArchiveException e) {
      if (e.code() == ErrorCode.INTERNAL) {
        // Finalized meanwhile: then it is no fault that its staging directory is gone.
        requireUploading(ledger.batch(id));
      }
      throw e;
    }
  }

  private Stored arrivedObject(Key object) {
    Stored known =
        arrived.has(object)
            ? arrived.get(object, store.stamp(object.batch(), object.path()))
            : null;
    return known != null ? known : store.read(object.batch(), object.path());
  }

  /** Proves that all parts are there, hashes the whole and publishes it. */
  private Stored assembled(BatchId id, Registration file, Asked asked, List<Joined> joined) {
    CompleteRequest request = asked.request;
    Sha256 declared = asked.declared;
    // Published already and only not recorded: then this very upload's parts are on record. Else
    // what lies there came for an earlier registration.
    boolean arrivedOnce = !ledger.parts(id, file.uploadId()).isEmpty();
    List<PartState> held = heldParts.of(id, file);
    if (held.isEmpty()) {
      return arrivedOnce ? store.read(id, file.path()) : null;
    }
    if (request.parts() != null) {
      requireParts(file, request.parts(), held);
    }
    if (held.stream().anyMatch(part -> part.name() != null)) {
      return joined(id, file, held, declared, joined);
    }
    if (held.size() < HeldParts.count(file)) {
      throw new ArchiveException(
          ErrorCode.BYTES_MISSING,
          held.size()
              + " of "
              + Count.of(HeldParts.count(file), "part")
              + " of "
              + file.path()
              + " have arrived");
    }
    try (Staged staged = store.assemble(id, file.uploadId(), file.size())) {
      if (staged == null) {
        return store.read(id, file.path());
      }
      try {
        requireDigest(file.path(), file.sha256(), staged.stored());
        requireDigest(file.path(), declared, staged.stored());
      } catch (ArchiveException e) {
        ledger.dropParts(id, file.uploadId(), held);
        throw e;
      }
      arrived.remove(new Key(id, file.path()));
      staged.publish(file.path());
      return staged.stored();
    }
  }

  /** Puts parts of any sizes together. */
  private Stored joined(
      BatchId id, Registration file, List<PartState> held, Sha256 declared, List<Joined> joined) {
    long bytes = held.stream().mapToLong(PartState::size).sum();
    if (bytes != file.size()) {
      throw new ArchiveException(
          ErrorCode.BYTES_MISSING,
          Count.of(held.size(), "part")
              + " of "
              + file.path()
              + (held.size() == 1 ? " has" : " have")
              + " arrived with "
              + Count.of(bytes, "byte")
              + ", not "
              + file.size());
    }
    List<Piece> pieces =
        held.stream()
            .map(
                part ->
                    new Piece(
                        part.name(),
                        part.name() == null ? HeldParts.end(file, part) - part.size() : 0,
                        part.size(),
                        part.etag()))
            .toList();
    try (Staged staged = store.join(id, file.uploadId(), pieces, file.size())) {
      if (staged == null) {
        forget(id, file, held, pieces);
        throw new ArchiveException(
            ErrorCode.BYTES_MISSING,
            "the parts of " + file.path() + " are not as they arrived; send all of them again");
      }
      try {
        requireDigest(file.path(), file.sha256(), staged.stored());
        requireDigest(file.path(), declared, staged.stored());
      } catch (ArchiveException e) {
        forget(id, file, held, pieces);
        throw e;
      }
      arrived.remove(new Key(id, file.path()));
      staged.publish(file.path());
      joined.add(new Joined(file.uploadId(), pieces));
      return staged.stored();
    }
  }

  private void forget(BatchId id, Registration file, List<PartState> parts, List<Piece> pieces) {
    ledger.dropParts(id, file.uploadId(), parts);
    store.dropParts(id, file.uploadId(), pieces);
  }

  private static void requireParts(Registration file, List<Part> given, List<PartState> held) {
    Map<Integer, String> etags = new TreeMap<>();
    held.forEach(part -> etags.put(part.number(), part.etag()));
    for (Part part : given) {
      require(part != null, "parts has an element that is null");
      String etag = part.etag() == null ? "" : part.etag().replace("\"", "");
      require(
          etag.equals(etags.remove(part.partNumber())),
          "part " + part.partNumber() + " of " + file.path() + " has not arrived with this etag");
    }
    require(
        etags.isEmpty(),
        Count.of(etags.size(), "part")
            + " of "
            + file.path()
            + (etags.size() == 1 ? " is" : " are")
            + " not named, the first of them "
            + (etags.isEmpty() ? null : etags.keySet().iterator().next()));
  }

  /** Finalizes a batch, once: later and concurrent callers get the same receipt. */
  public FinalizeAnswer finalizeBatch(BatchId id, FinalizeRequest request, Operation operation) {
    return unlessGone(id, () -> finalizeOnce(id, request, operation));
  }

  private FinalizeAnswer finalizeOnce(BatchId id, FinalizeRequest request, Operation operation) {
    String skipped = Amendment.of(request);
    try (KeyLocks.Held held = finalizing.hold(id.value())) {
      for (int tries = 0; tries < FINALIZE_TRIES; tries++) {
        BatchState batch = ledger.batch(id);
        if (batch.status().isFinalized()) {
          requireExpected(
              request, batch.completedFiles(), batch.completedBytes(), batch.manifestSha256());
          requireSameList(skipped, ledger.skipped(id));
          return receipt(batch);
        }
        requireUploading(batch);
        operation.condition().requireMatch(batch.version());
        requireComplete(batch, skipped != null);
        if (skipped == null) {
          requireDeclared(request, batch);
        } else {
          requireNamed(batch, skipped);
        }
        BatchState done = finalizeAs(batch, request, skipped, operation);
        if (done != null) {
          store.endStaging(id);
          return receipt(done);
        }
      }
    }
    throw new ArchiveException(
        ErrorCode.UNAVAILABLE, "the batch keeps changing; nothing was finalized");
  }

  /**
   * Finalizes the batch as it was seen; where it is not, it does not look like a bag either.
   *
   * @return null where it has changed since
   */
  private BatchState finalizeAs(
      BatchState batch, FinalizeRequest request, String skipped, Operation operation) {
    BatchState done = null;
    store.beginClosing(batch.id());
    try {
      ledger.forgotten(batch.id()).forEach(path -> removeForgotten(batch.id(), path));
      Bag bag = writeBag(batch.id(), skipped, operation);
      Failpoint.reach("bag-written");
      if (bag.batch.version() == batch.version()) {
        requireExpected(request, batch.completedFiles(), batch.completedBytes(), bag.manifest);
        done = ledger.finalizeBatch(batch, skipped, bag.manifest, operation);
      }
      return done;
    } finally {
      if (done == null && ledger.batch(batch.id()).status() == BatchStatus.UPLOADING) {
        store.removeTag(batch.id(), TagFiles.TAG_MANIFEST);
        store.removeTag(batch.id(), TagFiles.SKIPPED);
      }
    }
  }

  private void removeForgotten(BatchId id, LogicalPath path) {
    try (KeyLocks.Held held = objects.hold(new Key(id, path))) {
      if (ledger.registered(id, List.of(path.toString())).isEmpty()) {
        store.removeObject(id, path);
      }
    }
  }

  private record Bag(BatchState batch, Sha256 manifest) {}

  /**
   * Writes what makes the batch's directory a bag; without the ledger's word it counts for nothing
   * yet. Each object is seen to be there in the same pass over the files; those that are missing
   * are uploading again.
   *
   * @throws ArchiveException {@link ErrorCode#BYTES_MISSING} where any are missing
   */
  private Bag writeBag(BatchId id, String skipped, Operation operation) {
    BatchState[] seen = new BatchState[1];
    Sha256[] manifest = new Sha256[1];
    MissingObjects missing = new MissingObjects(ledger, store, id, operation);
    store.publishTag(
        id,
        PayloadManifest.NAME,
        out -> {
          PayloadManifest lines = new PayloadManifest(out);
          ledger.snapshot(
              id,
              Order.PATH,
              0,
              0,
              batch -> seen[0] = batch,
              file -> {
                if (file.completed()) {
                  lines.add(file.registration().path(), file.sha256());
                  missing.look(file);
                }
              });
          missing.requireNone(seen[0]);
          manifest[0] = lines.finish();
        });
    BatchState batch = seen[0];
    Map<String, byte[]> tags = new LinkedHashMap<>();
    tags.put(TagFiles.BAGIT, TagFiles.declaration());
    tags.put(
        TagFiles.BAG_INFO, BagInfo.of(batch, clock.instant().atZone(ZoneOffset.UTC).toLocalDate()));
    if (skipped == null) {
      store.removeTag(id, TagFiles.SKIPPED);
    } else {
      tags.put(TagFiles.SKIPPED, skipped.getBytes(StandardCharsets.UTF_8));
    }
    Map<String, Sha256> digests = new TreeMap<>();
    digests.put(PayloadManifest.NAME, manifest[0]);
    tags.forEach((name, content) -> digests.put(name, Sha256.of(content)));
    tags.put(TagFiles.TAG_MANIFEST, TagFiles.tagManifest(digests));
    tags.forEach((name, content) -> store.publishTag(id, name, out -> out.write(content)));
    return new Bag(batch, manifest[0]);
  }

  private void requireComplete(BatchState batch, boolean amended) {
    if (batch.registeredFiles() == 0) {
      throw new ArchiveException(ErrorCode.NO_FILES, "No files uploaded in this batch");
    }
    List<LogicalPath> unfinished =
        batch.completedFiles() < batch.registeredFiles()
            ? ledger.unfinished(batch.id(), MAX_NAMED)
            : List.of();
    if (!unfinished.isEmpty()) {
      throw new ArchiveException(
          ErrorCode.FILES_INCOMPLETE,
          "Not all files completed",
          Map.of(
              "incomplete", unfinished.stream().map(LogicalPath::fileName).toList(),
              "missing", unfinished.stream().map(LogicalPath::toString).toList(),
              "declared", batch.declaredFiles(),
              "completed", batch.completedFiles(),
              "version", batch.version()),
          null);
    }
    if (!amended && batch.completedFiles() != batch.declaredFiles()) {
      throw new ArchiveException(
          ErrorCode.CONTRACT_MISMATCH,
          "init declared "
              + Count.of(batch.declaredFiles(), "file")
              + ", and "
              + batch.completedFiles()
              + (batch.completedFiles() == 1 ? " is" : " are")
              + " complete; nothing was finalized",
          Map.of(
              "declared", batch.declaredFiles(),
              "completed", batch.completedFiles(),
              "missing", List.of(),
              "extra", List.of(),
              "version", batch.version()),
          null);
    }
  }

  /** Without an amendment, what is expected is what was declared. */
  private static void requireDeclared(FinalizeRequest request, BatchState batch) {
    Expected expected = request == null ? null : request.expected();
    if (expected != null) {
      requireDeclared("files", expected.files(), batch.declaredFiles());
      // Early clients declare bytes loosely, or none.
      if (batch.declaredBytes() > 0) {
        requireDeclared("bytes", expected.bytes(), batch.declaredBytes());
      }
    }
  }

  private static void requireDeclared(String what, Long expected, long declared) {
    if (expected != null && expected != declared) {
      throw new ArchiveException(
          ErrorCode.CONTRACT_MISMATCH,
          "init declared "
              + what
              + " "
              + declared
              + ", not "
              + expected
              + " as expected; nothing was finalized. Say amended to replace what was declared",
          Map.of("declared", declared, "completed", expected),
          null);
    }
  }

  /** Each file that was declared is complete or named, and none is both. */
  private void requireNamed(BatchState batch, String skipped) {
    List<Skipped> list = Amendment.read(skipped);
    if (batch.completedFiles() + list.size() < batch.declaredFiles()) {
      throw new ArchiveException(
          ErrorCode.CONTRACT_MISMATCH,
          "init declared "
              + Count.of(batch.declaredFiles(), "file")
              + "; complete are "
              + batch.completedFiles()
              + ", and named as skipped "
              + list.size()
              + "; nothing was finalized",
          Map.of("declared", batch.declaredFiles(), "completed", batch.completedFiles()),
          null);
    }
    for (int from = 0; from < list.size(); from += MAX_NAMED) {
      List<String> some =
          list.subList(from, Math.min(from + MAX_NAMED, list.size())).stream()
              .map(Skipped::path)
              .toList();
      Set<String> held = ledger.registered(batch.id(), some);
      if (!held.isEmpty()) {
        throw new ArchiveException(
            ErrorCode.CONTRACT_MISMATCH,
            "skipped names files that the batch holds; nothing was finalized",
            Map.of("extra", List.copyOf(held)),
            null);
      }
    }
  }

  private static void requireSameList(String wanted, String held) {
    if (wanted != null && !Amendment.isSame(wanted, held)) {
      throw new ArchiveException(
          ErrorCode.CONTRACT_MISMATCH,
          "the batch is finalized, and goes without other files than those named as skipped");
    }
  }

  private static void requireExpected(
      FinalizeRequest request, long files, long bytes, Sha256 manifest) {
    Expected expected = request == null ? null : request.expected();
    if (expected == null) {
      return;
    }
    requireExpected("files", expected.files(), files);
    requireExpected("bytes", expected.bytes(), bytes);
    if (expected.manifestSha256() != null) {
      requireExpected("manifest_sha256", Sha256.parse(expected.manifestSha256()), manifest);
    }
  }

  private static void requireExpected(String what, Object expected, Object held) {
    if (expected != null && !expected.equals(held)) {
      throw new ArchiveException(
          ErrorCode.CONTRACT_MISMATCH,
          "the batch holds "
              + what
              + " "
              + held
              + ", not "
              + expected
              + " as expected; nothing was finalized",
          Map.of("declared", wire(expected), "completed", wire(held)),
          null);
    }
  }

  private static Object wire(Object value) {
    return value instanceof Sha256 digest ? digest.hex() : value;
  }

  private static FinalizeAnswer receipt(BatchState batch) {
    return new FinalizeAnswer(
        batch.id().value(),
        batch.status().toString(),
        batch.completedFiles(),
        batch.completedBytes(),
        Routes.keyPrefix(batch.id()) + "/",
        batch.finalizedVersion(),
        batch.finalizedAt().toString(),
        batch.manifestSha256().hex());
  }

  /**
   * Gives up a batch that is not finalized: its state first, then its bytes. Again, it changes
   * nothing.
   *
   * @throws ArchiveException {@link ErrorCode#CONFLICT} where it is finalized
   */
  public AbortAnswer abort(BatchId id, Operation operation) {
    BatchState batch = ledger.abort(id, operation);
    gone.remove(id);
    return new AbortAnswer(id.value(), batch.status().toString(), batch.version());
  }

  /**
   * Does what may store bytes of a batch. Where the batch is given up meanwhile, either the one
   * that gives it up still finds those bytes, or the work finds out afterwards and removes them
   * here: no lock is needed, and none would reach other processes.
   */
  private <T> T unlessGone(BatchId id, Supplier<T> work) {
    try (Activity.UnderWay use = activity.begin(id)) {
      return work.get();
    } catch (ArchiveException e) {
      BatchState batch = ledger.batch(id);
      if (batch.status().isGone()) {
        gone.remove(id);
        requireUploading(batch);
      }
      throw e;
    }
  }

  static void requireNotGone(BatchState batch) {
    if (batch.status().isGone()) {
      requireUploading(batch);
    }
  }

  private static void requireUploading(BatchState batch) {
    if (batch.status() != BatchStatus.UPLOADING) {
      throw new ArchiveException(
          ErrorCode.NOT_UPLOADING, "Batch status is " + batch.status() + ", expected uploading");
    }
  }

  /** A URL is good for the registration it was made for, not for one that came after. */
  private static void requireCurrent(EntryState entry, Grant grant) {
    Registration file = entry.registration();
    boolean current =
        grant.uploadId() == null
            ? file.uploadId() == null
                && file.size() == grant.size()
                && (grant.sha256() == null || grant.sha256().equals(file.sha256()))
            : grant.uploadId().equals(file.uploadId());
    if (!current) {
      throw new ArchiveException(
          ErrorCode.CONFLICT,
          file.path() + " was registered again after this URL was made; nothing was stored");
    }
  }

  private static void requireSame(EntryState entry, Object again, Object held) {
    if (!again.equals(held)) {
      throw new ArchiveException(
          ErrorCode.CONFLICT,
          entry.registration().path()
              + " is completed in this batch with other content; nothing was stored");
    }
  }

  static void requireDigest(LogicalPath path, Sha256 expected, Stored stored) {
    if (expected != null && !expected.equals(stored.sha256())) {
      throw new ArchiveException(
          ErrorCode.FIXITY_MISMATCH,
          "the bytes of "
              + path
              + " that arrived have SHA-256 "
              + stored.sha256()
              + ", not "
              + expected,
          Map.of("expected", expected.hex(), "actual", stored.sha256().hex()),
          null);
    }
  }

  private static Sha256 agreed(String sha256, String cid) {
    Sha256 one = sha256 == null ? null : Sha256.parse(sha256);
    Sha256 other = cid == null ? null : Sha256.parseCid(cid);
    require(
        one == null || other == null || one.equals(other),
        "sha256 and cid are not the same digest");
    return one == null ? other : one;
  }

  private static String text(RawJson json) {
    return json == null ? null : json.text();
  }

  private static void require(boolean condition, String otherwise) {
    if (!condition) {
      throw new ArchiveException(ErrorCode.INVALID_REQUEST, otherwise);
    }
  }
}
