package dev.archive.server.http;

import dev.archive.durable.Failpoint;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import dev.archive.model.FatalErrors;
import dev.archive.model.Operation;
import dev.archive.model.Sample;
import dev.archive.model.Sha256;
import dev.archive.model.VersionCondition;
import dev.archive.server.audit.AuditCursor;
import dev.archive.server.audit.BatchAudit;
import dev.archive.server.ingest.Activity;
import dev.archive.server.ingest.Grant;
import dev.archive.server.ingest.IngestService;
import dev.archive.server.ingest.Started;
import dev.archive.storage.Incoming;
import dev.archive.storage.Spool;
import dev.archive.wire.Capabilities;
import dev.archive.wire.Json;
import dev.archive.wire.Messages.AbortAnswer;
import dev.archive.wire.Messages.AuditPage;
import dev.archive.wire.Messages.BatchList;
import dev.archive.wire.Messages.BulkCompleteRequest;
import dev.archive.wire.Messages.BulkStartRequest;
import dev.archive.wire.Messages.CompleteAnswer;
import dev.archive.wire.Messages.CompleteRequest;
import dev.archive.wire.Messages.FinalizeAnswer;
import dev.archive.wire.Messages.FinalizeRequest;
import dev.archive.wire.Messages.ForgetAnswer;
import dev.archive.wire.Messages.ForgetRequest;
import dev.archive.wire.Messages.InitAnswer;
import dev.archive.wire.Messages.InitRequest;
import dev.archive.wire.Messages.PartsAnswer;
import dev.archive.wire.Messages.PartsRequest;
import dev.archive.wire.Messages.Service;
import dev.archive.wire.Messages.StartAnswer;
import dev.archive.wire.Messages.StartRequest;
import dev.archive.wire.Messages.StatusHead;
import dev.archive.wire.Results;
import dev.archive.wire.Routes;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Fields;

/** Finds the use case that a request asks for, hands it parsed values, and writes its answer. */
public final class Router extends Handler.Abstract {
  private static final int MAX_JSON_BYTES = 1 << 20;
  private static final byte[] NO_BODY = {};

  /** Finalize may name many files that were skipped. In bytes. */
  private static final int MAX_FINALIZE = 8 << 20;

  /** Up to so many items, an answer is read from the ledger at once. */
  private static final int SHORT_PAGE = 1000;

  /** How many batches a list has unless told otherwise, and at most. */
  private static final int LIST = 100;

  private static final int MAX_LIST_LENGTH = 1000;
  private static final int MAX_IN_BULK = 1000;
  private static final int MAX_PAGE_SIZE = 1_000_000;

  /** Of a read, in seconds: older than any archive. */
  private static final long MAX_AGE = 1L << 33;

  private static final Pattern BATCH_CALL = Pattern.compile("/api/batches/([^/]+)(/.+)?");

  private final IngestService service;
  private final FileStatuses statuses;
  private final BatchAudit audit;
  private final Activity activity;
  private final Histories histories;
  private final UrlSigner signer;
  private final Service self;
  private final String publicUrl;
  private final Health health;
  private final Cors cors;
  private final SlowBodies slowBodies;
  private final Supplier<Spool> spools;
  private final Executor longAnswers;
  private final String instance;
  private final AtomicLong requests = new AtomicLong();

