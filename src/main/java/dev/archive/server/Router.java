package dev.archive.server;

import dev.archive.durable.Failpoint;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.ErrorCode;
import dev.archive.model.Operation;
import dev.archive.model.Sample;
import dev.archive.model.Sha256;
import dev.archive.model.VersionCondition;
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
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
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
final class Router extends Handler.Abstract {
  private static final int LONGEST_JSON = 1 << 20;
  private static final byte[] NO_BODY = {};

  /**
   * The most bytes that are written at once: Java copies them into memory of its own beside the
   * heap, as much of it as the longest write, and keeps that for each thread.
   */
  private static final int MAX_WRITE = 1 << 16;

  /** Finalize may name many files that were skipped. In bytes. */
  private static final int MAX_FINALIZE = 8 << 20;

  /** More than a part of a multipart upload, so that its refusal is heard. */
  private static final long MOST_UNWANTED = 16 << 20;

  /** How many batches a list has unless told otherwise, and at most. */
  private static final int LIST = 100;

  private static final int LONGEST_LIST = 1000;
  private static final int MOST_IN_BULK = 1000;
  private static final int LONGEST_PAGE = 1_000_000;

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
  private final String instance;
  private final AtomicLong requests = new AtomicLong();

  /**
   * Sets the router up.
   *
   * @param instance begins the numbers of this server's requests, so that no other run has them
   * @param publicUrl null where URLs are to begin as the client's own request did
   */
  Router(
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
      Health health) {
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
    try {
      cors.allow(request, response);
      if (cors.isPreflight(request, response)) {
        response.write(true, ByteBuffer.allocate(0), callback);
        return true;
      }
      route(request, response, callback);
    } catch (Throwable failure) {
      if (response.isCommitted()) {
        callback.failed(failure);
      } else {
        Problems.Answer problem = Problems.answer(failure, requestId());
        if (!isTooSlow(failure)) {
          takeTheRest(request);
        }
        response.reset();
        cors.allow(request, response);
        if (failure instanceof ArchiveException e && e.code() == ErrorCode.METHOD_NOT_ALLOWED) {
          response.getHeaders().put(HttpHeader.ALLOW, String.valueOf(e.details().get("allow")));
        }
        send(response, callback, problem.status(), problem.body().getBytes(StandardCharsets.UTF_8));
      }
      if (failure instanceof VirtualMachineError error) {
        throw error;
      }
    }
    return true;
  }

