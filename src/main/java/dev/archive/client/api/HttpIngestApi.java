package dev.archive.client.api;

import static dev.archive.client.api.Answers.answered;
import static dev.archive.client.api.Answers.badAnswer;
import static dev.archive.client.api.Answers.checked;
import static dev.archive.client.api.Answers.requireJson;
import static dev.archive.client.api.Answers.requireNoPage;

import dev.archive.client.work.Deadline;
import dev.archive.client.work.Progress;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.ErrorCode;
import dev.archive.model.Sample;
import dev.archive.model.Secret;
import dev.archive.model.Sha256;
import dev.archive.model.Text;
import dev.archive.wire.Json;
import dev.archive.wire.Messages.AbortAnswer;
import dev.archive.wire.Messages.AttributesAnswer;
import dev.archive.wire.Messages.AuditPage;
import dev.archive.wire.Messages.BulkCompleteRequest;
import dev.archive.wire.Messages.BulkStartRequest;
import dev.archive.wire.Messages.BundledFile;
import dev.archive.wire.Messages.CompleteAnswer;
import dev.archive.wire.Messages.CompleteRequest;
import dev.archive.wire.Messages.FileStatus;
import dev.archive.wire.Messages.FinalizeAnswer;
import dev.archive.wire.Messages.FinalizeRequest;
import dev.archive.wire.Messages.ForgetAnswer;
import dev.archive.wire.Messages.ForgetRequest;
import dev.archive.wire.Messages.HistoryEvent;
import dev.archive.wire.Messages.HistoryHead;
import dev.archive.wire.Messages.InitAnswer;
import dev.archive.wire.Messages.InitRequest;
import dev.archive.wire.Messages.PartUrl;
import dev.archive.wire.Messages.PartsAnswer;
import dev.archive.wire.Messages.PartsRequest;
import dev.archive.wire.Messages.Service;
import dev.archive.wire.Messages.StartAnswer;
import dev.archive.wire.Messages.StartRequest;
import dev.archive.wire.Messages.StatusHead;
import dev.archive.wire.Results;
import dev.archive.wire.Routes;
import dev.archive.wire.TarFiles;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import okhttp3.Call;
import okhttp3.ConnectionPool;
import okhttp3.ConnectionSpec;
import okhttp3.EventListener;
import okhttp3.Headers;
import okhttp3.HttpUrl;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okio.BufferedSink;
import okio.Throttler;

/**
 * The ingest API over HTTP: every answer, or the want of one, becomes a value or a code. It never
 * asks twice.
 */
public final class HttpIngestApi implements IngestApi, AutoCloseable {
  private static final MediaType JSON = MediaType.get("application/json");
  private static final MediaType JSON_LINES = MediaType.get("application/x-ndjson");
  private static final Duration CONNECT = Duration.ofSeconds(10);

  /** How long a server may say nothing before it counts as gone. */
  public static final Duration SILENCE = Progress.MAX_SILENCE;

  /** The smallest part in bytes that a store takes, but for the last. */
  private static final long MIN_PART_SIZE = 5 << 20;

  private static final int CONTENT_BUFFER = 1 << 16;

  /** The largest tag file that is read whole: a list of skipped files. */
  /** The attributes of a million names have 150 MB. */
  private static final int MAX_TAG_BYTES = 1 << 30;

  private static final long MAX_URL_BYTES = 16 << 10;

  private static final List<ConnectionSpec> SECURE =
      List.of(ConnectionSpec.MODERN_TLS, ConnectionSpec.CLEARTEXT);

  /**
   * How slow a server may be, at the least, in reading a large file again before it calls it
   * complete.
   */
  private static final long SLOWEST_BYTES_A_SECOND = 20_000_000;

  private final String server;
  private final Secret token;
  private final String userAgent;
  private final OkHttpClient http;
  private final Duration silence;
  private final Deadline deadline;
  private final Answers answers;
  private final UploadUrls uploadUrls;
  private final Path authorities;
  private final Throttler throttler;
  private OkHttpClient https;
  private volatile boolean stopped;
  private volatile boolean mayHaveFinalized;
  private volatile Duration roundTrip = Duration.ZERO;
  private volatile Headers firstAnswer = Headers.EMPTY;