  /**
   * Sets the router up.
   *
   * @param instance begins the numbers of this server's requests, so that no other run has them
   * @param publicUrl null where URLs are to begin as the client's own request did
   * @param spools what holds long answers
   * @param longAnswers reads them from the ledger
   */
  public Router(
      IngestService service,
      FileStatuses statuses,
      BatchAudit audit,
      Activity activity,
      Histories histories,
      UrlSigner signer,
      String version,
      String instance,
      String publicUrl,
      String archiveId,
      Cors cors,
      Health health,
      SlowBodies slowBodies,
      Supplier<Spool> spools,
      Executor longAnswers) {
    this.slowBodies = slowBodies;
    this.spools = spools;
    this.longAnswers = longAnswers;
    this.cors = cors;
    this.signer = signer;
    this.instance = instance;
    this.service = service;
    this.statuses = statuses;
    this.audit = audit;
    this.activity = activity;
    this.histories = histories;
    this.publicUrl = publicUrl;
    this.health = health;
    this.self =
        new Service(
            "archive",
            version,
            Health.HEALTHY,
            List.of(
                Capabilities.VERSIONS,
                Capabilities.CONTRACT,
                Capabilities.DIGESTS,
                Capabilities.BULK,
                Capabilities.BUNDLE,
                Capabilities.RESUME,
                Capabilities.HISTORY,
                Capabilities.EMPTY_FILES,
                Capabilities.ANY_NAME,
                Capabilities.AMEND,
                Capabilities.AUDIT,
                Capabilities.HEADERS,
                Capabilities.PART_PAGES,
                Capabilities.ARCHIVE_ID),
            archiveId);
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    attempt(
        request,
        response,
        callback,
        () -> {
          cors.allow(request, response);
          if (cors.isPreflight(request, response)) {
            response.write(true, ByteBuffer.allocate(0), callback);
          } else {
            route(request, response, callback);
          }
        });
    return true;
  }

  private interface Work {
    void run() throws IOException;
  }

  private interface BodyWork<R> {
    void run(R body) throws IOException;
  }

  /** Works on a request; a failure becomes its answer. */
  private void attempt(Request request, Response response, Callback callback, Work work) {
    try {
      work.run();
    } catch (Throwable failure) {
      refuse(request, response, callback, failure);
    }
  }

  /** Works on a request when its body has arrived; no thread waits for it. */
  private <R> void whenArrived(
      Request request,
      Response response,
      Callback callback,
      Incoming<R> body,
      BodyWork<? super R> work) {
    new BodyReader<>(
            request,
            body,
            slowBodies,
            new BodyReader.Then<R>() {
              @Override
              public void done(R arrived) {
                attempt(request, response, callback, () -> work.run(arrived));
              }

              @Override
              public void failed(Throwable why) {
                refuse(request, response, callback, why);
              }
            })
        .start();
  }

  private void whenArrived(
      Request request, Response response, Callback callback, BodyWork<byte[]> work) {
    whenArrived(request, response, callback, new MemoryBody(MAX_JSON_BYTES), work);
  }

  private void refuse(Request request, Response response, Callback callback, Throwable failure) {
    FatalErrors.report(failure);
    if (response.isCommitted()) {
      callback.failed(failure);
    } else {
      Problems.Answer problem = Problems.answer(failure, requestId());
      Runnable answer = () -> refuse(request, response, callback, failure, problem);
      if (isUnread(request, failure)) {
        answer.run();
      } else {
        new BodyReader<>(
                request,
                new UnwantedBody(),
                slowBodies,
                new BodyReader.Then<Void>() {
                  @Override
                  public void done(Void nothing) {
                    answer.run();
                  }

                  @Override
                  public void failed(Throwable why) {
                    // What is left of the connection gets the answer all the same.
                    answer.run();
                  }
                })
            .start();
      }
    }
  }

  /**
   * Whether the rest of a body is left where it is: its sender was too slow, or has not begun and
   * waits to be told to go on, or has too much.
   */
  private static boolean isUnread(Request request, Throwable failure) {
    return failure instanceof ArchiveException e && e.code() == ErrorCode.REQUEST_TIMEOUT
        || request.getHeaders().contains(HttpHeader.EXPECT)
        || request.getLength() > UnwantedBody.MAX;
  }

