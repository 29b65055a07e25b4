package dev.archive.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import dev.archive.server.ApiClient.Answer;
import dev.archive.wire.Bundle;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many small files as one tar stream. */
class BundleTest {
  private static final byte[] HELLO = "hello".getBytes(UTF_8);
  private static final String LONG = "/long/" + "n".repeat(255) + "/" + "ü".repeat(127);

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

  /** A tar in the making. */
  private static final class Tar {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final Bundle.Writer writer = new Bundle.Writer(bytes);

    Tar add(String path, byte[] content, Sha256 sha256) throws IOException {
      writer.add(LogicalPath.parse(path), "image/tiff", sha256, content, content.length);
      return this;
    }

    Tar add(String path, byte[] content) throws IOException {
      return add(path, content, Sha256.of(content));
    }

    byte[] end() throws IOException {
      writer.close();
      return bytes.toByteArray();
    }
  }

  private static Answer send(String batch, byte[] tar) {
    return api.send(
        "POST",
        server.url() + "/api/batches/" + batch + "/files/bundle",
        BodyPublishers.ofByteArray(tar),
        "Content-Type",
        Bundle.CONTENT_TYPE);
  }

  private static byte[] bytes(String batch, String path) throws IOException {
    return Files.readAllBytes(server.bag(batch).resolve("data" + path));
  }

  @Test
  void itsFilesAreHeldAndTheBatchCanBeFinalized() throws IOException {
    String batch = api.init(4);
    byte[] large = new byte[1_000_000];
    new Random(1).nextBytes(large);
    byte[] tar =
        new Tar()
            .add("/a", HELLO)
            .add("/empty", new byte[0])
            .add(LONG, HELLO)
            .add("/large", large)
            .end();
    Answer answer = send(batch, tar).expect(200);
    assertEquals(9, answer.version());
    JsonNode files = answer.field("files");
    assertEquals(4, files.size());
    assertEquals(LONG, files.get(2).get("logical_path").asText());
    assertEquals("completed", files.get(2).get("status").asText());
    assertEquals(Sha256.of(large).hex(), files.get(3).get("sha256").asText());
    assertArrayEquals(large, bytes(batch, "/large"));
    assertArrayEquals(HELLO, bytes(batch, LONG));
    assertEquals(4, api.finalizeBatch(batch).expect(200).number("files_uploaded"));
  }

  @Test
  void sentAgainItChangesNothing() throws IOException {
    String batch = api.init(2);
    byte[] tar = new Tar().add("/a", HELLO).add("/b/c", HELLO).end();
    long version = send(batch, tar).expect(200).version();
    Answer again = send(batch, tar).expect(200);
    assertEquals(version, again.version());
    assertEquals("completed", again.field("files").get(1).get("status").asText());
  }

  @Test
  void aFileThatIsRefusedDoesNotKeepTheOthers() throws IOException {
    String batch = api.init(3);
    api.add(batch, "/held", HELLO);
    byte[] other = "other".getBytes(UTF_8);
    byte[] tar =
        new Tar()
            .add("/held", other)
            .add("/wrong", other, Sha256.of(HELLO))
            .add("/held/below", HELLO)
            .add("/good", HELLO)
            .end();
    JsonNode files = send(batch, tar).expect(200).field("files");
    assertEquals("CONFLICT", files.get(0).path("code").asText(), files.toString());
    assertEquals("FIXITY_MISMATCH", files.get(1).path("code").asText(), files.toString());
    assertEquals("CONFLICT", files.get(2).path("code").asText(), files.toString());
    assertEquals("completed", files.get(3).get("status").asText());
    assertArrayEquals(HELLO, bytes(batch, "/held"));
    assertFalse(Files.exists(server.bag(batch).resolve("data/wrong")));
  }

  @Test
  void aPathThatComesTwiceIsOneFile() throws IOException {
    String batch = api.init(1);
    byte[] tar = new Tar().add("/a", HELLO).add("/a", HELLO).add("/a", new byte[] {1}).end();
    JsonNode files = send(batch, tar).expect(200).field("files");
    assertEquals("completed", files.get(1).get("status").asText());
    assertEquals("CONFLICT", files.get(2).path("code").asText(), files.toString());
    assertArrayEquals(HELLO, bytes(batch, "/a"));
  }

