package dev.archive.server.ingest;

import static dev.archive.server.ingest.Checks.requireUploading;

import dev.archive.bagit.PayloadManifest;
import dev.archive.bagit.TagFiles;
import dev.archive.durable.Failpoint;
import dev.archive.ledger.BatchLedger;
import dev.archive.ledger.BatchLedger.Order;
import dev.archive.ledger.BatchState;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Operation;
import dev.archive.model.Sha256;
import dev.archive.server.bag.Amendment;
import dev.archive.server.bag.BagInfo;
import dev.archive.server.ingest.ArrivedObjects.Key;
import dev.archive.storage.ByteStore;
import dev.archive.storage.KeyLocks;
import dev.archive.wire.Messages.Expected;
import dev.archive.wire.Messages.FinalizeAnswer;
import dev.archive.wire.Messages.FinalizeRequest;
import dev.archive.wire.Messages.Skipped;
import dev.archive.wire.Routes;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;

/** Finalizes batches: checks that all is there, writes the bag, and then records it. */
final class Finalization {
  static final int MAX_NAMED = 100;
  private static final int FINALIZE_TRIES = 20;

  private final BatchLedger ledger;
  private final ByteStore store;
  private final BatchesInUse inUse;
  private final KeyLocks<Key> objects;
  private final Clock clock;
  private final KeyLocks<String> finalizing = new KeyLocks<>();

  Finalization(
      BatchLedger ledger, ByteStore store, BatchesInUse inUse, KeyLocks<Key> objects, Clock clock) {
    this.ledger = ledger;
    this.store = store;
    this.inUse = inUse;
    this.objects = objects;
    this.clock = clock;
  }

  void putAttributes(BatchId id, int page, boolean last, byte[] lines) {
    inUse.unlessGone(
        id,
        () -> {
          ledger.putAttributes(id, page, last, lines);
          return id;
        });
  }

  /** Finalizes a batch, once: later and concurrent callers get the same receipt. */
  FinalizeAnswer finalizeBatch(BatchId id, FinalizeRequest request, Operation operation) {
    return inUse.unlessGone(id, () -> finalizeOnce(id, request, operation));
  }

  private FinalizeAnswer finalizeOnce(BatchId id, FinalizeRequest request, Operation operation) {
    String skipped = Amendment.of(request);
    try (KeyLocks.Held held = finalizing.hold(id.value())) {
      for (int tries = 0; tries < FINALIZE_TRIES; tries++) {
        BatchState batch = ledger.batch(id);
        if (batch.status().isFinalized()) {
          requireExpected(
              request, batch.completedFiles(), batch.completedBytes(), batch.manifestSha256());
          requireAttributes(request, ledger.attributes(id));
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
      Bag bag = writeBag(batch.id(), skipped, expectedAttributes(request), operation);
      Failpoint.reach("bag-written");
      if (bag.batch.version() == batch.version()) {
        requireExpected(request, batch.completedFiles(), batch.completedBytes(), bag.manifest);
        done = ledger.finalizeBatch(batch, skipped, bag.manifest, bag.attributes, operation);
      }
      return done;
    } finally {
      if (done == null && ledger.batch(batch.id()).status() == BatchStatus.UPLOADING) {
        store.removeTag(batch.id(), TagFiles.TAG_MANIFEST);
        store.removeTag(batch.id(), TagFiles.SKIPPED);
        store.removeTag(batch.id(), TagFiles.ATTRIBUTES);
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

  /** The attributes are null where it has none. */
  private record Bag(BatchState batch, Sha256 manifest, Sha256 attributes) {}

  /**
   * Writes what makes the batch's directory a bag; without the ledger's word it counts for nothing
   * yet. Each object is seen to be there in the same pass over the files; those that are missing
   * are uploading again.
   *
   * @param attributes the digest of the pages of attributes; null where there are to be none
   * @throws ArchiveException {@link ErrorCode#BYTES_MISSING} where any are missing
   */
  private Bag writeBag(BatchId id, String skipped, Sha256 attributes, Operation operation) {
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
    if (attributes == null) {
      store.removeTag(id, TagFiles.ATTRIBUTES);
    } else {
      writeAttributes(id, attributes);
      digests.put(TagFiles.ATTRIBUTES, attributes);
    }
    digests.put(PayloadManifest.NAME, manifest[0]);
    tags.forEach((name, content) -> digests.put(name, Sha256.of(content)));
    tags.put(TagFiles.TAG_MANIFEST, TagFiles.tagManifest(digests));
    tags.forEach((name, content) -> store.publishTag(id, name, out -> out.write(content)));
    return new Bag(batch, manifest[0], attributes);
  }

  /**
   * Writes the pages as one file.
   *
   * @throws ArchiveException {@link ErrorCode#CONTRACT_MISMATCH} where they are not those expected
   */
  private void writeAttributes(BatchId id, Sha256 expected) {
    store.publishTag(
        id,
        TagFiles.ATTRIBUTES,
        out -> {
          MessageDigest digest = Sha256.newDigest();
          ledger.attributePages(
              id,
              page -> {
                digest.update(page);
                out.write(page);
              });
          requireExpected("attributes_sha256", expected, Sha256.of(digest));
        });
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

  private static Sha256 expectedAttributes(FinalizeRequest request) {
    Expected expected = request == null ? null : request.expected();
    return expected == null || expected.attributesSha256() == null
        ? null
        : Sha256.parse(expected.attributesSha256());
  }

  private static void requireAttributes(FinalizeRequest request, Sha256 held) {
    requireExpected("attributes_sha256", expectedAttributes(request), held);
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
              + (held == null ? "none" : held)
              + ", not "
              + expected
              + " as expected; nothing was finalized",
          Map.of("declared", wire(expected), "completed", held == null ? "none" : wire(held)),
          null);
    }
  }

  private static Object wire(Object value) {
    return value instanceof Sha256 digest ? digest.hex() : value;
  }

  private FinalizeAnswer receipt(BatchState batch) {
    return new FinalizeAnswer(
        batch.id().value(),
        batch.status().toString(),
        batch.completedFiles(),
        batch.completedBytes(),
        Routes.keyPrefix(batch.id()) + "/",
        batch.finalizedVersion(),
        batch.finalizedAt().toString(),
        batch.manifestSha256().hex(),
        Objects.toString(ledger.attributes(batch.id()), null));
  }
}