  private void refuse(
      Request request,
      Response response,
      Callback callback,
      Throwable failure,
      Problems.Answer problem) {
    response.reset();
    cors.allow(request, response);
    if (failure instanceof ArchiveException e && e.code() == ErrorCode.METHOD_NOT_ALLOWED) {
      response.getHeaders().put(HttpHeader.ALLOW, String.valueOf(e.details().get("allow")));
    }
    send(response, callback, problem.status(), problem.body().getBytes(StandardCharsets.UTF_8));
  }

  private void route(Request request, Response response, Callback callback) throws IOException {
    String path = request.getHttpURI().getPath();
    if (request.getHeaders().contains(HttpHeader.CONTENT_ENCODING)) {
      throw invalid("bodies with a Content-Encoding are not accepted");
    }
    if (path.startsWith(Routes.UPLOAD)) {
      only(request, "PUT");
      upload(request, response, callback);
      return;
    }
    switch (path) {
      case Routes.SERVICE -> {
        only(request, "GET");
        send(response, callback, 200, Json.bytes(self));
        return;
      }
      case Routes.LIVE -> {
        only(request, "GET");
        send(response, callback, 200, Json.bytes(Health.live()));
        return;
      }
      case Routes.READY -> {
        only(request, "GET");
        Map<String, Object> ready = health.ready();
        send(response, callback, Health.status(ready), Json.bytes(ready));
        return;
      }
      case Routes.BATCHES -> {
        only(request, "GET");
        list(request, response, callback);
        return;
      }
      case Routes.INIT -> {
        only(request, "POST");
        whenArrived(
            request,
            response,
            callback,
            body -> {
              InitAnswer answer =
                  service.init(Json.read(body, InitRequest.class), operation(request, body));
              send(response, callback, 201, answer.version(), Json.bytes(answer));
            });
        return;
      }
      default -> {
        // A call about one batch, or nothing.
      }
    }
    Matcher call = BATCH_CALL.matcher(path);
    if (!call.matches()) {
      throw new ArchiveException(ErrorCode.NOT_FOUND, "Not found");
    }
    if (call.group(2) == null) {
      only(request, "DELETE");
      AbortAnswer answer = service.abort(batch(call.group(1)), operation(request, NO_BODY));
      send(response, callback, 200, answer.version(), Json.bytes(answer));
      return;
    }
    batchCall(call.group(2), call.group(1), request, response, callback);
  }

  private void list(Request request, Response response, Callback callback) {
    Fields query = Request.extractQueryParameters(request);
    String status = query.getValue("status");
    String after = query.getValue("after");
    String limit = query.getValue("limit");
    int most = limit == null ? LIST : (int) number("limit", limit, MAX_LIST_LENGTH);
    if (most == 0) {
      throw invalid("limit is not a number from 1 to " + MAX_LIST_LENGTH);
    }
    BatchList answer =
        statuses.list(
            status == null ? null : status(status),
            after == null ? null : BatchId.parse(after),
            most);
    send(response, callback, 200, Json.bytes(answer));
  }

  private static BatchStatus status(String word) {
    try {
      return BatchStatus.parse(word);
    } catch (ArchiveException e) {
      throw new ArchiveException(ErrorCode.INVALID_REQUEST, e.getMessage(), e);
    }
  }

