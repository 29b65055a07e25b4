package dev.archive.server;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.Sha256;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is stored can be had back over HTTP, and what is damaged never looks whole. */
class ContentTest {
  private static final String AWKWARD = "/a b+c%20#?&=ü/\"quoted\" \\name*.txt";
  private static final byte[] TEN = "0123456789".getBytes(StandardCharsets.UTF_8);

  @TempDir Path root;
  private RunningServer server;
  private String batch;

  @BeforeEach
  void store() {
    server = RunningServer.brieflyOn(root);
    batch = server.api().init(4);
    server.api().add(batch, "/ten", TEN);
    server.api().add(batch, AWKWARD, "awkward".getBytes(StandardCharsets.UTF_8));
    server.api().add(batch, "/empty", new byte[0]);
    server.api().add(batch, "/large", large());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static byte[] large() {
    byte[] bytes = new byte[(2 << 20) + 7];
    new Random(7).nextBytes(bytes);
    return bytes;
  }

  private HttpResponse<byte[]> ask(String method, String call, String... headers)
      throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(server.url() + "/api/batches/" + batch + call))
            .header("Connection", "close")
            .method(method, HttpRequest.BodyPublishers.noBody());
    if (headers.length > 0) {
      request.headers(headers);
    }
    try {
      return HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .build()
          .send(request.build(), BodyHandlers.ofByteArray());
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private HttpResponse<byte[]> get(String path, String... headers) throws IOException {
    return ask("GET", content(path), headers);
  }

  private static String content(String path) {
    return "/files/content?path=" + URLEncoder.encode(path, StandardCharsets.UTF_8);
  }

  private static String header(HttpResponse<?> answer, String name) {
    return answer.headers().firstValue(name).orElse(null);
  }

  private void finalizeBatch() {
    server.api().finalizeBatch(batch).expect(200);
  }

  private Path stored(String path) {
    return server.bag(batch).resolve("data" + path);
  }

  @Test
  void wholeFilesComeAsTheyWereStored() throws IOException {
    HttpResponse<byte[]> ten = get("/ten");
    assertEquals(200, ten.statusCode());
    assertArrayEquals(TEN, ten.body());
    assertEquals('"' + Sha256.of(TEN).hex() + '"', header(ten, "ETag"));
    assertEquals(Sha256.of(TEN).digestField(), header(ten, "Repr-Digest"));
    assertEquals("attachment; filename*=UTF-8''ten", header(ten, "Content-Disposition"));
    assertEquals("nosniff", header(ten, "X-Content-Type-Options"));
    assertEquals("bytes", header(ten, "Accept-Ranges"));
    assertEquals("10", header(ten, "Content-Length"));
    assertEquals("awkward", new String(get(AWKWARD).body(), StandardCharsets.UTF_8));
    assertEquals(
        "attachment; filename*=UTF-8''%22quoted%22%20%5Cname%2A.txt",
        header(get(AWKWARD), "Content-Disposition"));
    assertEquals(0, get("/empty").body().length);
    assertArrayEquals(large(), get("/large").body());
  }

  @ParameterizedTest
  @CsvSource({
    "bytes=0-0, 206, 0, bytes 0-0/10",
    "bytes=3-5, 206, 345, bytes 3-5/10",
    "bytes=7-, 206, 789, bytes 7-9/10",
    "bytes=7-99, 206, 789, bytes 7-9/10",
    "bytes=-2, 206, 89, bytes 8-9/10",
    "bytes=-99, 200, 0123456789,",
    "bytes=0-, 200, 0123456789,",
    "'bytes=0-1,3-4', 200, 0123456789,",
    "bytes=5-3, 200, 0123456789,",
    "lines=1-2, 200, 0123456789,",
    "bytes=10-, 416,, bytes */10",
    "bytes=-0, 416,, bytes */10",
    "bytes=99-100, 416,, bytes */10"
  })
  void rangesAreThoseOfTheStandard(String range, int status, String bytes, String contentRange)
      throws IOException {
    HttpResponse<byte[]> answer = get("/ten", "Range", range);
    assertEquals(status, answer.statusCode());
    assertEquals(contentRange, header(answer, "Content-Range"));
    if (bytes != null) {
      assertEquals(bytes, new String(answer.body(), StandardCharsets.UTF_8));
    }
  }

  @Test
  void conditionsCompareTheDigest() throws IOException {
    String etag = header(get("/ten"), "ETag");
    assertEquals(304, get("/ten", "If-None-Match", "\"other\", W/" + etag).statusCode());
    assertEquals(200, get("/ten", "If-None-Match", "\"other\"").statusCode());
    assertEquals(206, get("/ten", "Range", "bytes=1-2", "If-Range", etag).statusCode());
    assertEquals(200, get("/ten", "Range", "bytes=1-2", "If-Range", "\"other\"").statusCode());
    assertEquals(412, get("/ten", "If-Match", "\"other\"").statusCode());
    assertEquals(200, get("/ten", "If-Match", etag).statusCode());
  }

  @Test
  void headTellsWithoutBytes() throws IOException {
    HttpResponse<byte[]> head = ask("HEAD", content("/ten"));
    assertEquals(200, head.statusCode());
    assertEquals(0, head.body().length);
    assertEquals("10", header(head, "Content-Length"));
    assertEquals(405, ask("POST", content("/ten")).statusCode());
  }

  @ParameterizedTest
  @CsvSource({
    "/../ten, 400",
    "/a/../../../state.db, 400",
    "ten, 400",
    "/ten/, 400",
    "/none, 404",
    "'', 400"
  })
  void pathsThatNameNoFileReachNothing(String path, int status) throws IOException {
    assertEquals(status, get(path).statusCode());
  }

  @Test
  void exactlyOnePathIsAskedFor() throws IOException {
    assertEquals(400, ask("GET", "/files/content").statusCode());
    assertEquals(400, ask("GET", "/files/content?path=/ten&path=/large").statusCode());
    assertEquals(400, ask("GET", "/files/content?path=/ten&tag=bagit.txt").statusCode());
  }

  @Test
  void filesThatAreNotCompletedAreNotGiven() throws IOException {
    server.api().start(batch, "/begun", 5).expect(200);
    assertEquals(409, get("/begun").statusCode());
  }

  @Test
  void batchThatWasGivenUpHoldsNothing() throws IOException {
    server.api().send("DELETE", server.url() + "/api/batches/" + batch, none()).expect(200);
    assertEquals(409, get("/ten").statusCode());
    assertEquals(409, ask("GET", "/tar").statusCode());
  }

  private static HttpRequest.BodyPublisher none() {
    return HttpRequest.BodyPublishers.noBody();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/ten", "/large"})
  void damagedFileNeverLooksWhole(String path) throws IOException {
    byte[] bytes = Files.readAllBytes(stored(path));
    bytes[bytes.length / 2] ^= 1;
    Files.write(stored(path), bytes);
    if (path.equals("/ten")) {
      HttpResponse<byte[]> answer = get(path);
      assertEquals(422, answer.statusCode());
      assertTrue(new String(answer.body(), StandardCharsets.UTF_8).contains("FIXITY_MISMATCH"));
    } else {
      assertThrows(IOException.class, () -> get(path), "it is cut off before its end");
    }
  }

  @Test
  void missingShortAndLinkedFilesAreErrors() throws IOException {
    Files.move(stored("/ten"), root.resolve("elsewhere"));
    assertEquals(409, get("/ten").statusCode());
    Files.createSymbolicLink(stored("/ten"), root.resolve("elsewhere"));
    assertEquals(409, get("/ten").statusCode());
    Files.write(stored("/large"), TEN);
    assertEquals(422, get("/large").statusCode());
    assertEquals(422, get("/large", "Range", "bytes=0-1").statusCode());
  }

  private List<String> names(HttpResponse<byte[]> tar) throws IOException {
    assertEquals(200, tar.statusCode());
    List<String> names = new ArrayList<>();
    try (TarArchiveInputStream in =
        new TarArchiveInputStream(new ByteArrayInputStream(tar.body()), "UTF-8")) {
      for (TarArchiveEntry each = in.getNextEntry(); each != null; each = in.getNextEntry()) {
        names.add("/" + each.getName());
        assertArrayEquals(
            Files.readAllBytes(stored("/" + each.getName())), in.readAllBytes(), each.getName());
      }
    }
    return names;
  }

  @Test
  void tarStreamHasStoredOrderAndGoesOnBehindAPath() throws IOException {
    assertEquals(409, ask("GET", "/tar").statusCode(), "its end would say that there is no more");
    finalizeBatch();
    List<String> all = List.of(AWKWARD, "/empty", "/large", "/ten");
    assertEquals(all, names(ask("GET", "/tar")));
    assertEquals(all.subList(2, 4), names(ask("GET", "/tar?after=/empty")));
    assertEquals(all.subList(1, 2), names(ask("GET", "/tar?limit=1&after=/b")));
    assertEquals(List.of("/empty", "/ten"), names(ask("GET", "/tar?max_size=10&after=/b")));
    assertEquals(List.of(), names(ask("GET", "/tar?after=/ten")));
  }

  @Test
  void tarStreamEndsBeforeADamagedFile() throws IOException {
    finalizeBatch();
    Files.write(stored("/ten"), "0123x56789".getBytes(StandardCharsets.UTF_8));
    assertThrows(IOException.class, () -> ask("GET", "/tar"));
    HttpResponse<byte[]> rest = ask("GET", "/tar?after=/large");
    assertEquals(422, rest.statusCode());
    assertTrue(new String(rest.body(), StandardCharsets.UTF_8).contains("\"/ten\""));
  }

  @Test
  void tagFilesOfTheBagAreGivenOnceItIsFinalized() throws IOException {
    assertEquals(409, ask("GET", "/files/content?tag=bagit.txt").statusCode());
    finalizeBatch();
    for (String name : List.of("bagit.txt", "bag-info.txt", "manifest-sha256.txt")) {
      assertTrue(
          Arrays.equals(
              Files.readAllBytes(server.bag(batch).resolve(name)),
              ask("GET", "/files/content?tag=" + name).body()));
    }
    assertEquals(404, ask("GET", "/files/content?tag=../../state.db").statusCode());
    assertEquals(409, ask("GET", "/files/content?tag=skipped-files.jsonl").statusCode());
  }

  /**
   * No question about a large tag file has all of it read, and damage is not given a new digest.
   */
  @Test
  void tagFileHasTheDigestThatTheTagManifestLists() throws IOException {
    finalizeBatch();
    Path manifest = server.bag(batch).resolve("manifest-sha256.txt");
    String right = '"' + Sha256.of(Files.readAllBytes(manifest)).hex() + '"';
    byte[] altered = Files.readAllBytes(manifest);
    altered[0] ^= 1;
    Files.delete(manifest);
    Files.write(manifest, altered);
    String call = "/files/content?tag=manifest-sha256.txt";
    assertEquals(right, header(ask("GET", call, "Range", "bytes=1-2"), "ETag"));
    assertEquals(422, ask("HEAD", call).statusCode());
    assertEquals(304, ask("GET", call, "If-None-Match", right).statusCode());
    assertEquals(412, ask("GET", call, "If-Match", "\"0\"").statusCode());
    assertEquals(422, ask("GET", call).statusCode());
  }
}
