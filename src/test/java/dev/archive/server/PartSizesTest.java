package dev.archive.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.archive.model.Sha256;
import dev.archive.server.ApiClient.Answer;
import dev.archive.testing.ArchiveProcess;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Callers of the base API cut a file as they like; others ask for parts of bound lengths. */
class PartSizesTest {
  private static final int MIB = 1 << 20;
  private static final int PART = 10 * MIB;
  private static final int SIZE = 12_000_000;

  @TempDir private static Path root;
  private static RunningServer server;
  private static ApiClient api;

  @BeforeAll
  static void start() {
    server = RunningServer.on(root);
    api = server.api();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static byte[] content(int size, long seed) {
    byte[] content = new byte[size];
    new Random(seed).nextBytes(content);
    return content;
  }

  private static String url(Answer start, int part) {
    return start.json().at("/presigned_urls/" + (part - 1) + "/url").asText();
  }

  private static Map<String, Object> part(int number, Answer put) {
    return Map.of("part_number", number, "etag", put.etag());
  }

  /** As the service's own SDK does it: as many equal parts as there are URLs. */
  @ParameterizedTest
  @ValueSource(ints = {SIZE, 5 * MIB, 10 * MIB, 20 * MIB, 20 * MIB + 1, 31_000_001})
  void fileIsCutIntoAsManyEqualPartsAsThereAreUrls(int size) throws IOException {
    String batch = api.init(1);
    byte[] content = content(size, size);
    Answer start = api.start(batch, "/big", size).expect(200);
    int urls = start.field("presigned_urls").size();
    int length = (size + urls - 1) / urls;
    List<Integer> order = new ArrayList<>();
    for (int i = 1; i <= urls; i++) {
      order.add(i);
    }
    Collections.shuffle(order, new Random(size));
    Map<Integer, Map<String, Object>> parts = new LinkedHashMap<>();
    for (int number : order) {
      byte[] bytes =
          Arrays.copyOfRange(content, (number - 1) * length, Math.min(size, number * length));
      parts.put(number, part(number, api.put(url(start, number), bytes).expect(200)));
    }
    List<Map<String, Object>> inOrder = order.stream().sorted().map(parts::get).toList();
    Answer done =
        api.complete(batch, "/big", "upload_id", start.text("upload_id"), "parts", inOrder)
            .expect(200);
    assertEquals(Sha256.of(content).hex(), done.text("sha256"));
    assertEquals(List.of(), stagedParts(batch));
    api.finalizeBatch(batch).expect(200);
    assertEquals(
        Sha256.of(content).hex(),
        Sha256.of(Files.readAllBytes(server.bag(batch).resolve("data/big"))).hex());
    assertEquals(List.of(), BagCheck.problems(server.bag(batch)));
  }

  private static List<String> stagedParts(String batch) throws IOException {
    try (Stream<Path> staged = Files.list(root.resolve("staging").resolve(batch))) {
      return staged.map(each -> each.getFileName().toString()).toList();
    }
  }

  @Test
  void anotherSizeOfThePartReplacesTheEarlierOne() {
    byte[] content = content(SIZE, 1);
    String batch = api.init(1);
    Answer start = api.start(batch, "/big", SIZE).expect(200);
    // At its own place, loose, loose again, and at its place.
    api.put(url(start, 1), new byte[PART]).expect(200);
    api.put(url(start, 1), new byte[7]).expect(200);
    api.put(url(start, 2), new byte[1]).expect(200);
    api.put(url(start, 1), new byte[PART - 1]).expect(200);
    api.put(url(start, 1), Arrays.copyOf(content, 9_000_000)).expect(200);
    assertEquals(
        "[1:9000000, 2:1]", received(api.start(batch, "/big", SIZE).expect(200)).toString());
    api.complete(batch, "/big").expect(409, "BYTES_MISSING");
    api.put(url(start, 1), Arrays.copyOf(content, PART)).expect(200);
    api.complete(batch, "/big").expect(409, "BYTES_MISSING");
    api.put(url(start, 2), Arrays.copyOfRange(content, PART, SIZE)).expect(200);
    Answer done = api.complete(batch, "/big").expect(200);
    assertEquals(Sha256.of(content).hex(), done.text("sha256"));
  }

  private static List<String> received(Answer start) {
    List<String> received = new ArrayList<>();
    for (JsonNode part : start.field("received")) {
      received.add(part.get("part_number").asText() + ":" + part.get("size").asText());
    }
    return received;
  }

  /** A part at its own place, and one that is none's, are one object all the same. */
  @Test
  void partAtItsPlaceAndALooseOneMakeOneObject() {
    int size = 25 * MIB;
    byte[] content = content(size, 2);
    String batch = api.init(1);
    Answer start = api.start(batch, "/big", size).expect(200);
    api.put(url(start, 1), Arrays.copyOf(content, PART)).expect(200);
    api.put(url(start, 3), Arrays.copyOfRange(content, PART + 8 * MIB, size)).expect(200);
    api.put(url(start, 2), Arrays.copyOfRange(content, PART, PART + 8 * MIB)).expect(200);
    assertEquals(Sha256.of(content).hex(), api.complete(batch, "/big").expect(200).text("sha256"));
  }

  @Test
  void bytesOfALoosePartThatChangedOnTheDiskAreNotAssembled() throws IOException {
    byte[] content = content(SIZE, 3);
    String batch = api.init(1);
    Answer start = api.start(batch, "/big", SIZE).expect(200);
    api.put(url(start, 1), Arrays.copyOf(content, 6_000_000)).expect(200);
    api.put(url(start, 2), Arrays.copyOfRange(content, 6_000_000, SIZE)).expect(200);
    Path loose = null;
    for (String name : stagedParts(batch)) {
      loose = root.resolve("staging").resolve(batch).resolve(name);
    }
    byte[] bytes = Files.readAllBytes(loose);
    bytes[5] ^= 1;
    Files.write(loose, bytes);
    api.complete(batch, "/big").expect(409, "BYTES_MISSING");
    assertTrue(
        api.start(batch, "/big", SIZE).expect(200).json().get("received") == null, "none counts");
    api.put(url(start, 1), Arrays.copyOf(content, 6_000_000)).expect(200);
    api.put(url(start, 2), Arrays.copyOfRange(content, 6_000_000, SIZE)).expect(200);
    Files.delete(root.resolve("staging").resolve(batch).resolve(stagedParts(batch).get(0)));
    api.complete(batch, "/big").expect(409, "BYTES_MISSING");
  }

  @Test
  void wrongDigestOrSumIsNeverAssembled() {
    String batch = api.init(1);
    Answer start =
        api.start(batch, "/big", SIZE, "sha256", Sha256.of(content(SIZE, 4)).hex()).expect(200);
    api.put(url(start, 1), new byte[6_000_000]).expect(200);
    api.put(url(start, 2), new byte[5_999_999]).expect(200);
    api.complete(batch, "/big").expect(409, "BYTES_MISSING");
    api.put(url(start, 2), new byte[6_000_000]).expect(200);
    api.complete(batch, "/big").expect(422, "FIXITY_MISMATCH");
    api.complete(batch, "/big").expect(409, "BYTES_MISSING");
  }

  @Test
  void moreThanAPartIsRefusedAndAStreamOfUnknownLengthTaken() {
    byte[] content = content(SIZE, 5);
    String batch = api.init(1);
    Answer start = api.start(batch, "/big", SIZE).expect(200);
    api.put(url(start, 1), new byte[PART + 1]).expect(413, "TOO_LARGE");
    for (int i = 1; i <= 2; i++) {
      byte[] half = Arrays.copyOfRange(content, (i - 1) * (SIZE / 2), i * (SIZE / 2));
      api.send(
              "PUT",
              url(start, i),
              BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(half)))
          .expect(200);
    }
    assertEquals(Sha256.of(content).hex(), api.complete(batch, "/big").expect(200).text("sha256"));
    api.put(url(start, 1), new byte[3]).expect(409, "CONFLICT");
  }