  /**
   * A client of one server.
   *
   * @param connections how many are used at once and therefore kept
   */
  public HttpIngestApi(Endpoint server, String version, int connections) {
    this(server, version, connections, Deadline.in(null));
  }

  /** The same, every call of which ends at a deadline. */
  HttpIngestApi(Endpoint server, String version, int connections, Deadline deadline) {
    this(
        server,
        version,
        connections,
        SILENCE,
        deadline,
        UploadUrls.of(server.url(), Set.of()),
        null);
  }

  /**
   * The same.
   *
   * @param silence how long the server may say nothing
   * @param uploadUrls to which URLs bytes may be sent
   * @param bytesPerSecond the most bytes of files in a second, all calls together, or null
   */
  HttpIngestApi(
      Endpoint endpoint,
      String version,
      int connections,
      Duration silence,
      Deadline deadline,
      UploadUrls uploadUrls,
      Long bytesPerSecond) {
    this.throttler = bytesPerSecond == null ? null : ThrottledBody.throttler(bytesPerSecond);
    this.silence = silence;
    this.deadline = deadline;
    this.server = endpoint.url();
    this.token = endpoint.token();
    this.answers = new Answers(server, endpoint.proxies().of(server), deadline);
    this.uploadUrls = uploadUrls;
    this.userAgent = "archive/" + version;
    this.authorities = endpoint.authorities();
    OkHttpClient.Builder client =
        new OkHttpClient.Builder()
            // Every retry is ours to decide: a resend behind our back would register a file twice.
            .retryOnConnectionFailure(false)
            .followRedirects(false)
            .followSslRedirects(false)
            .socketFactory(new BufferedSockets())
            .dns(uploadUrls)
            .connectTimeout(CONNECT)
            .readTimeout(silence)
            .writeTimeout(silence)
            .connectionPool(new ConnectionPool(connections, 20, TimeUnit.SECONDS))
            .connectionSpecs(List.of(ConnectionSpec.CLEARTEXT));
    ProxyRoutes.use(endpoint.proxies(), client);
    OkHttpClient plain = client.build();
    this.http = isSecure(server) ? secured(plain) : plain;
  }

  private OkHttpClient secured(OkHttpClient client) {
    OkHttpClient.Builder builder = client.newBuilder().connectionSpecs(SECURE);
    if (authorities != null) {
      TrustedAuthorities trusted = TrustedAuthorities.in(authorities);
      builder.sslSocketFactory(trusted.sockets(), trusted.manager());
    }
    return builder.build();
  }

  private static boolean isSecure(String server) {
    return server.regionMatches(true, 0, "https:", 0, 6);
  }

  /**
   * The client for URLs with TLS, also of a server without. Reading the trusted certificates takes
   * longer than all else that a short command does, so that it is done when they are needed.
   */
  private synchronized OkHttpClient secure() {
    if (https == null) {
      https = isSecure(server) ? http : secured(http);
    }
    return https;
  }

  /** Whether finalize was called, so that a batch may be finalized even if the call failed. */
  boolean mayHaveFinalized() {
    return mayHaveFinalized;
  }

  /** Breaks off every call that is under way, and lets none begin any more. */
  public void stop() {
    stopped = true;
    http.dispatcher().cancelAll();
  }

  @Override
  public void close() {
    http.connectionPool().evictAll();
  }

  @Override
  public Service service() {
    OkHttpClient brisk =
        http.newBuilder().readTimeout(CONNECT).eventListener(new FirstCall()).build();
    return json(brisk, new Request.Builder().url(server + Routes.SERVICE).build(), Service.class);
  }

  /** Measures what a call takes that asks little, without the making of its connection. */
  private final class FirstCall extends EventListener {
    private long sent;

    @Override
    public void requestHeadersEnd(Call call, Request request) {
      sent = System.nanoTime();
    }

