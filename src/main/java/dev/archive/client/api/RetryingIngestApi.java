package dev.archive.client.api;

import dev.archive.client.work.Deadline;
import dev.archive.client.work.Pause;
import dev.archive.client.work.Progress;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.ErrorCode;
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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * The only retry. Calls that may be repeated are repeated after any failure that may pass; where a
 * server registers a file twice when asked twice, {@code start} is repeated only when it surely was
 * not heard, and {@code complete} of a multipart upload only when no connection came about.
 */
public final class RetryingIngestApi implements IngestApi {
  /** From which failed attempt on a person is told that it takes longer. */
  private static final int NOTED_FROM = 3;

  private final IngestApi api;
  private final RetryPolicy policy;
  private final Pause pause;
  private final RandomGenerator random;
  private final boolean repeatable;
  private final Deadline deadline;
  private final Progress progress;
  private final AtomicBoolean troubled = new AtomicBoolean();
  private final AtomicLong heldUntil = new AtomicLong(System.nanoTime());

  /**
   * Wraps an API; repeatable says whether the server takes a repeated start for the same
   * registration.
   */
  public RetryingIngestApi(
      IngestApi api,
      RetryPolicy policy,
      Pause pause,
      RandomGenerator random,
      boolean repeatable,
      Deadline deadline,
      Progress progress) {
    this.deadline = deadline;
    this.progress = progress;
    this.api = api;
    this.policy = policy;
    this.pause = pause;
    this.random = random;
    this.repeatable = repeatable;
  }

  @Override
  public Service service() {
    // An answer that makes no sense may have been damaged on the way; one that stays so comes from
    // a
    // wrong address.
    return retry(RetryingIngestApi::mayPass, api::service);
  }

  @Override
  public BatchId init(InitRequest request, String idempotencyKey) {
    // A batch that is too large for the disk as it is: that is for people to change, not to wait
    // for.
    return retry(
        code -> mayPass(code) && code != ErrorCode.STORAGE_FULL,
        () -> api.init(request, idempotencyKey));
  }

  @Override
  public StatusHead status(BatchId batch, long max, Consumer<FileStatus> files) {
    progress.phase(Progress.Phase.COMPARING);
    return whole(files, whole -> api.status(batch, max, whole));
  }

  @Override
  public StatusHead changes(BatchId batch, long since, int limit, Consumer<FileStatus> files) {
    progress.phase(Progress.Phase.COMPARING);
    return whole(files, whole -> api.changes(batch, since, limit, whole));
  }

  /** An answer that breaks off half way has told nothing. */
  private <E, H> H whole(Consumer<E> elements, Function<Consumer<E>, H> call) {
    List<E> whole = new ArrayList<>();
    H head =
        retry(
            RetryingIngestApi::mayPass,
            () -> {
              whole.clear();
              return call.apply(whole::add);
            });
    whole.forEach(elements);
    return head;
  }

  @Override
  public StatusHead summary(BatchId batch, long skippedFrom) {
    return retry(RetryingIngestApi::mayPass, () -> api.summary(batch, skippedFrom));
  }

  @Override
  public AuditPage audit(BatchId batch, String after, Sample sample, Duration maxAge) {
    return retry(RetryingIngestApi::mayPass, () -> api.audit(batch, after, sample, maxAge));
  }

  @Override
  public StartAnswer start(BatchId batch, StartRequest request) {
    return retry(
        repeatable ? RetryingIngestApi::mayPass : RetryingIngestApi::wasNotHeard,
        () -> api.start(batch, request));
  }

  @Override
  public PartsAnswer parts(BatchId batch, PartsRequest request) {
    return retry(RetryingIngestApi::mayPass, () -> api.parts(batch, request));
  }

  @Override
  public String put(String url, FileBody body, String contentType) {
    return retry(RetryingIngestApi::mayPass, () -> api.put(url, body, contentType));
  }

  @Override
  public CompleteAnswer complete(BatchId batch, CompleteRequest request, long size) {
    // What a gateway answers (502, 503, 504, 429) may hide that the server marked the file and did
    // not assemble it.
    boolean again = repeatable || request.uploadId() == null;
    return retry(
        again ? RetryingIngestApi::mayPass : code -> code == ErrorCode.UNREACHABLE,
        () -> api.complete(batch, request, size));
  }

  @Override
  public CompleteAnswer completeAgain(BatchId batch, CompleteRequest request, long size) {
    return retry(RetryingIngestApi::mayPass, () -> api.completeAgain(batch, request, size));
  }

  @Override
  public Results<StartAnswer> startAll(BatchId batch, List<StartRequest> requests) {
    return retry(RetryingIngestApi::mayPass, () -> api.startAll(batch, requests));
  }

  @Override
  public Results<CompleteAnswer> completeAll(BatchId batch, List<CompleteRequest> requests) {
    return retry(RetryingIngestApi::mayPass, () -> api.completeAll(batch, requests));
  }

  @Override
  public Results<BundledFile> bundle(BatchId batch, BundleBody body) {
    return retry(RetryingIngestApi::mayPass, () -> api.bundle(batch, body));
  }

  @Override
  public ForgetAnswer forget(BatchId batch, String key) {
    return retry(RetryingIngestApi::mayPass, () -> api.forget(batch, key));
  }

  @Override
  public void attributes(BatchId batch, int page, boolean last, byte[] lines) {
    retry(
        RetryingIngestApi::mayPass,
        () -> {
          api.attributes(batch, page, last, lines);
          return batch;
        });
  }

