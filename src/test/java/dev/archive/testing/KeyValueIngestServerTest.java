package dev.archive.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.archive.testing.KeyValueIngestOptions.AssemblyFault;
import dev.archive.testing.KeyValueIngestOptions.Call;
import dev.archive.testing.KeyValueIngestOptions.Variant;
import dev.archive.testing.KeyValueIngestServer.Enqueued;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Drives the stand-in with plain clients, which trust every answer, and shows what they lose. */
final class KeyValueIngestServerTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int RUNS = 5;
  private static final int CLIENTS = 5;

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final List<KeyValueIngestServer> servers = new ArrayList<>();

  @AfterEach
  void closeServers() {
    servers.forEach(KeyValueIngestServer::close);
  }

  private record Reply(int status, JsonNode body, String etag) {}

  @ParameterizedTest
  @EnumSource(names = {"NAIVE", "UNCOMPARED_VERSION"})
  void overlappingCallsLoseFilesOfAnOverwrittenDocument(Variant variant) throws Exception {
    KeyValueIngestServer server = start(overlapping(variant));
    int runsWithLoss = 0;
    for (int run = 0; run < RUNS; run++) {
      String batch = uploadAtOnce(server);
      if (!filesEnqueued(server, batch).equals(paths(batch))) {
        runsWithLoss++;
      }
      assertTrue(server.objects().keySet().containsAll(paths(batch)), "all bytes did arrive");
    }
    assertTrue(runsWithLoss >= 1, "runs with loss: " + runsWithLoss);
  }

  @Test
  void overlappingCallsLoseNothingOfASerialisedBatch() throws Exception {
    KeyValueIngestServer server = start(overlapping(Variant.DURABLE_OBJECT));
    for (int run = 0; run < RUNS; run++) {
      String batch = uploadAtOnce(server);
      assertEquals(paths(batch), filesEnqueued(server, batch));
    }
  }

  @ParameterizedTest
  @EnumSource
  void callsOneAtATimeLoseNothing(Variant variant) throws Exception {
    KeyValueIngestServer server = start(KeyValueIngestOptions.of(variant).interleave(CLIENTS));
    String batch = init(server, CLIENTS);
    for (int i = 0; i < CLIENTS; i++) {
      Reply started = startFile(server, batch, path(i), 4);
      put(started.body().get("presigned_url").textValue(), bytes(i));
      assertEquals(200, complete(server, batch, started.body()).status());
    }
    Reply receipt = finalizeBatch(server, batch);
    assertEquals(200, receipt.status());
    assertEquals(CLIENTS, receipt.body().get("files_uploaded").intValue());
    assertEquals(4L * CLIENTS, receipt.body().get("total_bytes").longValue());
    assertEquals(paths(batch), filesEnqueued(server, batch));
    assertEquals(receipt, finalizeBatch(server, batch));
    assertEquals(1, server.enqueued().size());
  }

  @Test
  void aStaleReadLosesAFileThoughCallsGoOneAtATime() throws Exception {
    KeyValueIngestServer server =
        start(KeyValueIngestOptions.of(Variant.NAIVE).staleReads(1).seed(7));
    String batch = init(server, 20);
    for (int i = 0; i < 20; i++) {
      assertEquals(200, startFile(server, batch, path(i), 4).status());
    }
    assertTrue(server.batches().get(batch).files().size() < 20);
  }

  @Test
  void onlyTheFirstDeploymentsHaveNoStatus() throws Exception {
    KeyValueIngestServer naive = start(KeyValueIngestOptions.of(Variant.NAIVE));
    Reply missing = get(naive, "/api/batches/" + init(naive, 1) + "/status");
    assertEquals(404, missing.status());
    assertEquals("{\"error\":\"Not found\"}", missing.body().toString());

    KeyValueIngestServer later = start(KeyValueIngestOptions.of(Variant.UNCOMPARED_VERSION));
    String batch = init(later, 1);
    Reply started = startFile(later, batch, "/a.txt", 4);
    complete(later, batch, started.body());
    Reply status = get(later, "/api/batches/" + batch + "/status");
    assertEquals(200, status.status());
    assertEquals(1, status.body().get("files_uploaded").intValue());
    assertEquals("completed", status.body().at("/files/0/status").textValue());
    assertEquals(404, get(later, "/api/batches/none/status").status());
  }

  @Test
  void finalizeComparesNothingWithWhatInitDeclared() throws Exception {
    KeyValueIngestServer server = start(KeyValueIngestOptions.of(Variant.DURABLE_OBJECT));
    String batch = init(server, 5);
    assertEquals(
        "No files uploaded in this batch",
        finalizeBatch(server, batch).body().get("error").textValue());
    JsonNode started = startFile(server, batch, "/dir/a.txt", 4).body();
    Reply early = finalizeBatch(server, batch);
    assertEquals(400, early.status());
    assertEquals("[\"a.txt\"]", early.body().get("incomplete").toString());
    complete(server, batch, started);
    assertEquals(1, finalizeBatch(server, batch).body().get("files_uploaded").intValue());
    Reply late = startFile(server, batch, "/b.txt", 4);
    assertEquals(400, late.status());
    assertEquals(
        "Batch status is enqueued, expected uploading", late.body().get("error").textValue());
    assertEquals(400, complete(server, batch, started).status());
  }

  @Test
  void completeSaysSuccessForAFileThatNeverArrived() throws Exception {
    KeyValueIngestServer server = start(KeyValueIngestOptions.of(Variant.NAIVE));
    String batch = init(server, 2);
    JsonNode nothing = startFile(server, batch, "/nothing.txt", 4).body();
    JsonNode tooFew = startFile(server, batch, "/too-few.txt", 4).body();
    put(tooFew.get("presigned_url").textValue(), new byte[] {1});
    assertEquals(200, complete(server, batch, nothing).status());
    assertEquals(200, complete(server, batch, tooFew).status());
    assertEquals(200, finalizeBatch(server, batch).status());
    assertEquals(Set.of(key(batch, "/too-few.txt")), server.objects().keySet());
    assertEquals(1, server.objects().get(key(batch, "/too-few.txt")).size());
  }

  @Test
  void aRepeatedStartIsATwinThatCanNeverBeCompleted() throws Exception {
    KeyValueIngestServer server = start(KeyValueIngestOptions.of(Variant.DURABLE_OBJECT));
    String batch = init(server, 1);
    JsonNode started = startFile(server, batch, "/a.txt", 4).body();
    assertEquals(started, startFile(server, batch, "/a.txt", 4).body());
    assertEquals(200, complete(server, batch, started).status());
    assertEquals(200, complete(server, batch, started).status());
    assertEquals("Not all files completed", error(finalizeBatch(server, batch)));
    assertEquals(2, server.batches().get(batch).files().size());
  }

  @ParameterizedTest
  @EnumSource(names = {"UNCOMPARED_VERSION", "DURABLE_OBJECT"})
  void aFileIsMarkedCompleteBeforeItsPartsAreAssembled(Variant variant) throws Exception {
    KeyValueIngestServer server = start(smallParts(variant));
    String batch = init(server, 1);
    JsonNode started = startFile(server, batch, "/big.bin", 25).body();
    List<String> sent = sendParts(started, 25);
    assertEquals(400, complete(server, batch, started, etags(sent, 0, 3, "wrong")).status());
    JsonNode status = get(server, "/api/batches/" + batch + "/status").body();
    assertEquals("completed", status.at("/files/0/status").textValue());
    assertEquals(200, complete(server, batch, started, etags(sent, 0, 3, "")).status());
    assertEquals(200, finalizeBatch(server, batch).status());
    assertTrue(server.objects().isEmpty());
  }

  @Test
  void theFirstDeploymentsMarkAFileAfterItsPartsAreAssembled() throws Exception {
    KeyValueIngestServer server = start(smallParts(Variant.NAIVE));
    String batch = init(server, 1);
    JsonNode started = startFile(server, batch, "/big.bin", 25).body();
    List<String> sent = sendParts(started, 25);
    assertEquals(500, complete(server, batch, started, etags(sent, 0, 3, "wrong")).status());
    assertFalse(server.batches().get(batch).files().get(0).completed());
    assertEquals(400, finalizeBatch(server, batch).status());
    assertEquals(200, complete(server, batch, started, etags(sent, 0, 3, "")).status());
    assertEquals(25, server.objects().get(key(batch, "/big.bin")).size());
    assertEquals(200, complete(server, batch, started, etags(sent, 0, 3, "")).status());
  }

  @ParameterizedTest
  @EnumSource
  void etagsInQuotesNameNoParts(Variant variant) throws Exception {
    KeyValueIngestServer server = start(smallParts(variant));
    String batch = init(server, 1);
    JsonNode started = startFile(server, batch, "/big.bin", 25).body();
    ArrayNode parts = JSON.createArrayNode();
    List<String> sent = sendParts(started, 25);
    for (int i = 0; i < 3; i++) {
      assertTrue(sent.get(i).matches("\"[0-9a-f]{32}\""), sent.get(i));
      parts.addObject().put("part_number", i + 1).put("etag", sent.get(i));
    }
    Reply refused = complete(server, batch, started, parts);
    assertEquals(variant == Variant.NAIVE ? 500 : 400, refused.status());
    assertTrue(server.objects().isEmpty());
  }

  @ParameterizedTest
  @EnumSource
  void anAssemblyGoesWrongAsOftenAsIsAskedFor(Variant variant) throws Exception {
    for (AssemblyFault fault : AssemblyFault.values()) {
      KeyValueIngestServer server = start(smallParts(variant).assembly(fault, 1, 1));
      String batch = init(server, 3);
      for (int i = 0; i < 3; i++) {
        JsonNode started = startFile(server, batch, path(i), 25).body();
        ArrayNode parts = etags(sendParts(started, 25), 0, 3, "");
        boolean hit = i == 1 && fault != AssemblyFault.NONE;
        if (hit && fault.unanswered()) {
          assertThrows(IOException.class, () -> complete(server, batch, started, parts));
        } else {
          assertEquals(hit ? 500 : 200, complete(server, batch, started, parts).status());
        }
        boolean marked = !hit || !fault.fails() || variant != Variant.NAIVE;
        assertEquals(marked, server.batches().get(batch).files().get(i).completed(), "" + fault);
        boolean stored = server.objects().containsKey(key(batch, path(i)));
        assertEquals(!hit || !fault.fails(), stored, "" + fault);
      }
    }
  }

  @Test
  void onlyAnswersToTheCallsThatAreNamedGetLost() throws Exception {
    KeyValueIngestServer server =
        start(KeyValueIngestOptions.of(Variant.NAIVE).loseAnswerEvery(1, Call.COMPLETE));
    String batch = init(server, 1);
    JsonNode started = startFile(server, batch, "/a.txt", 4).body();
    assertEquals(200, put(started.get("presigned_url").textValue(), bytes(1)).status());
    assertThrows(IOException.class, () -> complete(server, batch, started));
    assertEquals(200, finalizeBatch(server, batch).status());
  }

  @Test
  void aNameIsCutAtAHashAndTwoFilesBecomeOneObject() throws Exception {
    KeyValueIngestServer server = start(KeyValueIngestOptions.of(Variant.DURABLE_OBJECT));
    String batch = init(server, 2);
    for (int i = 1; i <= 2; i++) {
      JsonNode started = startFile(server, batch, "/scan#" + i + ".txt", 4).body();
      assertEquals(200, put(started.get("presigned_url").textValue(), bytes(i)).status());
      assertEquals(200, complete(server, batch, started).status());
    }
    assertEquals(2, finalizeBatch(server, batch).body().get("files_uploaded").intValue());
    assertEquals(Set.of(key(batch, "/scan")), server.objects().keySet());
    assertArrayEquals(bytes(2), server.bytes(key(batch, "/scan")).orElseThrow());
  }

  @Test
  void aNameWithAnEscapeOrABackslashNamesAnotherObject() throws Exception {
    KeyValueIngestServer server = start(KeyValueIngestOptions.of(Variant.DURABLE_OBJECT));
    String batch = init(server, 4);
    assertEquals(key(batch, "/a b.txt"), objectOf(server, batch, "/a%20b.txt"));
    assertEquals(key(batch, "/dir/c.txt"), objectOf(server, batch, "/dir\\c.txt"));
    assertEquals("staging/other/d.txt", objectOf(server, batch, "/..\\other\\d.txt"));
    assertEquals("staging/other/e.txt", objectOf(server, batch, "/%2e%2E/other/e.txt"));
    String outside =
        startFile(server, batch, "/..\\..\\..\\f.txt", 4).body().get("presigned_url").textValue();
    assertEquals(404, put(outside, bytes(1)).status());
    // Ordinary names are stored under their key, however the URL writes them.
    assertEquals(key(batch, "/é ü+.txt"), objectOf(server, batch, "/é ü+.txt"));
  }

  @Test
  void aBarePercentSignMakesAUrlThatCannotBeSent() throws Exception {
    KeyValueIngestServer server = start(KeyValueIngestOptions.of(Variant.DURABLE_OBJECT));
    Reply started = startFile(server, init(server, 1), "/100%.txt", 4);
    assertEquals(200, started.status());
    String url = started.body().get("presigned_url").textValue();
    assertThrows(IllegalArgumentException.class, () -> URI.create(url));
    String target = url.substring(server.url().toString().length());
    assertTrue(statusLineOfRawPut(server, target).contains(" 400 "));
    assertTrue(server.objects().isEmpty());
  }

  @Test
  void wrongEtagsAreRefusedOnceAndThenSuccessWithoutAnObject() throws Exception {
    KeyValueIngestServer server = start(smallParts(Variant.DURABLE_OBJECT));
    String batch = init(server, 1);
    JsonNode started = startFile(server, batch, "/big.bin", 25).body();
    List<String> sent = sendParts(started, 25);
    assertEquals(400, complete(server, batch, started, etags(sent, 0, 3, "wrong")).status());
    assertEquals(200, complete(server, batch, started, etags(sent, 0, 3, "")).status());
    assertEquals(200, finalizeBatch(server, batch).status());
    assertTrue(server.objects().isEmpty());
  }

  @Test
  void someOfThePartsListedIsSuccessWithATruncatedObject() throws Exception {
    KeyValueIngestServer server = start(smallParts(Variant.UNCOMPARED_VERSION));
    String batch = init(server, 1);
    JsonNode started = startFile(server, batch, "/big.bin", 15).body();
    List<String> sent = sendParts(started, 15);
    assertEquals(200, complete(server, batch, started, etags(sent, 0, 1, "")).status());
    assertEquals(10, server.objects().get(key(batch, "/big.bin")).size());
  }

  @Test
  void allPartsListedIsTheWholeObject() throws Exception {
    KeyValueIngestServer server = start(smallParts(Variant.DURABLE_OBJECT).keepBytesUpTo(0));
    String batch = init(server, 1);
    JsonNode started = startFile(server, batch, "/big.bin", 25).body();
    assertEquals(10, started.get("part_size").intValue());
    List<String> sent = sendParts(started, 25);
    assertEquals(200, complete(server, batch, started, etags(sent, 0, 3, "")).status());
    String digest = HexFormat.of().formatHex(sha256(content(25)));
    String key = key(batch, "/big.bin");
    assertEquals(new KeyValueIngestServer.StoredObject(25, digest), server.objects().get(key));
    assertTrue(server.bytes(key).isEmpty());
  }

  @Test
  void finalizesThatOverlapEnqueueABatchMoreThanOnce() throws Exception {
    for (Variant variant : Variant.values()) {
      KeyValueIngestServer server = start(overlapping(variant));
      String batch = init(server, 1);
      complete(server, batch, startFile(server, batch, "/a.txt", 4).body());
      for (Reply reply : atOnce(CLIENTS, i -> finalizeRequest(server, batch))) {
        assertEquals(200, reply.status());
      }
      assertTrue(server.enqueued().size() > 1, variant + ": " + server.enqueued());
    }
  }

  @Test
  void anAnswerIsLostOnlyAfterItsEffect() throws Exception {
    KeyValueIngestServer server = start(KeyValueIngestOptions.of(Variant.NAIVE).loseAnswerEvery(2));
    String batch = init(server, 2);
    assertEquals(200, startFile(server, batch, "/a.txt", 4).status());
    assertThrows(IOException.class, () -> startFile(server, batch, "/b.txt", 4));
    assertEquals(2, server.batches().get(batch).files().size());
  }

  @Test
  void aStorageErrorStoresNothing() throws Exception {
    KeyValueIngestServer server =
        start(KeyValueIngestOptions.of(Variant.NAIVE).storageErrorsEvery(2));
    String batch = init(server, 2);
    String first = startFile(server, batch, "/a.txt", 4).body().get("presigned_url").textValue();
    String second = startFile(server, batch, "/b.txt", 4).body().get("presigned_url").textValue();
    assertEquals(200, put(first, bytes(1)).status());
    assertEquals(500, put(second, bytes(2)).status());
    assertEquals(Set.of(key(batch, "/a.txt")), server.objects().keySet());
    assertEquals(200, put(second, bytes(2)).status());
  }

  @Test
  void everyCallFailsFromSomeNumberOfFilesOn() throws Exception {
    KeyValueIngestServer server =
        start(KeyValueIngestOptions.of(Variant.DURABLE_OBJECT).failFromFiles(2));
    String batch = init(server, 3);
    JsonNode started = startFile(server, batch, "/a.txt", 4).body();
    assertEquals(200, complete(server, batch, started).status());
    assertEquals(200, startFile(server, batch, "/b.txt", 4).status());
    assertEquals(500, startFile(server, batch, "/c.txt", 4).status());
    assertEquals(500, complete(server, batch, started).status());
    assertEquals(500, get(server, "/api/batches/" + batch + "/status").status());
    assertEquals(500, finalizeBatch(server, batch).status());
  }

  @Test
  void namesAndSizesAreRefusedUnlessAllowed() throws Exception {
    KeyValueIngestServer strict = start(KeyValueIngestOptions.of(Variant.NAIVE).refuseRootSlash());
    assertEquals(400, initReply(strict, "/", 1).status());
    String batch = init(strict, 1);
    for (String path : List.of("/a?b", "/a:b", "/a|b", "a", "/", "/a//b", "/a/../b", "/a\u0001b")) {
      assertEquals(400, startFile(strict, batch, path, 4).status(), path);
    }
    assertEquals(400, startFile(strict, batch, "/a", 0).status());

    KeyValueIngestServer loose =
        start(KeyValueIngestOptions.of(Variant.NAIVE).allowAnyName().allowEmptyFiles());
    assertEquals(201, initReply(loose, "/", 1).status());
    JsonNode empty = startFile(loose, init(loose, 1), "/a:b*c", 0).body();
    Reply stored = put(empty.get("presigned_url").textValue(), new byte[0]);
    assertEquals("\"d41d8cd98f00b204e9800998ecf8427e\"", stored.etag());
  }

  @Test
  void aUrlThatWasChangedIsRefused() throws Exception {
    KeyValueIngestServer server = start(KeyValueIngestOptions.of(Variant.NAIVE));
    String batch = init(server, 1);
    String url = startFile(server, batch, "/a.txt", 4).body().get("presigned_url").textValue();
    assertEquals(403, put(url.replace("a.txt", "b.txt"), bytes(1)).status());
    assertEquals(200, put(url.replace("a.txt", "%61.txt"), bytes(1)).status());
    assertFalse(server.objects().isEmpty());
  }

  // --- plain clients -----------------------------------------------------------------------

  /** The upload as the first clients do it: each step for all files at once. */
  private String uploadAtOnce(KeyValueIngestServer server) throws Exception {
    String batch = init(server, CLIENTS);
    List<Reply> started = atOnce(CLIENTS, i -> startRequest(server, batch, path(i), 4));
    List<JsonNode> files = started.stream().map(Reply::body).toList();
    atOnce(CLIENTS, i -> putRequest(files.get(i).get("presigned_url").textValue(), bytes(i)));
    atOnce(CLIENTS, i -> completeRequest(server, batch, files.get(i), null));
    finalizeBatch(server, batch);
    return batch;
  }

  private KeyValueIngestServer start(KeyValueIngestOptions.Builder options) throws IOException {
    KeyValueIngestServer server =
        new KeyValueIngestServer(options.jitter(Duration.ofMillis(1)).build());
    servers.add(server);
    return server.start();
  }

  /** Windows that stay open long enough for all clients, however slow the machine is. */
  private static KeyValueIngestOptions.Builder overlapping(Variant variant) {
    return KeyValueIngestOptions.of(variant).interleave(CLIENTS).quiet(Duration.ofMillis(100));
  }

  private static KeyValueIngestOptions.Builder smallParts(Variant variant) {
    return KeyValueIngestOptions.of(variant).multipart(5, 10);
  }

  private String init(KeyValueIngestServer server, int files) throws Exception {
    Reply reply = initReply(server, "/archive", files);
    assertEquals(201, reply.status());
    return reply.body().get("batch_id").textValue();
  }

  private Reply initReply(KeyValueIngestServer server, String rootPath, int files)
      throws Exception {
    ObjectNode body =
        JSON.createObjectNode()
            .put("uploader", "tester")
            .put("root_path", rootPath)
            .put("file_count", files)
            .put("total_size", 4L * files);
    return send(post(server, "/api/batches/init", body));
  }

  private Reply startFile(KeyValueIngestServer server, String batch, String path, long size)
      throws Exception {
    return send(startRequest(server, batch, path, size));
  }

  private Reply complete(KeyValueIngestServer server, String batch, JsonNode started)
      throws Exception {
    return complete(server, batch, started, null);
  }

  private Reply complete(
      KeyValueIngestServer server, String batch, JsonNode started, ArrayNode parts)
      throws Exception {
    return send(completeRequest(server, batch, started, parts));
  }

  private Reply finalizeBatch(KeyValueIngestServer server, String batch) throws Exception {
    return send(finalizeRequest(server, batch));
  }

  private Reply get(KeyValueIngestServer server, String path) throws Exception {
    return send(HttpRequest.newBuilder(server.url().resolve(path)).build());
  }

  private Reply put(String url, byte[] bytes) throws Exception {
    return send(putRequest(url, bytes));
  }

  /** Registers and sends one file and tells under which key its bytes came to lie. */
  private String objectOf(KeyValueIngestServer server, String batch, String path) throws Exception {
    Set<String> before = server.objects().keySet();
    Reply started = startFile(server, batch, path, 4);
    assertEquals(200, put(started.body().get("presigned_url").textValue(), bytes(1)).status());
    List<String> added = new ArrayList<>(server.objects().keySet());
    added.removeAll(before);
    assertEquals(1, added.size());
    return added.get(0);
  }

  private List<String> sendParts(JsonNode started, int size) throws Exception {
    List<String> etags = new ArrayList<>();
    int partSize = started.get("part_size").intValue();
    for (JsonNode part : started.get("presigned_urls")) {
      int from = (part.get("part_number").intValue() - 1) * partSize;
      byte[] bytes = Arrays.copyOfRange(content(size), from, Math.min(size, from + partSize));
      etags.add(put(part.get("url").textValue(), bytes).etag());
    }
    return etags;
  }

  private static ArrayNode etags(List<String> etags, int from, int to, String prefix) {
    ArrayNode parts = JSON.createArrayNode();
    for (int i = from; i < to; i++) {
      parts.addObject().put("part_number", i + 1).put("etag", prefix + unquoted(etags.get(i)));
    }
    return parts;
  }

  private static String unquoted(String etag) {
    return etag.substring(1, etag.length() - 1);
  }

  private static HttpRequest startRequest(
      KeyValueIngestServer server, String batch, String path, long size) {
    ObjectNode body =
        JSON.createObjectNode()
            .put("file_name", path.substring(path.lastIndexOf('/') + 1))
            .put("file_size", size)
            .put("logical_path", path)
            .put("content_type", "text/plain");
    body.putObject("processing_config").put("ocr", true).put("describe", true).put("pinax", true);
    if (path.endsWith("/")) {
      body.put("file_name", "unnamed");
    }
    return post(server, "/api/batches/" + batch + "/files/start", body);
  }

  private static HttpRequest completeRequest(
      KeyValueIngestServer server, String batch, JsonNode started, ArrayNode parts) {
    ObjectNode body = JSON.createObjectNode();
    body.set("r2_key", started.get("r2_key"));
    if (parts != null) {
      body.set("upload_id", started.get("upload_id"));
      body.set("parts", parts);
    }
    return post(server, "/api/batches/" + batch + "/files/complete", body);
  }

  private static HttpRequest finalizeRequest(KeyValueIngestServer server, String batch) {
    return HttpRequest.newBuilder(server.url().resolve("/api/batches/" + batch + "/finalize"))
        .POST(BodyPublishers.noBody())
        .build();
  }

  private static HttpRequest putRequest(String url, byte[] bytes) {
    return HttpRequest.newBuilder(URI.create(url))
        .header("Content-Type", "text/plain")
        .PUT(BodyPublishers.ofByteArray(bytes))
        .build();
  }

  private static HttpRequest post(KeyValueIngestServer server, String path, JsonNode body) {
    return HttpRequest.newBuilder(server.url().resolve(path))
        .header("Content-Type", "application/json")
        .POST(BodyPublishers.ofString(body.toString()))
        .build();
  }

  private Reply send(HttpRequest request) throws Exception {
    return reply(client.send(request, BodyHandlers.ofByteArray()));
  }

  private List<Reply> atOnce(int count, IntFunction<HttpRequest> request) {
    List<CompletableFuture<HttpResponse<byte[]>>> sent =
        IntStream.range(0, count)
            .mapToObj(i -> client.sendAsync(request.apply(i), BodyHandlers.ofByteArray()))
            .toList();
    return sent.stream().map(CompletableFuture::join).map(this::reply).toList();
  }

  private Reply reply(HttpResponse<byte[]> response) {
    try {
      boolean json =
          response.headers().firstValue("Content-Type").orElse("").equals("application/json");
      return new Reply(
          response.statusCode(),
          json ? JSON.readTree(response.body()) : JSON.missingNode(),
          response.headers().firstValue("ETag").orElse(null));
    } catch (IOException e) {
      throw new CompletionException(e);
    }
  }

  private static String statusLineOfRawPut(KeyValueIngestServer server, String target)
      throws IOException {
    try (Socket socket = new Socket(server.url().getHost(), server.url().getPort())) {
      String head = "PUT " + target + " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
      socket.getOutputStream().write(head.getBytes(StandardCharsets.UTF_8));
      return new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))
          .readLine();
    }
  }

  private static String error(Reply reply) {
    return reply.body().get("error").textValue();
  }

  private static Set<String> filesEnqueued(KeyValueIngestServer server, String batch) {
    return server.enqueued().stream()
        .filter(enqueued -> enqueued.batchId().equals(batch))
        .map(Enqueued::files)
        .map(Map::keySet)
        .flatMap(Collection::stream)
        .collect(Collectors.toUnmodifiableSet());
  }

  private static Set<String> paths(String batch) {
    return Set.of(
        IntStream.range(0, CLIENTS).mapToObj(i -> key(batch, path(i))).toArray(String[]::new));
  }

  private static String key(String batch, String path) {
    return "staging/" + batch + path;
  }

  private static String path(int i) {
    return "/file-" + i + ".txt";
  }

  private static byte[] bytes(int i) {
    return new byte[] {'f', 'o', 'r', (byte) i};
  }

  private static byte[] content(int size) {
    byte[] content = new byte[size];
    for (int i = 0; i < size; i++) {
      content[i] = (byte) i;
    }
    return content;
  }

  private static byte[] sha256(byte[] bytes) throws Exception {
    return MessageDigest.getInstance("SHA-256").digest(bytes);
  }
}