    @Override
    public void responseHeadersStart(Call call) {
      roundTrip = Duration.ofNanos(System.nanoTime() - sent);
    }

    @Override
    public void responseHeadersEnd(Call call, Response answer) {
      firstAnswer = answer.headers();
    }
  }

  /** What the first call took from its last byte to the first of the answer. */
  Duration roundTrip() {
    return roundTrip;
  }

  /** What the server's clock was when it said who it is; null where it did not tell. */
  Instant serverTime() {
    return firstAnswer.getInstant("Date");
  }

  @Override
  public BatchId init(InitRequest request, String idempotencyKey) {
    Request call =
        new Request.Builder()
            .url(server + Routes.INIT)
            .header("Idempotency-Key", idempotencyKey)
            .post(body(request))
            .build();
    InitAnswer answer = json(call, InitAnswer.class);
    return answered(() -> BatchId.parse(answer.batchId()));
  }

  @Override
  public StatusHead status(BatchId batch, long max, Consumer<FileStatus> files) {
    try {
      return status(batch, "", max, files);
    } catch (ArchiveException e) {
      if (e.code() == ErrorCode.NOT_FOUND) {
        return null;
      }
      throw e;
    }
  }

  @Override
  public StatusHead changes(BatchId batch, long since, int limit, Consumer<FileStatus> files) {
    return status(batch, "?since=" + since + "&limit=" + limit, limit, files);
  }

  private StatusHead status(BatchId batch, String query, long max, Consumer<FileStatus> files) {
    Request call =
        new Request.Builder().url(server + Routes.batch(batch, Routes.STATUS) + query).build();
    return stream(http, call, body -> checked(batch, Json.readStatus(body, max, files)));
  }

  @Override
  public StatusHead summary(BatchId batch, long skippedFrom) {
    Request call =
        new Request.Builder()
            .url(
                server
                    + Routes.batch(batch, Routes.STATUS)
                    + "?summary=true"
                    + (skippedFrom == 0 ? "" : "&skipped_from=" + skippedFrom))
            .build();
    return checked(
        batch,
        stream(http, call, body -> Json.readAnswer(body, StatusHead.class, Json.MAX_HEAD_BYTES)));
  }

  @Override
  public AuditPage audit(BatchId batch, String after, Sample sample, Duration maxAge) {
    HttpUrl.Builder url = HttpUrl.get(server + Routes.batch(batch, Routes.AUDIT)).newBuilder();
    if (after != null) {
      url.addQueryParameter("after", after);
    }
    if (!sample.isAll()) {
      url.addQueryParameter("sample", BigDecimal.valueOf(sample.percent()).toPlainString());
      url.addQueryParameter("seed", Long.toString(sample.seed()));
    }
    if (maxAge != null) {
      url.addQueryParameter("max_age", String.valueOf(Math.max(0, maxAge.toSeconds())));
    }
    // Where large objects are read, a space now and then is all that comes for a long time.
    AuditPage page =
        stream(
            http,
            new Request.Builder().url(url.build()).build(),
            AnswerRate.ANY,
            body -> Json.readAnswer(body, AuditPage.class, Json.MAX_PAGE_BYTES));
    if (!batch.value().equals(page.batchId()) || page.next() != null && page.next().equals(after)) {
      throw badAnswer("the answer to audit is not the next part of this batch", null);
    }
    return page;
  }

  @Override
  public StartAnswer start(BatchId batch, StartRequest request) {
    // Without pages the URLs of all parts come in one answer, and a name may be 4 KiB of escapes in
    // each.
    long parts =
        request.partUrls() == null
            ? Math.min(PartUrl.MAX_PARTS, 1 + request.fileSize() / MIN_PART_SIZE)
            : request.partUrls().max();
    long max = (1 + parts) * MAX_URL_BYTES;
    StartAnswer answer =
        stream(
            http,
            post(batch, Routes.START, request),
            body -> Json.readAnswer(body, StartAnswer.class, max));
    boolean multipart = StartAnswer.MULTIPART.equals(answer.uploadType());
    boolean whole =
        multipart
            ? answer.uploadId() != null
                && answer.partSize() != null
                && answer.presignedUrls() != null
            : answer.presignedUrl() != null;
    if (!whole) {
      throw badAnswer("the answer to start has no URL", null);
    }
    return answer;
  }