  private void batchCall(
      String call, String id, Request request, Response response, Callback callback)
      throws IOException {
    switch (call) {
      case Routes.STATUS -> {
        only(request, "GET");
        status(batch(id), request, response, callback);
      }
      case Routes.AUDIT -> {
        only(request, "GET");
        audit(batch(id), request, response, callback);
      }
      case Routes.HISTORY -> {
        only(request, "GET");
        history(batch(id), request, response, callback);
      }
      case Routes.START -> {
        only(request, "POST");
        whenArrived(
            request,
            response,
            callback,
            body -> start(batch(id), body, request, response, callback));
      }
      case Routes.PARTS -> {
        only(request, "POST");
        whenArrived(
            request,
            response,
            callback,
            body -> {
              PartsAnswer answer =
                  service.parts(batch(id), Json.read(body, PartsRequest.class), baseUrl(request));
              send(response, callback, 200, answer.version(), Json.bytes(answer));
            });
      }
      case Routes.COMPLETE -> {
        only(request, "POST");
        whenArrived(
            request,
            response,
            callback,
            body -> complete(batch(id), body, operation(request, body), response, callback));
      }
      case Routes.BUNDLE -> {
        only(request, "POST");
        whenArrived(
            request,
            response,
            callback,
            service.bundle(batch(id), operation(request, NO_BODY)),
            results -> send(response, callback, results));
      }
      case Routes.FORGET -> {
        only(request, "POST");
        whenArrived(
            request,
            response,
            callback,
            body -> {
              ForgetAnswer answer =
                  service.forget(
                      batch(id), Json.read(body, ForgetRequest.class), operation(request, body));
              send(response, callback, 200, answer.version(), Json.bytes(answer));
            });
      }
      case Routes.FINALIZE -> {
        only(request, "POST");
        whenArrived(
            request,
            response,
            callback,
            new MemoryBody(MAX_FINALIZE),
            body -> {
              FinalizeRequest wanted =
                  body.length == 0 ? null : Json.read(body, FinalizeRequest.class);
              FinalizeAnswer answer =
                  service.finalizeBatch(batch(id), wanted, operation(request, body));
              send(response, callback, 200, answer.version(), Json.bytes(answer));
            });
      }
      default -> throw new ArchiveException(ErrorCode.NOT_FOUND, "Not found");
    }
  }

  private void start(BatchId id, byte[] body, Request request, Response response, Callback callback)
      throws IOException {
    List<StartRequest> files = Json.read(body, BulkStartRequest.class).files();
    if (files != null) {
      requireNotTooMany(files);
      send(
          response,
          callback,
          service.startAll(id, files, baseUrl(request), operation(request, body)));
    } else {
      Started started =
          service.start(
              id, Json.read(body, StartRequest.class), baseUrl(request), operation(request, body));
      StartAnswer answer = started.answer();
      if (started.isWhole()) {
        send(response, callback, 200, answer.version(), Json.bytes(answer));
      } else {
        Failpoint.reach("answer");
        spool(
            response,
            callback,
            open -> {
              try (OutputStream out = open.apply(answer.version())) {
                started.write(out);
              }
            });
      }
    }
  }

  private void complete(
      BatchId id, byte[] body, Operation operation, Response response, Callback callback) {
    List<CompleteRequest> files = Json.read(body, BulkCompleteRequest.class).files();
    if (files != null) {
      requireNotTooMany(files);
      send(response, callback, service.completeAll(id, files, operation));
    } else {
      CompleteAnswer answer =
          service.complete(id, Json.read(body, CompleteRequest.class), operation);
      send(response, callback, 200, answer.version(), Json.bytes(answer));
    }
  }

  private static void requireNotTooMany(List<?> files) {
    if (files.size() > MAX_IN_BULK) {
      throw new ArchiveException(
          ErrorCode.TOO_LARGE, "one call is about " + MAX_IN_BULK + " files at most");
    }
  }

  private void status(BatchId id, Request request, Response response, Callback callback)
      throws IOException {
    Fields query = Request.extractQueryParameters(request);
    if ("true".equals(query.getValue("summary"))) {
      String skippedFrom = query.getValue("skipped_from");
      StatusHead head =
          statuses.summary(
              id, skippedFrom == null ? 0 : number("skipped_from", skippedFrom, Integer.MAX_VALUE));
      send(response, callback, 200, head.version(), Json.bytes(head));
      return;
    }
    String since = query.getValue("since");
    String limit = query.getValue("limit");
    Long from =
        since == null ? (limit == null ? null : 0L) : (Long) number("since", since, Long.MAX_VALUE);
    int most = limit == null ? 0 : (int) number("limit", limit, MAX_PAGE_SIZE);
    spooled(request, response, callback, most, open -> statuses.write(id, from, most, open));
  }