  @Test
  void aRegistrationThatWaitsForItsBytesIsFulfilled() throws IOException {
    String batch = api.init(2);
    String url = api.start(batch, "/a", 5).expect(200).text("presigned_url");
    api.put(url, "wrong".getBytes(UTF_8)).expect(200);
    api.start(batch, "/b", 7).expect(200);
    send(batch, new Tar().add("/a", HELLO).add("/b", HELLO).end()).expect(200);
    assertEquals(Sha256.of(HELLO).hex(), api.complete(batch, "/a").expect(200).text("sha256"));
    assertArrayEquals(HELLO, bytes(batch, "/a"));
    api.finalizeBatch(batch).expect(200);
  }

  @Test
  void whatAnotherProgramMadeIsTakenToo() throws IOException {
    String batch = api.init(1);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(out)) {
      tar.putArchiveEntry(new TarArchiveEntry("./"));
      tar.closeArchiveEntry();
      TarArchiveEntry file = new TarArchiveEntry("./a");
      file.setSize(HELLO.length);
      tar.putArchiveEntry(file);
      tar.write(HELLO);
      tar.closeArchiveEntry();
      TarArchiveEntry link = new TarArchiveEntry("./link", TarConstants.LF_SYMLINK);
      link.setLinkName("../../../../etc/passwd");
      tar.putArchiveEntry(link);
      tar.closeArchiveEntry();
      for (String name : List.of("../out", "a/../../out", "x//y", "c\u0001")) {
        tar.putArchiveEntry(new TarArchiveEntry(name));
        tar.closeArchiveEntry();
      }
    }
    JsonNode files = send(batch, out.toByteArray()).expect(200).field("files");
    assertEquals(6, files.size());
    assertEquals("/a", files.get(0).get("logical_path").asText());
    for (int i = 1; i < 6; i++) {
      assertEquals("INVALID_REQUEST", files.get(i).get("code").asText(), files.get(i).toString());
    }
    api.finalizeBatch(batch).expect(200);
  }

  @Test
  void whatIsNoTarIsRefusedWhole() throws IOException {
    String batch = api.init(1);
    byte[] tar = new Tar().add("/a", HELLO).end();
    send(batch, "this is no tar, and has more than 512 bytes".repeat(20).getBytes(UTF_8))
        .expect(400, "INVALID_REQUEST");
    send(batch, Arrays.copyOf(tar, 700)).expect(400);
    assertEquals(1, api.versionOf(batch));
    send(batch, Arrays.copyOf(tar, tar.length + (2 << 20))).expect(400, "INVALID_REQUEST");
  }

  @Test
  void headersWithoutEndAreCutOff() throws IOException {
    String batch = api.init(1);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(out)) {
      byte[] name = new byte[3 << 20];
      Arrays.fill(name, (byte) 'n');
      TarArchiveEntry longName =
          new TarArchiveEntry("././@LongLink", TarConstants.LF_GNUTYPE_LONGNAME);
      longName.setSize(name.length);
      tar.putArchiveEntry(longName);
      tar.write(name);
      tar.closeArchiveEntry();
    }
    send(batch, out.toByteArray()).expect(400, "INVALID_REQUEST");
  }

  @Test
  void aFileTooLargeForABundleIsRefused() throws IOException {
    String batch = api.init(1);
    byte[] large = new byte[Bundle.MAX_FILE_BYTES + 1];
    send(batch, new Tar().add("/large", large).end()).expect(413, "TOO_LARGE");
    send(batch, new Tar().add("/large", Arrays.copyOf(large, Bundle.MAX_FILE_BYTES)).end())
        .expect(200);
  }

  @Test
  void afterFinalizeAndForUnknownBatchesNothingIsTaken() throws IOException {
    String batch = api.init(1);
    byte[] tar = new Tar().add("/a", HELLO).end();
    send(batch, tar).expect(200);
    api.finalizeBatch(batch).expect(200);
    send(batch, new Tar().add("/b", HELLO).end()).expect(400, "NOT_UPLOADING");
    assertFalse(Files.exists(server.bag(batch).resolve("data/b")));
    send("01K0000000000000000000000Z", tar).expect(404, "BATCH_NOT_FOUND");
  }

  @Test
  void bundlesOfTheSameFilesAtOnceMakeThemOnce() throws Exception {
    String batch = api.init(300);
    Tar tar = new Tar();
    for (int i = 0; i < 300; i++) {
      tar.add("/d" + i % 7 + "/f" + i, ("content " + i).getBytes(UTF_8));
    }
    byte[] all = tar.end();
    AllAtOnce.run(8, i -> send(batch, all).expect(200));
    assertEquals(601, api.versionOf(batch));
    assertEquals(300, api.finalizeBatch(batch).expect(200).number("files_uploaded"));
    try (var staging = Files.list(root.resolve("staging"))) {
      assertTrue(staging.noneMatch(each -> each.getFileName().toString().equals(batch)));
    }
  }
}