  @Override
  public PartsAnswer parts(BatchId batch, PartsRequest request) {
    long max = (1L + request.max()) * MAX_URL_BYTES;
    return stream(
        http,
        post(batch, Routes.PARTS, request),
        body -> Json.readAnswer(body, PartsAnswer.class, max));
  }

  @Override
  public String put(String url, FileBody body, String contentType) {
    Request.Builder call = new Request.Builder().url(uploadUrls.check(url)).put(throttled(body));
    if (contentType != null) {
      call.header("Content-Type", contentType);
    }
    Request put = call.build();
    try (Response response = execute(put.isHttps() ? secure() : http, put)) {
      answers.requireSuccess(response);
      requireNoPage(response);
      return response.header("ETag", "");
    }
  }

  private RequestBody throttled(RequestBody body) {
    return throttler == null ? body : new ThrottledBody(body, throttler);
  }

  @Override
  public CompleteAnswer complete(BatchId batch, CompleteRequest request, long size) {
    Duration patience = silence.plusSeconds(size / SLOWEST_BYTES_A_SECOND);
    OkHttpClient patient =
        patience.equals(silence) ? http : http.newBuilder().readTimeout(patience).build();
    return json(patient, post(batch, Routes.COMPLETE, request), CompleteAnswer.class);
  }

  @Override
  public CompleteAnswer completeAgain(BatchId batch, CompleteRequest request, long size) {
    return complete(batch, request, size);
  }

  @Override
  public Results<StartAnswer> startAll(BatchId batch, List<StartRequest> requests) {
    return results(
        post(batch, Routes.START, new BulkStartRequest(requests)),
        StartAnswer.class,
        requests.size());
  }

  @Override
  public Results<CompleteAnswer> completeAll(BatchId batch, List<CompleteRequest> requests) {
    return results(
        post(batch, Routes.COMPLETE, new BulkCompleteRequest(requests)),
        CompleteAnswer.class,
        requests.size());
  }

  @Override
  public Results<BundledFile> bundle(BatchId batch, BundleBody body) {
    Request call =
        new Request.Builder()
            .url(server + Routes.batch(batch, Routes.BUNDLE))
            .post(throttled(body))
            .build();
    return results(call, BundledFile.class, body.size());
  }

  @Override
  public ForgetAnswer forget(BatchId batch, String key) {
    return json(post(batch, Routes.FORGET, new ForgetRequest(key)), ForgetAnswer.class);
  }

  @Override
  public void attributes(BatchId batch, int page, boolean last, byte[] lines) {
    Request call =
        new Request.Builder()
            .url(
                server
                    + Routes.batch(batch, Routes.ATTRIBUTES)
                    + ("?page=" + page + "&last=" + last))
            .put(new SentOnce(lines, JSON_LINES))
            .build();
    var unused = json(call, AttributesAnswer.class);
  }

  @Override
  public FinalizeAnswer finalizeBatch(BatchId batch, FinalizeRequest expected, Long version) {
    Request.Builder call =
        new Request.Builder()
            .url(server + Routes.batch(batch, Routes.FINALIZE))
            .post(expected == null ? new SentOnce(new byte[0], null) : body(expected));
    if (version != null) {
      call.header("If-Match", "\"" + version + "\"");
    }
    OkHttpClient patient = http.newBuilder().readTimeout(silence.multipliedBy(10)).build();
    mayHaveFinalized = true;
    return json(patient, call.build(), FinalizeAnswer.class);
  }