  /**
   * To read large objects takes long. As long as it goes on, a space comes every few seconds, which
   * means nothing in JSON, so that nobody takes the silence for the end.
   */
  private void audit(BatchId id, Request request, Response response, Callback callback)
      throws IOException {
    Fields query = Request.extractQueryParameters(request);
    AuditCursor after = AuditCursor.parse(query.getValue("after"));
    String limit = query.getValue("limit");
    int most =
        limit == null ? BatchAudit.MAX_LIMIT : (int) number("limit", limit, BatchAudit.MAX_LIMIT);
    if (most == 0) {
      throw invalid("limit is not a number from 1 to " + BatchAudit.MAX_LIMIT);
    }
    String maxAge = query.getValue("max_age");
    OutputStream out = Content.Sink.asOutputStream(response);
    AuditPage page =
        audit.page(
            id,
            after,
            most,
            sample(query),
            maxAge == null ? null : audit.ago(number("max_age", maxAge, MAX_AGE)),
            !activity.isUnderWay(id),
            new BatchAudit.Watch() {
              @Override
              public void read(long bytes) {}

              @Override
              public void alive() throws IOException {
                head(response, 200, null);
                out.write(' ');
                out.flush();
              }
            });
    head(response, 200, null);
    AnswerWriter.write(response, Json.bytes(page), callback);
  }

  private static Sample sample(Fields query) {
    String percent = query.getValue("sample");
    String seed = query.getValue("seed");
    if (percent == null) {
      return Sample.ALL;
    }
    if (!percent.matches("[0-9]{1,3}(\\.[0-9]{1,9})?")) {
      throw invalid("sample is not a percentage");
    }
    return new Sample(
        Double.parseDouble(percent), seed == null ? 0 : number("seed", seed, Long.MAX_VALUE));
  }

  private void history(BatchId id, Request request, Response response, Callback callback)
      throws IOException {
    Fields query = Request.extractQueryParameters(request);
    String since = query.getValue("since");
    String limit = query.getValue("limit");
    long from = since == null ? 0 : number("since", since, Long.MAX_VALUE);
    int most = limit == null ? 0 : (int) number("limit", limit, MAX_PAGE_SIZE);
    spooled(request, response, callback, most, open -> histories.write(id, from, most, open));
  }

  private interface AnswerBody {
    void write(LongFunction<OutputStream> open) throws IOException;
  }

  /**
   * Reads an answer from the ledger into a spool, then sends it: its reader may be as slow as it
   * likes. Long ones are read a few at a time, so that short ones find the ledger free.
   *
   * @param most how many items it has at most; 0 where there is no limit
   */
  private void spooled(
      Request request, Response response, Callback callback, int most, AnswerBody body)
      throws IOException {
    if (most > 0 && most <= SHORT_PAGE) {
      spool(response, callback, body);
    } else {
      longAnswers.execute(
          () -> attempt(request, response, callback, () -> spool(response, callback, body)));
    }
  }

  private void spool(Response response, Callback callback, AnswerBody body) throws IOException {
    SpooledAnswer answer = new SpooledAnswer(spools);
    boolean written = false;
    try {
      body.write(
          version -> {
            head(response, 200, version);
            return new BufferedOutputStream(answer, 1 << 14);
          });
      written = true;
    } finally {
      if (!written) {
        answer.drop();
      }
    }
    answer.send(response, callback);
  }

