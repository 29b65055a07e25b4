package dev.archive.server.ingest;

import static dev.archive.server.ingest.Checks.require;

import dev.archive.ledger.BatchLedger;
import dev.archive.ledger.BatchState;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Operation;
import dev.archive.model.VersionCondition;
import dev.archive.storage.ByteStore;
import dev.archive.wire.Messages.AbortAnswer;
import dev.archive.wire.Messages.InitAnswer;
import dev.archive.wire.Messages.InitRequest;
import dev.archive.wire.MetadataRules;
import dev.archive.wire.RawJson;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Locale;
import java.util.Map;
import java.util.random.RandomGenerator;

/** Opens batches, and gives up those that are not finalized. */
final class Batches {
  /** In bytes of UTF-8. */
  private static final int MAX_UPLOADER = 1024;

  private final BatchLedger ledger;
  private final ByteStore store;
  private final GoneBatches gone;
  private final Clock clock;
  private final RandomGenerator random;

  Batches(
      BatchLedger ledger, ByteStore store, GoneBatches gone, Clock clock, RandomGenerator random) {
    this.ledger = ledger;
    this.store = store;
    this.gone = gone;
    this.clock = clock;
    this.random = random;
  }

  InitAnswer init(InitRequest request, Operation operation) {
    require(request.uploader() != null && !request.uploader().isBlank(), "uploader is missing");
    require(
        request.uploader().getBytes(StandardCharsets.UTF_8).length <= MAX_UPLOADER,
        "uploader is longer than " + Count.of(MAX_UPLOADER, "byte"));
    require(
        request.uploader().chars().noneMatch(Character::isISOControl),
        "uploader holds a control character");
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
    if (declared > room && (!operation.keyed() || ledger.findByKey(operation.ownedId()) == null)) {
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
   * Gives up a batch that is not finalized: its state first, then its bytes. Again, it changes
   * nothing.
   *
   * @throws ArchiveException {@link ErrorCode#CONFLICT} where it is finalized
   */
  AbortAnswer abort(BatchId id, Operation operation) {
    BatchState batch = ledger.abort(id, operation);
    gone.remove(id);
    return new AbortAnswer(id.value(), batch.status().toString(), batch.version());
  }

  private static String text(RawJson json) {
    return json == null ? null : json.text();
  }
}
