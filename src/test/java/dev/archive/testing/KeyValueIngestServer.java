package dev.archive.testing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.archive.testing.BatchDocument.FileEntry;
import dev.archive.testing.KeyValueIngestOptions.AssemblyFault;
import dev.archive.testing.KeyValueIngestOptions.Variant;
import dev.archive.testing.StagingBucket.ListedPart;
import dev.archive.testing.StagingBucket.StorageError;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Imitates the ingest servers that exist, with what is broken in them, for uploads that must
 * succeed there as well. State and object storage share one loopback port. Its answers are those of
 * the deployments; what truly happened is told by {@link #batches}, {@link #objects} and {@link
 * #enqueued}.
 */
public final class KeyValueIngestServer implements AutoCloseable {
  static {
    // Read once, when the server classes load; without it every answer waits for a delayed ACK.
    System.setProperty("sun.net.httpserver.nodelay", "true");
  }

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern BATCH_CALL =
      Pattern.compile("/api/batches/([^/]+)/(status|files/start|files/complete|finalize)");
  private static final Pattern REFUSED_CHARACTER = Pattern.compile("[<>:\"|?*]");
  private static final Pattern CONTROL_CHARACTER = Pattern.compile("[\\x00-\\x1f]");
  private static final String ULID_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

  private final KeyValueIngestOptions options;
  private final BatchDocuments documents;
  private final StagingBucket bucket;
  private final HttpServer http;
  private final Clock clock = Clock.systemUTC();
  private final Random random;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<Enqueued> enqueued = new CopyOnWriteArrayList<>();
  private final AtomicLong answers = new AtomicLong();
  private final AtomicLong puts = new AtomicLong();
  private final AtomicLong assemblies = new AtomicLong();
  private volatile URI presignedAt;

  public KeyValueIngestServer(KeyValueIngestOptions options) throws IOException {
    this.options = options;
    this.documents =
        options.variant() == Variant.DURABLE_OBJECT
            ? new DurableObjectDocuments(options)
            : new KeyValueDocuments(options);
    this.bucket = new StagingBucket(options);
    this.random = new Random(~options.seed());
    this.http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.setExecutor(threads);
    http.createContext("/", this::handle);
  }

  /** An object as it lies in the bucket. */
  public record StoredObject(long size, String sha256) {}

  /** A batch as it was handed on: the files of it, with the sizes that start declared. */
  public record Enqueued(String batchId, Map<String, Long> files) {}

  private record Answer(int status, Optional<String> etag, String contentType, byte[] body) {

    static Answer json(int status, JsonNode body) {
      try {
        return new Answer(
            status, Optional.empty(), "application/json", JSON.writeValueAsBytes(body));
      } catch (JsonProcessingException e) {
        throw new IllegalStateException(e);
      }
    }

    static Answer storageError(int status, String code) {
      String xml = "<Error><Code>" + code + "</Code></Error>";
      return new Answer(
          status, Optional.empty(), "application/xml", xml.getBytes(StandardCharsets.UTF_8));
    }

    static Answer stored(String etag) {
      return new Answer(200, Optional.of(etag), "text/plain", new byte[0]);
    }
  }

  public KeyValueIngestServer start() {
    http.start();
    return this;
  }

  public URI url() {
    InetSocketAddress address = http.getAddress();
    return URI.create("http://127.0.0.1:" + address.getPort());
  }

  /** From now on presigned URLs name a proxy before this server. */
  public void presignAt(URI proxy) {
    presignedAt = proxy;
  }

  private URI origin() {
    return presignedAt == null ? url() : presignedAt;
  }

  /** The objects of the bucket by key. */
  public Map<String, StoredObject> objects() {
    return bucket.objects();
  }

  /** The bytes of an object, where there is one and it is small enough to be kept. */
  public Optional<byte[]> bytes(String key) {
    return bucket.bytes(key);
  }

  /** Every batch handed on, in order; one that was handed on twice is there twice. */
  public List<Enqueued> enqueued() {
    return List.copyOf(enqueued);
  }

  /** The state that is really stored, by batch, whatever a stale read shows. */
  public Map<String, BatchDocument> batches() {
    return documents.current();
  }

  @Override
  public void close() {
    documents.close();
    http.stop(0);
    threads.shutdownNow();
    try {
      // A call that still writes a part would keep its directory from being removed.
      threads.awaitTermination(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    bucket.close();
  }

  private void handle(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getRawPath();
    boolean put = exchange.getRequestMethod().equals("PUT");
    AtomicBoolean unanswered = new AtomicBoolean();
    Answer answer;
    try {
      answer = put ? put(exchange, path) : call(exchange, path, unanswered);
    } catch (Refusal refusal) {
      answer =
          put
              ? Answer.storageError(refusal.status(), refusal.body().get("error").textValue())
              : Answer.json(refusal.status(), refusal.body());
    } catch (RuntimeException e) {
      answer = Answer.json(500, Refusal.internal().body());
    }
    if (unanswered.get() || isCounted(put, path) && isNth(answers, options.loseAnswerEvery())) {
      exchange.close();
    } else {
      send(exchange, answer);
    }
  }

  private boolean isCounted(boolean put, String path) {
    return options.loseAnswersOf().stream()
        .anyMatch(
            call ->
                switch (call) {
                  case PUT -> put;
                  case START -> path.endsWith("/files/start");
                  case COMPLETE -> path.endsWith("/files/complete");
                  case FINALIZE -> path.endsWith("/finalize");
                });
  }

  private static void send(HttpExchange exchange, Answer answer) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", answer.contentType());
    answer.etag().ifPresent(etag -> exchange.getResponseHeaders().set("ETag", etag));
    if (answer.status() == 429 || answer.status() == 503) {
      exchange.getResponseHeaders().set("Retry-After", "0");
    }
    boolean empty = answer.body().length == 0;
    exchange.sendResponseHeaders(answer.status(), empty ? -1 : answer.body().length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(answer.body());
    }
  }

  private Answer call(HttpExchange exchange, String path, AtomicBoolean unanswered)
      throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    String call = exchange.getRequestMethod() + " " + path;
    if (call.equals("GET /")) {
      return Answer.json(
          200,
          JSON.createObjectNode()
              .put("service", "key-value-ingest")
              .put("version", "0.1.0")
              .put("status", "healthy"));
    }
    if (call.equals("POST /api/batches/init")) {
      return Answer.json(201, init(parse(body)));
    }
    Matcher matcher = BATCH_CALL.matcher(path);
    if (matcher.matches()) {
      String batchId = matcher.group(1);
      switch (exchange.getRequestMethod() + " " + matcher.group(2)) {
        case "GET status":
          if (options.variant() != Variant.NAIVE) {
            return Answer.json(200, status(documents.read(batchId)));
          }
          break;
        case "POST files/start":
          return Answer.json(200, startFile(batchId, parse(body)));
        case "POST files/complete":
          return Answer.json(200, completeFile(batchId, parse(body), unanswered));
        case "POST finalize":
          return Answer.json(200, finalizeBatch(batchId));
        default:
          break;
      }
    }
    throw Refusal.notFound("Not found");
  }

  private ObjectNode init(JsonNode request) {
    String rootPath = text(request, "root_path");
    if (!rootPath.startsWith("/") || options.refuseRootSlash() && rootPath.equals("/")) {
      throw Refusal.invalid("Missing or invalid root_path");
    }
    String parentPi = request.path("parent_pi").asText("0".repeat(26));
    if (!parentPi.matches("[0-9A-Z]{26}")) {
      throw Refusal.invalid("Invalid parent_pi");
    }
    BatchDocument batch =
        new BatchDocument(
            0,
            ulid(),
            "sess_" + ulid(),
            BatchDocument.UPLOADING,
            text(request, "uploader"),
            rootPath,
            parentPi,
            number(request, "file_count", 0),
            number(request, "total_size", 0),
            clock.instant().toString(),
            null,
            request.has("metadata") ? request.get("metadata") : JSON.createObjectNode(),
            request.get("custom_prompts"),
            List.of());
    documents.create(batch);
    return JSON.createObjectNode()
        .put("batch_id", batch.batchId())
        .put("session_id", batch.sessionId());
  }

  private ObjectNode startFile(String batchId, JsonNode request) {
    String logicalPath = text(request, "logical_path");
    requireValidPath(logicalPath);
    long size = number(request, "file_size", options.allowEmptyFiles() ? 0 : 1);
    String key = "staging/" + batchId + logicalPath;
    String uploadId = size >= options.multipartFrom() ? bucket.createUpload(key) : null;
    FileEntry file =
        new FileEntry(
            key,
            text(request, "file_name"),
            size,
            logicalPath,
            text(request, "content_type"),
            request.get("processing_config"),
            uploadId,
            request.hasNonNull("cid") ? text(request, "cid") : null,
            null);
    documents.update(batchId, batch -> requireUploading(batch).plus(file));
    ObjectNode answer = JSON.createObjectNode().put("r2_key", key);
    if (uploadId == null) {
      return answer
          .put("upload_type", "simple")
          .put("presigned_url", bucket.presignedUrl(origin().toString(), key, ""));
    }
    answer
        .put("upload_type", "multipart")
        .put("upload_id", uploadId)
        .put("part_size", options.partSize());
    ArrayNode urls = answer.putArray("presigned_urls");
    for (int part = 1; (part - 1) * options.partSize() < size; part++) {
      String parameters = "uploadId=" + uploadId + "&partNumber=" + part;
      urls.addObject()
          .put("part_number", part)
          .put("url", bucket.presignedUrl(origin().toString(), key, parameters));
    }
    return answer;
  }

  private ObjectNode completeFile(String batchId, JsonNode request, AtomicBoolean unanswered) {
    String key = text(request, "r2_key");
    String now = clock.instant().toString();
    boolean assemblesFirst = options.variant() == Variant.NAIVE;
    BatchDocument before =
        documents.update(
            batchId,
            batch -> {
              BatchDocument after = completed(requireUploading(batch), key, request, now);
              if (assemblesFirst) {
                assemble(batch, key, request, unanswered);
              }
              return after;
            });
    if (!assemblesFirst) {
      // The file is marked already: where this fails, the next complete says success.
      assemble(before, key, request, unanswered);
    }
    return JSON.createObjectNode().put("success", true);
  }

  /** Makes an object of the parts of a multipart upload, where the file was not complete before. */
  private void assemble(
      BatchDocument before, String key, JsonNode request, AtomicBoolean unanswered) {
    FileEntry file = before.files().get(before.indexOf(key));
    if (!file.multipart() || file.completed()) {
      return;
    }
    long number = assemblies.incrementAndGet();
    AssemblyFault fault = options.assembly(number);
    unanswered.set(fault.unanswered());
    try {
      if (fault.fails()) {
        throw new StorageError(
            number % 2 == 1 ? StorageError.PARTS_NOT_FOUND : "We encountered an internal error");
      }
      bucket.assemble(key, file.uploadId(), listedParts(request));
    } catch (StorageError e) {
      if (options.assemblyStatus() > 0) {
        throw Refusal.of(options.assemblyStatus(), "Gateway error");
      }
      // The first deployments answer every failure of the storage alike.
      boolean told = options.variant() != Variant.NAIVE && e.getMessage().contains("parts");
      throw told ? Refusal.invalid(e.getMessage()) : Refusal.internal();
    }
  }

  private static BatchDocument completed(
      BatchDocument batch, String key, JsonNode request, String now) {
    int index = batch.indexOf(key);
    if (index < 0) {
      throw Refusal.notFound("File not found in batch");
    }
    FileEntry file = batch.files().get(index);
    if (file.completed()) {
      return batch;
    }
    if (file.multipart()) {
      if (!text(request, "upload_id").equals(file.uploadId())) {
        throw Refusal.invalid("upload_id mismatch");
      }
      listedParts(request);
    }
    return batch.completed(index, now);
  }

  private ObjectNode finalizeBatch(String batchId) {
    String now = clock.instant().toString();
    BatchDocument before =
        documents.updateByFinalize(
            batchId,
            batch ->
                batch.status().equals(BatchDocument.ENQUEUED)
                    ? batch
                    : requireCompleted(batch).enqueued(now));
    Map<String, Long> sizes = new LinkedHashMap<>();
    before.files().forEach(file -> sizes.put(file.r2Key(), file.fileSize()));
    if (before.status().equals(BatchDocument.UPLOADING)) {
      enqueued.add(new Enqueued(batchId, Map.copyOf(sizes)));
    }
    return JSON.createObjectNode()
        .put("batch_id", batchId)
        .put("status", BatchDocument.ENQUEUED)
        .put("files_uploaded", before.files().size())
        .put("total_bytes", before.files().stream().mapToLong(FileEntry::fileSize).sum())
        .put("r2_prefix", "staging/" + batchId + "/");
  }

  private static ObjectNode status(BatchDocument batch) {
    List<FileEntry> completed = batch.files().stream().filter(FileEntry::completed).toList();
    ObjectNode answer =
        JSON.createObjectNode()
            .put("batch_id", batch.batchId())
            .put("session_id", batch.sessionId())
            .put("status", batch.status())
            .put("uploader", batch.uploader())
            .put("root_path", batch.rootPath())
            .put("parent_pi", batch.parentPi())
            .put("file_count", batch.fileCount())
            .put("files_uploaded", completed.size())
            .put("total_size", batch.totalSize())
            .put("total_bytes_uploaded", completed.stream().mapToLong(FileEntry::fileSize).sum())
            .put("created_at", batch.createdAt());
    putPresent(answer, "enqueued_at", batch.enqueuedAt());
    answer.set("metadata", batch.metadata());
    putPresent(answer, "custom_prompts", batch.customPrompts());
    ArrayNode files = answer.putArray("files");
    for (FileEntry file : batch.files()) {
      ObjectNode node =
          files
              .addObject()
              .put("r2_key", file.r2Key())
              .put("file_name", file.fileName())
              .put("file_size", file.fileSize())
              .put("logical_path", file.logicalPath())
              .put("content_type", file.contentType());
      putPresent(node, "processing_config", file.processingConfig());
      node.put("upload_type", file.multipart() ? "multipart" : "simple")
          .put("status", file.completed() ? "completed" : "uploading");
      putPresent(node, "completed_at", file.completedAt());
      putPresent(node, "cid", file.cid());
    }
    return answer;
  }

  private Answer put(HttpExchange exchange, String path) throws IOException {
    InputStream in = exchange.getRequestBody();
    if (isNth(puts, options.storageErrorsEvery())) {
      in.transferTo(OutputStream.nullOutputStream());
      throw Refusal.of(500, "InternalError");
    }
    Map<String, String> query = query(exchange.getRequestURI());
    String decoded = RawNameUrl.decode(path);
    boolean inBucket = decoded.startsWith(StagingBucket.PREFIX);
    if (!inBucket || !bucket.isSigned(decoded, query)) {
      in.transferTo(OutputStream.nullOutputStream());
      throw inBucket ? Refusal.of(403, "SignatureDoesNotMatch") : Refusal.notFound("NoSuchBucket");
    }
    String key = decoded.substring(StagingBucket.PREFIX.length());
    String length = exchange.getRequestHeaders().getFirst("Content-Length");
    long declaredSize = length == null ? -1 : Long.parseLong(length);
    if (!query.containsKey("uploadId")) {
      return Answer.stored(bucket.put(key, in, declaredSize));
    }
    int part = Integer.parseInt(query.get("partNumber"));
    return Answer.stored(bucket.putPart(key, query.get("uploadId"), part, in, declaredSize));
  }

  private void requireValidPath(String logicalPath) {
    boolean valid =
        logicalPath.startsWith("/")
            && !CONTROL_CHARACTER.matcher(logicalPath).find()
            && (options.allowAnyName() || !REFUSED_CHARACTER.matcher(logicalPath).find());
    for (String segment : logicalPath.substring(1).split("/", -1)) {
      valid &= !segment.isEmpty() && !segment.equals(".") && !segment.equals("..");
    }
    if (!valid) {
      throw Refusal.invalid("Missing or invalid logical_path");
    }
  }

  private static BatchDocument requireUploading(BatchDocument batch) {
    if (!batch.status().equals(BatchDocument.UPLOADING)) {
      throw Refusal.invalid("Batch status is " + batch.status() + ", expected uploading");
    }
    return batch;
  }

  /** Looks only at the files it knows; what init declared is not compared. */
  private static BatchDocument requireCompleted(BatchDocument batch) {
    List<String> incomplete =
        batch.files().stream().filter(file -> !file.completed()).map(FileEntry::fileName).toList();
    if (!incomplete.isEmpty()) {
      throw Refusal.incomplete(incomplete);
    }
    if (batch.files().isEmpty()) {
      throw Refusal.invalid("No files uploaded in this batch");
    }
    return batch;
  }

  private static List<ListedPart> listedParts(JsonNode request) {
    if (!request.path("parts").isArray()) {
      throw Refusal.invalid("Missing or invalid parts");
    }
    List<ListedPart> parts = new ArrayList<>();
    for (JsonNode part : request.get("parts")) {
      parts.add(new ListedPart((int) number(part, "part_number", 1), text(part, "etag")));
    }
    return parts;
  }

  private static JsonNode parse(byte[] body) throws IOException {
    try {
      return JSON.readTree(body);
    } catch (JsonProcessingException e) {
      throw Refusal.invalid("Invalid JSON");
    }
  }

  private static String text(JsonNode request, String field) {
    JsonNode value = request.path(field);
    if (!value.isTextual() || value.textValue().isEmpty()) {
      throw Refusal.invalid("Missing or invalid " + field);
    }
    return value.textValue();
  }

  private static long number(JsonNode request, String field, long least) {
    JsonNode value = request.path(field);
    if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < least) {
      throw Refusal.invalid("Invalid " + field);
    }
    return value.longValue();
  }

  /** Leaves out what is absent, as the deployments do, rather than writing null. */
  private static void putPresent(ObjectNode node, String field, String value) {
    if (value != null) {
      node.put(field, value);
    }
  }

  private static void putPresent(ObjectNode node, String field, JsonNode value) {
    if (value != null) {
      node.set(field, value);
    }
  }

  private static Map<String, String> query(URI uri) {
    Map<String, String> query = new HashMap<>();
    for (String pair : Optional.ofNullable(uri.getRawQuery()).orElse("").split("&")) {
      String[] nameAndValue = pair.split("=", 2);
      query.put(nameAndValue[0], nameAndValue.length == 2 ? nameAndValue[1] : "");
    }
    return query;
  }

  private static boolean isNth(AtomicLong counter, int n) {
    return n > 0 && counter.incrementAndGet() % n == 0;
  }

  private String ulid() {
    StringBuilder ulid = new StringBuilder(26);
    long time = clock.millis();
    for (int shift = 45; shift >= 0; shift -= 5) {
      ulid.append(ULID_LETTERS.charAt((int) (time >>> shift & 31)));
    }
    random.ints(16, 0, 32).forEach(letter -> ulid.append(ULID_LETTERS.charAt(letter)));
    return ulid.toString();
  }
}
