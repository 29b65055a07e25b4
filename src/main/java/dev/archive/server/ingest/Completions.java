package dev.archive.server.ingest;

import static dev.archive.server.ingest.Checks.agreed;
import static dev.archive.server.ingest.Checks.path;
import static dev.archive.server.ingest.Checks.require;
import static dev.archive.server.ingest.Checks.requireDigest;
import static dev.archive.server.ingest.Checks.requireNotGone;
import static dev.archive.server.ingest.Checks.requireUploading;

import dev.archive.durable.Failpoint;
import dev.archive.ledger.BatchLedger;
import dev.archive.ledger.BatchLedger.Change;
import dev.archive.ledger.BatchLedger.PartState;
import dev.archive.ledger.BatchState;
import dev.archive.ledger.EntryState;
import dev.archive.ledger.Registration;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.Count;
import dev.archive.model.Entry;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Operation;
import dev.archive.model.Result;
import dev.archive.model.Sha256;
import dev.archive.server.ingest.ArrivedObjects.Key;
import dev.archive.storage.ByteStore;
import dev.archive.storage.KeyLocks;
import dev.archive.storage.Piece;
import dev.archive.storage.Staged;
import dev.archive.storage.Stored;
import dev.archive.wire.Messages.CompleteAnswer;
import dev.archive.wire.Messages.CompleteRequest;
import dev.archive.wire.Messages.Part;
import dev.archive.wire.Results;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Completes files: proves that their bytes are there and right, and then records it. */
final class Completions {
  private final BatchLedger ledger;
  private final ByteStore store;
  private final BatchesInUse inUse;
  private final KeyLocks<Key> objects;
  private final ArrivedObjects arrived;
  private final HeldParts heldParts;

  Completions(
      BatchLedger ledger,
      ByteStore store,
      BatchesInUse inUse,
      KeyLocks<Key> objects,
      ArrivedObjects arrived,
      HeldParts heldParts) {
    this.ledger = ledger;
    this.store = store;
    this.inUse = inUse;
    this.objects = objects;
    this.arrived = arrived;
    this.heldParts = heldParts;
  }

  CompleteAnswer complete(BatchId id, CompleteRequest request, Operation operation) {
    return inUse.unlessGone(id, () -> completeFile(id, request, operation));
  }

  /** Completes many files, each as if it came alone. */
  Results<CompleteAnswer> completeAll(
      BatchId id, List<CompleteRequest> requests, Operation operation) {
    return inUse.unlessGone(
        id,
        () -> {
          List<Result<Asked>> asked =
              requests.stream().map(request -> Result.tried(() -> asked(id, request))).toList();
          List<Result<CompleteAnswer>> answers =
              Result.inPlace(asked, files -> completeApart(id, files, operation));
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
    LogicalPath path = path(ledger, id, request.r2Key());
    return new Asked(new Key(id, path), request, agreed(request.sha256(), request.cid()));
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
          Result.inPlace(proved, entries -> ledger.completeAll(id, entries, operation));
      // Not before the ledger has the objects: till then the parts prove them to who asks again.
      joined.forEach(each -> store.parts().drop(id, each.uploadId(), each.pieces()));
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
          Count.number(stored == null ? 0 : stored.size())
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
          Count.number(held.size())
              + " of "
              + Count.of(HeldParts.count(file), "part")
              + " of "
              + file.path()
              + " have arrived");
    }
    try (Staged staged = store.parts().assemble(id, file.uploadId(), file.size())) {
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
    try (Staged staged = store.parts().join(id, file.uploadId(), pieces, file.size())) {
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
    store.parts().drop(id, file.uploadId(), pieces);
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
}