  private static boolean isTooSlow(Throwable failure) {
    return failure instanceof ArchiveException e && e.code() == ErrorCode.REQUEST_TIMEOUT;
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
        byte[] body = body(request);
        InitAnswer answer =
            service.init(Json.read(body, InitRequest.class), operation(request, body));
        send(response, callback, 201, answer.version(), Json.bytes(answer));
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
    int most = limit == null ? LIST : (int) number("limit", limit, LONGEST_LIST);
    if (most == 0) {
      throw invalid("limit is not a number from 1 to " + LONGEST_LIST);
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
        start(batch(id), body(request), request, response, callback);
      }
      case Routes.PARTS -> {
        only(request, "POST");
        PartsAnswer answer =
            service.parts(
                batch(id), Json.read(body(request), PartsRequest.class), baseUrl(request));
        send(response, callback, 200, answer.version(), Json.bytes(answer));
      }
      case Routes.COMPLETE -> {
        only(request, "POST");
        byte[] body = body(request);
        complete(batch(id), body, operation(request, body), response, callback);
      }
      case Routes.BUNDLE -> {
        only(request, "POST");
        send(
            response,
            callback,
            service.bundle(batch(id), stream(request), operation(request, NO_BODY)));
      }
      case Routes.FORGET -> {
        only(request, "POST");
        byte[] body = body(request);
        ForgetAnswer answer =
            service.forget(
                batch(id), Json.read(body, ForgetRequest.class), operation(request, body));
        send(response, callback, 200, answer.version(), Json.bytes(answer));
      }
      case Routes.FINALIZE -> {
        only(request, "POST");
        byte[] body = body(request, MAX_FINALIZE);
        FinalizeRequest wanted = body.length == 0 ? null : Json.read(body, FinalizeRequest.class);
        FinalizeAnswer answer = service.finalizeBatch(batch(id), wanted, operation(request, body));
        send(response, callback, 200, answer.version(), Json.bytes(answer));
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
        try (OutputStream out = stream(response, answer.version())) {
          started.write(out);
        }
        callback.succeeded();
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
    if (files.size() > MOST_IN_BULK) {
      throw new ArchiveException(
          ErrorCode.TOO_LARGE, "one call is about " + MOST_IN_BULK + " files at most");
    }
  }

  private void status(BatchId id, Request request, Response response, Callback callback)
      throws IOException {
    Fields query = Request.extractQueryParameters(request);
    if ("true".equals(query.getValue("summary"))) {
      StatusHead head = statuses.summary(id);
      send(response, callback, 200, head.version(), Json.bytes(head));
      return;
    }
    String since = query.getValue("since");
    String limit = query.getValue("limit");
    statuses.write(
        id,
        since == null ? (limit == null ? null : 0L) : (Long) number("since", since, Long.MAX_VALUE),
        limit == null ? 0 : (int) number("limit", limit, LONGEST_PAGE),
        version -> stream(response, version));
    callback.succeeded();
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
    int most = limit == null ? BatchAudit.MOST : (int) number("limit", limit, BatchAudit.MOST);
    if (most == 0) {
      throw invalid("limit is not a number from 1 to " + BatchAudit.MOST);
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
    out.write(Json.bytes(page));
    out.close();
    callback.succeeded();
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
    histories.write(
        id,
        since == null ? 0 : number("since", since, Long.MAX_VALUE),
        limit == null ? 0 : (int) number("limit", limit, LONGEST_PAGE),
        version -> stream(response, version));
    callback.succeeded();
  }

  private static OutputStream stream(Response response, long version) {
    head(response, 200, version);
    return new BufferedOutputStream(Content.Sink.asOutputStream(response), 1 << 16);
  }

  private void upload(Request request, Response response, Callback callback) {
    String target = request.getHttpURI().getPathQuery();
    UrlSigner.Grant grant = signer.verify(target);
    long length = request.getLength();
    if (length > grant.size() || grant.exact() && length >= 0 && length < grant.size()) {
      throw new ArchiveException(
          length > grant.size() ? ErrorCode.TOO_LARGE : ErrorCode.BODY_SIZE,
          "this URL takes "
              + (grant.exact() ? "exactly " : "at most ")
              + grant.size()
              + " bytes, not "
              + length);
    }
    if (request.getHeaders().contains(HttpHeader.IF_MATCH)) {
      throw invalid("an upload URL takes no If-Match: bytes that arrive make no version");
    }
    String digest = request.getHeaders().get("Repr-Digest");
    InputStream body = stream(request);
    String etag =
        service.put(grant, length, body, digest == null ? null : Sha256.parseReprDigest(digest));
    response.getHeaders().put(HttpHeader.ETAG, '"' + etag + '"');
    response.setStatus(200);
    Failpoint.reach("answer");
    response.write(true, ByteBuffer.allocate(0), callback);
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

  private static InputStream stream(Request request) {
    return new SteadyBody(Content.Source.asInputStream(request));
  }

  private static byte[] body(Request request) throws IOException {
    return body(request, LONGEST_JSON);
  }

  private static byte[] body(Request request, int max) throws IOException {
    byte[] body;
    try {
      body = stream(request).readNBytes(max + 1);
    } catch (IOException e) {
      throw new ArchiveException(ErrorCode.BODY_SIZE, "the body could not be read to its end", e);
    }
    if (body.length > max) {
      throw new ArchiveException(ErrorCode.TOO_LARGE, "the body is larger than " + max + " bytes");
    }
    return body;
  }

  /**
   * Takes what still comes of a body that nobody wants: its sender reads no answer before it has
   * sent everything, and closing on it would lose the refusal. Whoever waits to be told to go on
   * has not begun, and what is too large to bear is cut off.
   */
  private static void takeTheRest(Request request) {
    if (request.getHeaders().contains(HttpHeader.EXPECT) || request.getLength() > MOST_UNWANTED) {
      return;
    }
    InputStream body = stream(request);
    byte[] scrap = new byte[1 << 16];
    try {
      long left = MOST_UNWANTED;
      for (int read = body.read(scrap); read >= 0 && left > 0; read = body.read(scrap)) {
        left -= read;
      }
    } catch (IOException | ArchiveException e) {
      // It ended early, broke off, or comes too slowly; what is left of the connection gets the
      // answer all the same.
    }
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
    if (body.length <= MAX_WRITE) {
      response.write(true, ByteBuffer.wrap(body), callback);
      return;
    }
    response.getHeaders().put(HttpHeader.CONTENT_LENGTH, body.length);
    try (OutputStream out = Content.Sink.asOutputStream(response)) {
      for (int from = 0; from < body.length; from += MAX_WRITE) {
        out.write(body, from, Math.min(MAX_WRITE, body.length - from));
      }
    } catch (IOException e) {
      callback.failed(e);
      return;
    }
    callback.succeeded();
  }
}