  @Override
  public String list(BatchStatus status, String after, Consumer<StatusHead> batches) {
    HttpUrl.Builder url = HttpUrl.get(server + Routes.BATCHES).newBuilder();
    if (status != null) {
      url.addQueryParameter("status", status.toString());
    }
    if (after != null) {
      url.addQueryParameter("after", after);
    }
    Answers.Ascending ids = new Answers.Ascending(after == null ? "" : after);
    String next =
        stream(
            http,
            new Request.Builder().url(url.build()).build(),
            body ->
                Json.readBatches(
                    body,
                    head -> {
                      ids.accept(head.batchId());
                      batches.accept(head);
                    }));
    if (next != null && !ids.endsWith(next)) {
      throw badAnswer("the next part of its list is not what follows", null);
    }
    return next;
  }

  @Override
  public HistoryHead history(BatchId batch, long since, int limit, Consumer<HistoryEvent> events) {
    Request call =
        new Request.Builder()
            .url(
                server
                    + Routes.batch(batch, Routes.HISTORY)
                    + ("?since=" + since + "&limit=" + limit))
            .build();
    HistoryHead head = stream(http, call, body -> Json.readHistory(body, limit, events));
    if (!batch.value().equals(head.batchId())) {
      throw badAnswer("the history is that of another batch: " + Text.quote(head.batchId()), null);
    }
    return head;
  }

  @Override
  public AbortAnswer abort(BatchId batch) {
    AbortAnswer answer =
        json(
            new Request.Builder().url(server + Routes.batch(batch, "")).delete().build(),
            AbortAnswer.class);
    if (!batch.value().equals(answer.batchId())) {
      throw badAnswer("it aborted another batch: " + Text.quote(answer.batchId()), null);
    }
    return answer;
  }

  @Override
  public void content(BatchId batch, FilePiece piece, ByteConsumer bytes) {
    String etag = '"' + piece.sha256().hex() + '"';
    Request.Builder call =
        identity(
                Routes.CONTENT,
                batch,
                url -> url.addQueryParameter("path", piece.path().toString()))
            .header("If-Match", etag);
    String range = piece.from() + "-" + (piece.to() - 1);
    if (!piece.isWhole()) {
      call.header("Range", "bytes=" + range);
    }
    body(
        call.build(),
        response -> {
          boolean right =
              etag.equals(response.header("ETag"))
                  && (piece.isWhole()
                      ? response.code() == 200
                      : response.code() == 206
                          && ("bytes " + range + "/" + piece.size())
                              .equals(response.header("Content-Range")));
          if (!right) {
            throw badAnswer("it answered other bytes than those asked for", null);
          }
        },
        body -> {
          byte[] buffer = new byte[CONTENT_BUFFER];
          long left = piece.to() - piece.from();
          for (int read = body.read(buffer); read >= 0; read = body.read(buffer)) {
            left -= read;
            if (left < 0) {
              throw badAnswer("it answered more bytes than were asked for", null);
            }
            bytes.accept(buffer, read);
          }
          if (left > 0) {
            throw new EOFException("bytes are missing");
          }
          return null;
        });
  }

  @Override
  public void tar(BatchId batch, TarRange range, FileConsumer files) {
    Request call =
        identity(
                Routes.TAR,
                batch,
                url -> {
                  url.addQueryParameter("max_size", Integer.toString(range.maxSize()));
                  url.addQueryParameter("limit", Integer.toString(range.limit()));
                  if (range.after() != null) {
                    url.addQueryParameter("after", range.after().toString());
                  }
                })
            .build();
    body(
        call,
        response -> {},
        body -> {
          TarFiles.read(body, range.maxSize(), range.limit(), files::accept);
          return null;
        });
  }

  @Override
  public byte[] tag(BatchId batch, String name) {
    return body(
        identity(Routes.CONTENT, batch, url -> url.addQueryParameter("tag", name)).build(),
        response -> {},
        body -> {
          byte[] bytes = body.readNBytes(MAX_TAG_BYTES + 1);
          if (bytes.length > MAX_TAG_BYTES) {
            throw badAnswer("a tag file has more than " + MAX_TAG_BYTES + " bytes", null);
          }
          return bytes;
        });
  }