  @Test
  void lengthsAreBoundForACallerThatAsksForHeaders() {
    String batch = api.init(2);
    Map<String, Object> request = ApiClient.startRequest("/big", SIZE);
    request.put("headers", true);
    Answer start = api.post("/api/batches/" + batch + "/files/start", request).expect(200);
    assertEquals("{}", start.json().at("/presigned_urls/0/headers").toString());
    api.put(url(start, 1), new byte[6_000_000]).expect(400, "BODY_SIZE");
    api.put(url(start, 1), new byte[PART]).expect(200);
    request.put("logical_path", "/small");
    request.put("file_size", 3);
    Answer small = api.post("/api/batches/" + batch + "/files/start", request).expect(200);
    assertEquals("image/tiff", small.json().at("/headers/Content-Type").asText());
  }

  @Test
  void repeatedBoundPartThatFailsLeavesNoChangedBytesBehind() {
    byte[] content = content(5 * MIB, 7);
    String batch = api.init(1);
    Map<String, Object> request = ApiClient.startRequest("/big", content.length);
    request.put("headers", true);
    Answer start = api.post("/api/batches/" + batch + "/files/start", request).expect(200);
    api.put(url(start, 1), content).expect(200);
    // Too long by one, which would show only at the end of a body without a length.
    byte[] longer = new byte[5 * MIB + 1];
    api.send(
            "PUT",
            url(start, 1),
            BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(longer)))
        .expect(400, "BODY_SIZE");
    // Other bytes than the sender says, which does show only at the end.
    api.put(
            url(start, 1),
            new byte[5 * MIB],
            "Repr-Digest",
            "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:")
        .expect(422, "FIXITY_MISMATCH");
    api.complete(batch, "/big").expect(409, "BYTES_MISSING");
    api.put(url(start, 1), content).expect(200);
    Answer done = api.complete(batch, "/big").expect(200);
    assertEquals(Sha256.of(content).hex(), done.text("sha256"));
  }

  /** The parts go only once the ledger has the object: till then they are what proves it. */
  @ParameterizedTest
  @ValueSource(strings = {"loose-part-dropped:1", "loose-part-dropped:2"})
  void completeThatWasCutOffMayBeRepeated(String place) throws Exception {
    Path other = Files.createDirectories(root.resolveSibling("cut-" + System.nanoTime()));
    RunningServer.brieflyOn(other).close();
    byte[] content = content(SIZE, 8);
    String batch;
    try (ArchiveProcess server =
        ArchiveProcess.serve(
            other, List.of(), List.of("-Darchive.failpoint=" + place + ":throw"))) {
      ApiClient cut = new ApiClient(server.url(), false);
      batch = cut.init(1);
      Answer start = cut.start(batch, "/big", SIZE).expect(200);
      cut.put(url(start, 1), Arrays.copyOf(content, 6_000_000)).expect(200);
      cut.put(url(start, 2), Arrays.copyOfRange(content, 6_000_000, SIZE)).expect(200);
      cut.complete(batch, "/big").expect(500);
      Answer done = cut.complete(batch, "/big").expect(200);
      assertEquals(Sha256.of(content).hex(), done.text("sha256"));
      cut.finalizeBatch(batch).expect(200);
    }
    assertEquals(List.of(), BagCheck.problems(IngestServer.bag(other, batch)));
  }

  @Test
  void partsSurviveARestart() throws IOException {
    Path other = Files.createDirectories(root.resolveSibling("other-" + System.nanoTime()));
    byte[] content = content(SIZE, 6);
    String batch;
    try (RunningServer before = RunningServer.brieflyOn(other)) {
      batch = before.api().init(1);
      Answer start = before.api().start(batch, "/big", SIZE).expect(200);
      before.api().put(url(start, 2), Arrays.copyOfRange(content, 6_000_000, SIZE)).expect(200);
    }
    try (RunningServer after = RunningServer.brieflyOn(other)) {
      Answer start = after.api().start(batch, "/big", SIZE).expect(200);
      assertEquals("[2:6000000]", received(start).toString());
      after.api().put(url(start, 1), Arrays.copyOf(content, 6_000_000)).expect(200);
      Answer done = after.api().complete(batch, "/big").expect(200);
      assertEquals(Sha256.of(content).hex(), done.text("sha256"));
    }
  }
}
