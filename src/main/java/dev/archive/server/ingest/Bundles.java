package dev.archive.server.ingest;

import dev.archive.durable.Failpoint;
import dev.archive.ledger.BatchLedger;
import dev.archive.ledger.BatchLedger.Change;
import dev.archive.ledger.Registration;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.Entry;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Operation;
import dev.archive.model.Result;
import dev.archive.model.Sha256;
import dev.archive.server.ingest.ArrivedObjects.Key;
import dev.archive.storage.ByteStore;
import dev.archive.storage.KeyLocks;
import dev.archive.storage.ObjectWriter;
import dev.archive.storage.Staged;
import dev.archive.wire.Bundle;
import dev.archive.wire.Json;
import dev.archive.wire.Messages.BundledFile;
import dev.archive.wire.Messages.FileStatus;
import dev.archive.wire.Messages.Processing;
import dev.archive.wire.Results;
import dev.archive.wire.Routes;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Takes bundles: many small files as one tar stream. Each is registered, stored, checked and
 * completed by itself; their bytes become durable in groups, and the ledger hears of a group at
 * once.
 */
final class Bundles {
  private static final int MAX_GROUP_FILES = 256;
  private static final long MAX_GROUP_BYTES = 16 << 20;
  private static final String PROCESSING = Json.text(Processing.ALL);

  private final BatchLedger ledger;
  private final ByteStore store;
  private final KeyLocks<Key> objects;
  private final ArrivedObjects arrived;

  Bundles(BatchLedger ledger, ByteStore store, KeyLocks<Key> objects, ArrivedObjects arrived) {
    this.ledger = ledger;
    this.store = store;
    this.objects = objects;
    this.arrived = arrived;
  }

  /**
   * Takes one bundle. Where it breaks off, what came before stays, and all of it may be sent again.
   *
   * @throws ArchiveException where not a file but the bundle is refused: {@link
   *     ErrorCode#INVALID_REQUEST}, {@link ErrorCode#TOO_LARGE}, {@link ErrorCode#NOT_UPLOADING}
   */
  Results<BundledFile> take(BatchId id, InputStream body, Operation operation) {
    try (ObjectWriter writer = store.writer(id)) {
      Intake intake = new Intake(id, operation, writer);
      try {
        Bundle.Reader tar = new Bundle.Reader(body);
        while (tar.next()) {
          intake.add(tar);
        }
        intake.storeGroup();
        drain(body);
      } finally {
        intake.dropGroup();
      }
      return new Results<>(intake.results, ledger.batch(id).version());
    }
  }

  /** Behind the end of a tar there may be padding. */
  private static void drain(InputStream body) {
    try {
      byte[] padding = new byte[1 << 14];
      int left = 1 << 20;
      for (int read = body.read(padding); read >= 0; read = body.read(padding)) {
        left -= read;
        if (left < 0) {
          throw new ArchiveException(
              ErrorCode.INVALID_REQUEST, "there is more behind the end of the bundle");
        }
      }
    } catch (IOException e) {
      throw new ArchiveException(ErrorCode.BODY_SIZE, "the body could not be read to its end", e);
    }
  }

  /** A file of the group, and its place in the answer. */
  private record Received(int index, Registration file, Staged staged) {}

  /** One bundle on its way into its batch. */
  private final class Intake {
    private final BatchId id;
    private Operation operation;
    private final ObjectWriter writer;
    private final List<Result<BundledFile>> results = new ArrayList<>();
    private final Map<LogicalPath, Received> group = new LinkedHashMap<>();
    private long bytes;

    Intake(BatchId id, Operation operation, ObjectWriter writer) {
      this.id = id;
      this.operation = operation;
      this.writer = writer;
    }

    void add(Bundle.Reader tar) {
      if (results.size() == Bundle.MAX_FILES) {
        throw new ArchiveException(
            ErrorCode.TOO_LARGE, "a bundle carries " + Bundle.MAX_FILES + " files at most");
      }
      int index = results.size();
      results.add(null);
      Result<LogicalPath> path = Result.tried(() -> storable(tar));
      if (path.failure() != null) {
        results.set(index, Result.failed(path.failure()));
        return;
      }
      if (group.containsKey(path.value())
          || group.size() == MAX_GROUP_FILES
          || bytes > MAX_GROUP_BYTES) {
        storeGroup();
      }
      receive(tar, path.value(), index);
    }

    private LogicalPath storable(Bundle.Reader tar) {
      LogicalPath path = tar.path();
      store.requireStorable(id, path);
      tar.sha256();
      return path;
    }

    private void receive(Bundle.Reader tar, LogicalPath path, int index) {
      Staged staged = writer.receive(tar.content(), tar.size());
      Sha256 actual = staged.stored().sha256();
      try {
        Checks.requireDigest(path, tar.sha256(), staged.stored());
      } catch (ArchiveException e) {
        staged.close();
        results.set(index, Result.failed(e));
        return;
      }
      Registration file =
          new Registration(path, tar.size(), actual, tar.contentType(), PROCESSING, null, null);
      group.put(path, new Received(index, file, staged));
      bytes += tar.size();
    }

    /**
     * Stores the group: the ledger registers while the disk takes the bytes, then they get their
     * names, then the ledger is told that they are complete.
     */
    void storeGroup() {
      if (group.isEmpty()) {
        return;
      }
      List<Received> files = List.copyOf(group.values());
      try (KeyLocks.Held held =
          objects.holdAll(files.stream().map(each -> key(each.file)).toList())) {
        ObjectWriter.Forcing forced = writer.force(files.stream().map(Received::staged).toList());
        List<Result<Change>> registered;
        try {
          registered =
              ledger.registerAll(id, files.stream().map(Received::file).toList(), operation);
          operation = operation.goneOn();
        } finally {
          forced.await();
        }
        Map<LogicalPath, Received> fresh = new LinkedHashMap<>();
        for (int i = 0; i < files.size(); i++) {
          Received each = files.get(i);
          Result<Change> change = registered.get(i);
          if (change.failure() == null && !change.value().entry().completed()) {
            fresh.put(each.file.path(), each);
          } else {
            tell(each, change);
          }
        }
        publish(fresh);
      } finally {
        dropGroup();
      }
    }

    private void publish(Map<LogicalPath, Received> fresh) {
      Map<LogicalPath, Staged> named = new LinkedHashMap<>();
      fresh.forEach(
          (path, each) -> {
            arrived.remove(key(each.file));
            named.put(path, each.staged);
          });
      writer.publish(named);
      Failpoint.reach("object-published");
      Checks.requireNotGone(ledger.batch(id));
      List<Received> files = List.copyOf(fresh.values());
      List<Result<Change>> completed =
          ledger.completeAll(
              id,
              files.stream()
                  .map(each -> new Entry(each.file.path(), each.file.size(), each.file.sha256()))
                  .toList(),
              operation);
      for (int i = 0; i < files.size(); i++) {
        tell(files.get(i), completed.get(i));
      }
    }

    private void tell(Received file, Result<Change> change) {
      results.set(file.index, change.then(done -> Result.of(stored(done))));
    }

    private BundledFile stored(Change done) {
      Registration file = done.entry().registration();
      return new BundledFile(
          file.path().toString(),
          Routes.key(id, file.path()),
          file.size(),
          FileStatus.COMPLETED,
          done.entry().sha256().hex(),
          done.entry().version());
    }

    private Key key(Registration file) {
      return new Key(id, file.path());
    }

    void dropGroup() {
      group.values().forEach(each -> each.staged.close());
      group.clear();
      bytes = 0;
    }
  }
}
