package dev.archive.client.run;

import dev.archive.client.api.Endpoint;
import dev.archive.client.api.FirstContact;
import dev.archive.client.api.HttpIngestApi;
import dev.archive.client.api.IngestApi;
import dev.archive.client.api.RetryPolicy;
import dev.archive.client.api.RetryingIngestApi;
import dev.archive.client.work.Deadline;
import dev.archive.client.work.Pause;
import dev.archive.client.work.Progress;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.ErrorCode;
import dev.archive.model.EventChain;
import dev.archive.model.Sha256;
import dev.archive.wire.Messages.AbortAnswer;
import dev.archive.wire.Messages.HistoryEvent;
import dev.archive.wire.Messages.HistoryHead;
import dev.archive.wire.Messages.StatusHead;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** Looks after the batches of a server: which there are, what one went through, giving one up. */
public final class BatchAdmin implements AutoCloseable {
  /** How many changes are asked for at once: half a megabyte. */
  private static final int PAGE = 1000;

  private final HttpIngestApi http;
  private final IngestApi api;

  /** For one server. */
  public BatchAdmin(Endpoint server, String version, RandomGenerator random) {
    this.http = new HttpIngestApi(server, version, 1);
    Pause pause = Pause.real();
    Deadline none = Deadline.in(null);
    FirstContact.with(http, server.url(), pause, random, none);
    this.api =
        new RetryingIngestApi(
            http, RetryPolicy.FIRST_CONTACT, pause, random, true, none, Progress.silent());
  }

  /**
   * Hands on all batches by id, which is the order in which they were made.
   *
   * @param status only those that stand there, or null
   * @throws ArchiveException {@link ErrorCode#NOT_FOUND} where the server does not list batches
   */
  public void list(BatchStatus status, Consumer<StatusHead> batches) {
    String after = null;
    do {
      String from = after;
      after = known("list its batches", () -> api.list(status, from, batches));
    } while (after != null);
  }

  /**
   * Gives up a batch that is not finalized: its bytes go. Again, it changes nothing.
   *
   * @throws ArchiveException {@link ErrorCode#BATCH_NOT_FOUND}; {@link ErrorCode#CONFLICT} where it
   *     is finalized; {@link ErrorCode#NOT_FOUND} where the server does not abort batches
   */
  public AbortAnswer abort(BatchId batch) {
    return known("abort batches", () -> api.abort(batch));
  }

  /**
   * Hands on every change of a batch in the order of their versions, each only after it is proved
   * that it follows from those before.
   *
   * @return the hash of the last, which vouches for all of them
   * @throws ArchiveException {@link ErrorCode#BATCH_NOT_FOUND}; {@link ErrorCode#STATE_DIFFERS}
   *     where the history has a gap or was altered; {@link ErrorCode#NOT_FOUND} where the server
   *     keeps none
   */
  public Sha256 history(BatchId batch, Consumer<HistoryEvent> events) {
    EventChain chain = new EventChain(batch);
    List<HistoryEvent> read = new ArrayList<>();
    HistoryHead page;
    do {
      read.clear();
      page =
          known(
              "keep the history of its batches",
              () -> api.history(batch, chain.version(), PAGE, read::add));
      for (HistoryEvent each : read) {
        chain.accept(each.event(), each.chainedBy());
        events.accept(each);
      }
    } while (page.next() != null && !read.isEmpty());
    chain.end(page.version());
    return chain.hash();
  }

  private static <T> T known(String what, Supplier<T> call) {
    try {
      return call.get();
    } catch (ArchiveException e) {
      if (e.code() == ErrorCode.NOT_FOUND || e.code() == ErrorCode.METHOD_NOT_ALLOWED) {
        throw new ArchiveException(ErrorCode.NOT_FOUND, "this server does not " + what, e);
      }
      throw e;
    }
  }

  @Override
  public void close() {
    http.close();
  }
}