  /** A request whose answer nothing on the way is to pack: bytes are counted as they are. */
  private Request.Builder identity(String route, BatchId batch, Consumer<HttpUrl.Builder> query) {
    HttpUrl.Builder url = HttpUrl.get(server + Routes.batch(batch, route)).newBuilder();
    query.accept(url);
    return new Request.Builder().url(url.build()).header("Accept-Encoding", "identity");
  }

  private <T> T body(Request call, Consumer<Response> check, Reader<T> reader) {
    try (Response response = execute(http, authorized(call))) {
      answers.requireSuccess(response);
      requireNoPage(response);
      check.accept(response);
      return reader.read(AnswerRate.MIN.keptBy(response.body().byteStream()));
    } catch (IOException e) {
      throw stopped ? answers.unanswered(e, true) : answers.lost(e);
    }
  }

  private Request post(BatchId batch, String route, Object message) {
    return new Request.Builder()
        .url(server + Routes.batch(batch, route))
        .post(body(message))
        .build();
  }

  private static RequestBody body(Object message) {
    return new SentOnce(Json.bytes(message), JSON);
  }

  /**
   * A body that OkHttp does not send again by itself, as it would after a 503 with {@code
   * Retry-After: 0}.
   */
  private static final class SentOnce extends RequestBody {
    private final byte[] bytes;
    private final MediaType type;

    SentOnce(byte[] bytes, MediaType type) {
      this.bytes = bytes;
      this.type = type;
    }

    @Override
    public MediaType contentType() {
      return type;
    }

    @Override
    public long contentLength() {
      return bytes.length;
    }

    @Override
    public boolean isOneShot() {
      return true;
    }

    @Override
    public void writeTo(BufferedSink sink) throws IOException {
      sink.write(bytes);
    }
  }

  private <T> Results<T> results(Request call, Class<T> type, int max) {
    return stream(http, call, body -> Json.readResults(body, type, max));
  }

  private <T> T json(Request call, Class<T> type) {
    return json(http, call, type);
  }

  private <T> T json(OkHttpClient client, Request call, Class<T> type) {
    return stream(client, call, body -> Json.readAnswer(body, type, Json.MAX_ANSWER_BYTES));
  }

  /** Reads the body of an answer. */
  private interface Reader<T> {
    T read(InputStream body) throws IOException;
  }

  private <T> T stream(OkHttpClient client, Request call, Reader<T> reader) {
    return stream(client, call, AnswerRate.MIN, reader);
  }

  private <T> T stream(OkHttpClient client, Request call, AnswerRate rate, Reader<T> reader) {
    try (Response response = execute(client, authorized(call))) {
      answers.requireSuccess(response);
      requireJson(response);
      return reader.read(rate.keptBy(response.body().byteStream()));
    } catch (IOException e) {
      throw answers.lost(e);
    } catch (ArchiveException e) {
      throw e.code() == ErrorCode.BAD_ANSWER && !Answers.tellsOfAnswer(e)
          ? badAnswer(e.getMessage(), e)
          : e;
    }
  }

  /**
   * A call of the API, with the token and the digest of what it says. Upload URLs never get the
   * token: they are signed themselves.
   */
  private Request authorized(Request call) {
    Request.Builder authorized = call.newBuilder();
    if (call.body() instanceof SentOnce message) {
      authorized.header("Content-Digest", Sha256.of(message.bytes).digestField());
    }
    if (token != null) {
      authorized.header("Authorization", "Bearer " + token.reveal());
    }
    return authorized.build();
  }

  private Response execute(OkHttpClient client, Request call) {
    if (stopped) {
      throw new ArchiveException(ErrorCode.INTERRUPTED, "interrupted");
    }
    deadline.check();
    Call made = client.newCall(call.newBuilder().header("User-Agent", userAgent).build());
    deadline.bound(made.timeout());
    made.addEventListener(
        new HeadTimeout(Duration.ofMillis(client.readTimeoutMillis()).plus(AnswerRate.GRACE)));
    try {
      return made.execute();
    } catch (FileBody.SourceFailure e) {
      throw e.problem();
    } catch (IOException e) {
      throw answers.unanswered(e, stopped);
    }
  }
}
