package dev.archive.client.api;

import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.Sample;
import dev.archive.wire.Messages.AbortAnswer;
import dev.archive.wire.Messages.AuditPage;
import dev.archive.wire.Messages.BundledFile;
import dev.archive.wire.Messages.CompleteAnswer;
import dev.archive.wire.Messages.CompleteRequest;
import dev.archive.wire.Messages.FileStatus;
import dev.archive.wire.Messages.FinalizeAnswer;
import dev.archive.wire.Messages.FinalizeRequest;
import dev.archive.wire.Messages.ForgetAnswer;
import dev.archive.wire.Messages.HistoryEvent;
import dev.archive.wire.Messages.HistoryHead;
import dev.archive.wire.Messages.InitRequest;
import dev.archive.wire.Messages.PartsAnswer;
import dev.archive.wire.Messages.PartsRequest;
import dev.archive.wire.Messages.Service;
import dev.archive.wire.Messages.StartAnswer;
import dev.archive.wire.Messages.StartRequest;
import dev.archive.wire.Messages.StatusHead;
import dev.archive.wire.Results;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Lets the calls that change a batch's state go one at a time, while bytes go in parallel: for
 * servers that keep the state by read, modify, write. What cannot overlap cannot be lost.
 */
public final class OneAtATimeIngestApi implements IngestApi {
  private final IngestApi api;
  private final ReentrantLock turn = new ReentrantLock(true);

  public OneAtATimeIngestApi(IngestApi api) {
    this.api = api;
  }

  @Override
  public Service service() {
    return api.service();
  }

  @Override
  public BatchId init(InitRequest request, String idempotencyKey) {
    return api.init(request, idempotencyKey);
  }

  @Override
  public StatusHead status(BatchId batch, long max, Consumer<FileStatus> files) {
    return api.status(batch, max, files);
  }

  @Override
  public StatusHead changes(BatchId batch, long since, int limit, Consumer<FileStatus> files) {
    return api.changes(batch, since, limit, files);
  }

  @Override
  public StatusHead summary(BatchId batch, long skippedFrom) {
    return api.summary(batch, skippedFrom);
  }

  @Override
  public AuditPage audit(BatchId batch, String after, Sample sample, Duration maxAge) {
    return api.audit(batch, after, sample, maxAge);
  }

  @Override
  public StartAnswer start(BatchId batch, StartRequest request) {
    return inTurn(() -> api.start(batch, request));
  }

  @Override
  public PartsAnswer parts(BatchId batch, PartsRequest request) {
    return api.parts(batch, request);
  }

  @Override
  public String put(String url, FileBody body, String contentType) {
    return api.put(url, body, contentType);
  }

  @Override
  public CompleteAnswer complete(BatchId batch, CompleteRequest request, long size) {
    return inTurn(() -> api.complete(batch, request, size));
  }

  @Override
  public CompleteAnswer completeAgain(BatchId batch, CompleteRequest request, long size) {
    return inTurn(() -> api.completeAgain(batch, request, size));
  }

  @Override
  public Results<StartAnswer> startAll(BatchId batch, List<StartRequest> requests) {
    return inTurn(() -> api.startAll(batch, requests));
  }

  @Override
  public Results<CompleteAnswer> completeAll(BatchId batch, List<CompleteRequest> requests) {
    return inTurn(() -> api.completeAll(batch, requests));
  }

  @Override
  public Results<BundledFile> bundle(BatchId batch, BundleBody body) {
    return inTurn(() -> api.bundle(batch, body));
  }

  @Override
  public ForgetAnswer forget(BatchId batch, String key) {
    return inTurn(() -> api.forget(batch, key));
  }

  @Override
  public void attributes(BatchId batch, int page, boolean last, byte[] lines) {
    inTurn(
        () -> {
          api.attributes(batch, page, last, lines);
          return batch;
        });
  }

  @Override
  public FinalizeAnswer finalizeBatch(BatchId batch, FinalizeRequest expected, Long version) {
    return inTurn(() -> api.finalizeBatch(batch, expected, version));
  }

  @Override
  public String list(BatchStatus status, String after, Consumer<StatusHead> batches) {
    return api.list(status, after, batches);
  }

  @Override
  public HistoryHead history(BatchId batch, long since, int limit, Consumer<HistoryEvent> events) {
    return api.history(batch, since, limit, events);
  }

  @Override
  public void content(BatchId batch, FilePiece piece, ByteConsumer bytes) {
    api.content(batch, piece, bytes);
  }

  @Override
  public void tar(BatchId batch, TarRange range, FileConsumer files) {
    api.tar(batch, range, files);
  }

  @Override
  public byte[] tag(BatchId batch, String name) {
    return api.tag(batch, name);
  }

  @Override
  public AbortAnswer abort(BatchId batch) {
    return inTurn(() -> api.abort(batch));
  }

  private <T> T inTurn(Supplier<T> call) {
    turn.lock();
    try {
      return call.get();
    } finally {
      turn.unlock();
    }
  }
}