  @Override
  public FinalizeAnswer finalizeBatch(BatchId batch, FinalizeRequest expected, Long version) {
    // On servers without versions each finalize that fails half way may enqueue the batch once
    // more.
    AtomicBoolean heard = new AtomicBoolean();
    progress.phase(Progress.Phase.FINALIZING);
    try {
      return retry(
          repeatable
              ? RetryingIngestApi::mayPass
              : code -> wasNotHeard(code) || code == ErrorCode.ANSWER_LOST,
          () -> finalizeOnce(batch, expected, version, heard));
    } catch (ArchiveException e) {
      if (heard.get() && e.code() == ErrorCode.TIMED_OUT) {
        throw Deadline.overInFinalize(e);
      }
      // With versions a refusal is exact. Without them an earlier call, whose answer was lost, may
      // have had the batch, and what is refused now be an old state.
      if (heard.get() && !repeatable && e.code() == ErrorCode.FILES_INCOMPLETE) {
        throw new ArchiveException(
            ErrorCode.ANSWER_LOST,
            "the answer to finalize of batch "
                + batch
                + " was lost, and then the server answered that not all files are complete; whether"
                + " the batch was finalized is unknown. Look for it there before you run the same"
                + " command again, which sends everything in a new batch",
            e);
      }
      throw e;
    }
  }

  private FinalizeAnswer finalizeOnce(
      BatchId batch, FinalizeRequest expected, Long version, AtomicBoolean heard) {
    try {
      return api.finalizeBatch(batch, expected, version);
    } catch (ArchiveException e) {
      // What the server answered with an error it did not do, but for one of its own.
      if (e.code() == ErrorCode.INTERNAL || e.code().httpStatus() == 0 && !wasNotHeard(e.code())) {
        heard.set(true);
      }
      throw e;
    }
  }

  /** What was handed on stays so: a list that breaks off goes on behind it. */
  @Override
  public String list(BatchStatus status, String after, Consumer<StatusHead> batches) {
    AtomicReference<String> last = new AtomicReference<>(after);
    return retry(
        RetryingIngestApi::mayPass,
        () ->
            api.list(
                status,
                last.get(),
                batch -> {
                  last.set(batch.batchId());
                  batches.accept(batch);
                }));
  }

  @Override
  public HistoryHead history(BatchId batch, long since, int limit, Consumer<HistoryEvent> events) {
    return whole(events, whole -> api.history(batch, since, limit, whole));
  }

  /** What was handed on stays so: bytes that break off go on behind the last of them. */
  @Override
  public void content(BatchId batch, FilePiece piece, ByteConsumer bytes) {
    AtomicLong at = new AtomicLong(piece.from());
    retry(
        RetryingIngestApi::mayPass,
        () -> {
          if (at.get() < piece.to() || piece.from() == piece.to()) {
            api.content(
                batch,
                piece.restFrom(at.get()),
                (read, length) -> {
                  at.addAndGet(length);
                  bytes.accept(read, length);
                });
          }
          return at;
        });
  }

  /** The same, file by file. */
  @Override
  public void tar(BatchId batch, TarRange range, FileConsumer files) {
    AtomicReference<TarRange> left = new AtomicReference<>(range);
    retry(
        RetryingIngestApi::mayPass,
        () -> {
          if (left.get().limit() > 0) {
            api.tar(
                batch,
                left.get(),
                (path, content) -> {
                  left.set(new TarRange(path, range.maxSize(), left.get().limit() - 1));
                  files.accept(path, content);
                });
          }
          return left;
        });
  }

  @Override
  public byte[] tag(BatchId batch, String name) {
    return retry(RetryingIngestApi::mayPass, () -> api.tag(batch, name));
  }

  @Override
  public AbortAnswer abort(BatchId batch) {
    return retry(RetryingIngestApi::mayPass, () -> api.abort(batch));
  }

  private <T> T retry(Predicate<ErrorCode> again, Supplier<T> call) {
    for (int attempt = 1; ; attempt++) {
      try {
        waitForTheServer();
        deadline.check();
        T answer = call.get();
        if (attempt > 1) {
          troubled.set(false);
        }
        return answer;
      } catch (ArchiveException e) {
        Duration delay = policy.delay(attempt, e.details().get(RetryPolicy.RETRY_AFTER), random);
        if (e.code() == ErrorCode.TOO_MANY_REQUESTS || e.code() == ErrorCode.UNAVAILABLE) {
          holdAll(delay);
        }
        if (attempt >= policy.attempts() || !again.test(e.code())) {
          throw e;
        }
        deadline.check();
        if (attempt == NOTED_FROM && troubled.compareAndSet(false, true)) {
          progress.note(e.getMessage() + "; trying again");
        }
        progress.retrying(e.getMessage(), delay);
        deadline.bound(pause).last(delay);
      }
    }
  }

  /**
   * A server that has too much to do is left in peace by all, not only by the one that was told so.
   */
  private void holdAll(Duration delay) {
    long until = System.nanoTime() + delay.toNanos();
    heldUntil.accumulateAndGet(until, (one, other) -> one - other > 0 ? one : other);
  }

  private void waitForTheServer() {
    long nanos = heldUntil.get() - System.nanoTime();
    if (nanos > 0) {
      deadline.bound(pause).last(Duration.ofNanos(nanos));
    }
  }

  /** A body that the server says was cut off was whole here: the way to it cut it off. */
  private static boolean mayPass(ErrorCode code) {
    return code.retryable()
        || code == ErrorCode.BAD_ANSWER
        || code == ErrorCode.BODY_SIZE
        || code == ErrorCode.BODY_DAMAGED;
  }

  private static boolean wasNotHeard(ErrorCode code) {
    return code == ErrorCode.UNREACHABLE
        || code == ErrorCode.TOO_MANY_REQUESTS
        || code == ErrorCode.UNAVAILABLE;
  }
}