  private void upload(Request request, Response response, Callback callback) {
    String target = request.getHttpURI().getPathQuery();
    Grant grant = signer.verify(target);
    long length = request.getLength();
    if (length > grant.size() || grant.exact() && length >= 0 && length < grant.size()) {
      throw new ArchiveException(
          length > grant.size() ? ErrorCode.TOO_LARGE : ErrorCode.BODY_SIZE,
          "this URL takes "
              + (grant.exact() ? "exactly " : "at most ")
              + Count.of(grant.size(), "byte")
              + ", not "
              + length);
    }
    if (request.getHeaders().contains(HttpHeader.IF_MATCH)) {
      throw invalid("an upload URL takes no If-Match: bytes that arrive make no version");
    }
    String digest = request.getHeaders().get("Repr-Digest");
    whenArrived(
        request,
        response,
        callback,
        service.put(grant, length, digest == null ? null : Sha256.parseReprDigest(digest)),
        etag -> {
          response.getHeaders().put(HttpHeader.ETAG, '"' + etag + '"');
          response.setStatus(200);
          Failpoint.reach("answer");
          response.write(true, ByteBuffer.allocate(0), callback);
        });
  }

  private String baseUrl(Request request) {
    return publicUrl != null
        ? publicUrl
        : request.getHttpURI().getScheme() + "://" + request.getHttpURI().getAuthority();
  }

  private static BatchId batch(String id) {
    try {
      return BatchId.parse(id);
    } catch (ArchiveException e) {
      throw new ArchiveException(ErrorCode.BATCH_NOT_FOUND, "Batch not found", e);
    }
  }

  /**
   * What is asked for, by the client's name for it or by our number.
   *
   * @param body of the request; none where it comes as a stream
   */
  private Operation operation(Request request, byte[] body) {
    List<String> keys = request.getHeaders().getValuesList("Idempotency-Key");
    if (keys.size() > 1) {
      throw invalid("Idempotency-Key must be given once");
    }
    VersionCondition condition =
        VersionCondition.parse(request.getHeaders().getValuesList(HttpHeader.IF_MATCH));
    if (keys.isEmpty()) {
      return Operation.unnamed(requestId()).when(condition);
    }
    String call = request.getMethod() + " " + request.getHttpURI().getPath() + "\n";
    MessageDigest whole = Sha256.newDigest();
    whole.update(call.getBytes(StandardCharsets.UTF_8));
    whole.update(body);
    return Operation.keyed(keys.get(0)).of(Sha256.of(whole)).when(condition);
  }

  private String requestId() {
    return instance + "-" + requests.incrementAndGet();
  }

  private static long number(String name, String text, long most) {
    if (text.matches("[0-9]{1,18}") && Long.parseLong(text) <= most) {
      return Long.parseLong(text);
    }
    throw invalid(name + " is not a number from 0 to " + most);
  }

  private static void only(Request request, String method) {
    // What can be had by GET can be asked for by HEAD (RFC 9110, 9.3.2); Jetty leaves out the body.
    if (!request.getMethod().equals(method)
        && !(method.equals("GET") && request.getMethod().equals("HEAD"))) {
      throw new ArchiveException(
          ErrorCode.METHOD_NOT_ALLOWED,
          "only " + method + " is allowed here",
          Map.of("allow", method.equals("GET") ? "GET, HEAD" : method),
          null);
    }
  }

  private static ArchiveException invalid(String message) {
    return new ArchiveException(ErrorCode.INVALID_REQUEST, message);
  }

  private static void head(Response response, int status, Long version) {
    if (response.isCommitted()) {
      return;
    }
    response.setStatus(status);
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
    response.getHeaders().put(new HttpField("X-Content-Type-Options", "nosniff"));
    if (version != null) {
      response.getHeaders().put(HttpHeader.ETAG, "\"" + version + "\"");
    }
  }

  private static void send(Response response, Callback callback, Results<?> results) {
    send(response, callback, 200, results.version(), Json.bytes(results));
  }

  private static void send(Response response, Callback callback, int status, byte[] body) {
    send(response, callback, status, null, body);
  }

  private static void send(
      Response response, Callback callback, int status, Long version, byte[] body) {
    Failpoint.reach("answer");
    head(response, status, version);
    AnswerWriter.write(response, body, callback);
  }
}
