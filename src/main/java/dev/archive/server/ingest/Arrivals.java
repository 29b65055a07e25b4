package dev.archive.server.ingest;

import static dev.archive.server.ingest.Checks.requireDigest;
import static dev.archive.server.ingest.Checks.requireNotGone;
import static dev.archive.server.ingest.Checks.requireUploading;

import dev.archive.durable.Failpoint;
import dev.archive.ledger.BatchLedger;
import dev.archive.ledger.BatchLedger.PartState;
import dev.archive.ledger.BatchState;
import dev.archive.ledger.EntryState;
import dev.archive.ledger.Registration;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.model.Operation;
import dev.archive.model.Sha256;
import dev.archive.server.ingest.ArrivedObjects.Key;
import dev.archive.storage.ByteStore;
import dev.archive.storage.Incoming;
import dev.archive.storage.KeyLocks;
import dev.archive.storage.LoosePart;
import dev.archive.storage.ObjectStamp;
import dev.archive.storage.PartStore.PartWriter;
import dev.archive.storage.Spool;
import dev.archive.storage.Staged;
import dev.archive.storage.Stored;
import dev.archive.wire.Messages.BundledFile;
import dev.archive.wire.Results;
import java.io.InputStream;
import java.util.function.Function;

/** Takes bytes as they arrive: those that a presigned URL allows, and bundles of small files. */
final class Arrivals {
  private final BatchLedger ledger;
  private final ByteStore store;
  private final Function<BatchId, Spool> spools;
  private final BatchesInUse inUse;
  private final KeyLocks<Key> objects;
  private final ArrivedObjects arrived;
  private final HeldParts heldParts;
  private final Bundles bundles;

  Arrivals(
      BatchLedger ledger,
      ByteStore store,
      Function<BatchId, Spool> spools,
      BatchesInUse inUse,
      KeyLocks<Key> objects,
      ArrivedObjects arrived,
      HeldParts heldParts) {
    this.ledger = ledger;
    this.store = store;
    this.spools = spools;
    this.inUse = inUse;
    this.objects = objects;
    this.arrived = arrived;
    this.heldParts = heldParts;
    this.bundles = new Bundles(ledger, store, objects, arrived);
  }

  /**
   * Takes the bytes that a presigned URL allows; the ETag when they are finished.
   *
   * @param length how many bytes the sender says that there are; -1 where it does not say
   * @param declared the digest that the sender gives for them, or null
   */
  Incoming<String> put(Grant grant, long length, Sha256 declared) {
    return inUse.receiving(grant.batch(), () -> putBytes(grant, length, declared));
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
        .parts()
        .receiveLoose(grant.batch(), grant.uploadId(), grant.size(), declared)
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
        store.parts().dropLoose(batch, before.name());
      }
      return part.mark();
    } finally {
      if (!recorded) {
        store.parts().dropLoose(batch, part.name());
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
              > store.parts().end(grant.batch(), grant.uploadId())) {
        heldParts.of(grant.batch(), now.registration());
      }
      PartState before = ledger.part(grant.batch(), grant.uploadId(), grant.part());
      if (before != null) {
        ledger.dropPart(grant.batch(), grant.uploadId(), grant.part());
        if (before.name() != null) {
          store.parts().dropLoose(grant.batch(), before.name());
        }
      }
      return store.parts().write(grant.batch(), grant.uploadId(), grant.part());
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
      return Incoming.digest(grant.size())
          .then(
              arrived -> {
                requireSame(entry, arrived.sha256(), entry.sha256());
                return entry.sha256().hex();
              });
    }
    String held =
        store.parts().markOf(grant.batch(), grant.path(), offset(entry, grant), grant.size());
    return store
        .parts()
        .mark(grant.size())
        .then(
            arrived -> {
              requireSame(entry, arrived, held);
              return held;
            });
  }

  /** Takes a bundle of many small files, which are stored when all of it has arrived. */
  Incoming<Results<BundledFile>> bundle(BatchId id, Operation operation) {
    return inUse.receiving(
        id,
        () -> {
          BatchState batch = ledger.batch(id);
          requireUploading(batch);
          operation.condition().requireMatch(batch.version());
          return new IncomingBundle(spools.apply(id), tar -> takeBundle(id, tar, operation));
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
}
