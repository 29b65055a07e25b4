package dev.archive.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Sha256;
import dev.archive.server.ApiClient.Answer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RestartTest {
  private static final byte[] HELLO = "hello".getBytes(UTF_8);
  private static final int MIB = 1 << 20;

  @TempDir Path root;

  @Test
  void stateAndBytesSurvive() throws IOException {
    String finalized;
    String open;
    String receipt;
    String before;
    try (RunningServer server = RunningServer.brieflyOn(root)) {
      finalized = server.api().init(1);
      server.api().add(finalized, "/a", HELLO);
      receipt = server.api().finalizeBatch(finalized).expect(200).body();
      open = server.api().init(2);
      server.api().add(open, "/done", HELLO);
      server.api().start(open, "/open", 5).expect(200);
      before = server.api().status(open, "").body();
    }
    try (RunningServer server = RunningServer.brieflyOn(root)) {
      assertEquals(receipt, server.api().finalizeBatch(finalized).expect(200).body());
      assertEquals(List.of(), BagCheck.problems(server.bag(finalized)));
      assertEquals(before, server.api().status(open, "").body());
      server.api().add(open, "/open", HELLO);
      assertEquals(6, server.api().finalizeBatch(open).expect(200).version());
      assertEquals(List.of(), BagCheck.problems(server.bag(open)));
    }
  }

  @Test
  void fileSentBeforeARestartIsHashedAnewWhenItIsCompletedAfterIt() throws IOException {
    String batch;
    try (RunningServer server = RunningServer.brieflyOn(root)) {
      batch = server.api().init(3);
      for (String path : List.of("/good", "/rotten", "/short")) {
        String url = server.api().start(batch, path, 5).text("presigned_url");
        server.api().put(url, HELLO).expect(200);
      }
      Files.writeString(server.bag(batch).resolve("data/rotten"), "hellO");
      Files.writeString(server.bag(batch).resolve("data/short"), "hell");
    }
    try (RunningServer server = RunningServer.brieflyOn(root)) {
      String digest = Sha256.of(HELLO).hex();
      Answer good = server.api().complete(batch, "/good", "sha256", digest).expect(200);
      assertEquals(digest, good.text("sha256"));
      server.api().complete(batch, "/rotten", "sha256", digest).expect(422, "FIXITY_MISMATCH");
      server.api().complete(batch, "/short").expect(409, "BYTES_MISSING");
    }
  }

  @Test
  void partsSentBeforeARestartNeedNotBeSentAgain() {
    byte[] content = new byte[11 * MIB];
    String batch;
    String upload;
    try (RunningServer server = RunningServer.brieflyOn(root)) {
      batch = server.api().init(1);
      Answer start = server.api().start(batch, "/big", content.length).expect(200);
      upload = start.text("upload_id");
      server.api().put(url(start, 0), new byte[10 * MIB]).expect(200);
    }
    try (RunningServer server = RunningServer.brieflyOn(root)) {
      Answer start = server.api().start(batch, "/big", content.length).expect(200);
      assertEquals(upload, start.text("upload_id"));
      server.api().put(url(start, 1), new byte[MIB]).expect(200);
      Answer done = server.api().complete(batch, "/big").expect(200);
      assertEquals(Sha256.of(content).hex(), done.text("sha256"));
    }
  }

  @Test
  void urlsMadeBeforeARestartStillWork() {
    String target;
    String batch;
    try (RunningServer server = RunningServer.brieflyOn(root)) {
      batch = server.api().init(1);
      String url = server.api().start(batch, "/a", 5).text("presigned_url");
      target = URI.create(url).getRawPath() + "?" + URI.create(url).getRawQuery();
    }
    try (RunningServer server = RunningServer.brieflyOn(root)) {
      server.api().put(server.url() + target, HELLO).expect(200);
      server.api().complete(batch, "/a").expect(200);
    }
  }

  @Test
  void urlsOfAnotherServerAreForbidden(@TempDir Path elsewhere) {
    try (RunningServer mine = RunningServer.brieflyOn(root);
        RunningServer other = RunningServer.brieflyOn(elsewhere)) {
      String url = other.api().start(other.api().init(1), "/a", 5).text("presigned_url");
      mine.api().put(url.replace(other.url(), mine.url()), HELLO).expect(403, "FORBIDDEN");
    }
  }

  @Test
  void idempotencyKeySurvives() {
    String first;
    try (RunningServer server = RunningServer.brieflyOn(root)) {
      first = init(server);
    }
    try (RunningServer server = RunningServer.brieflyOn(root)) {
      assertEquals(first, init(server));
    }
  }

  @Test
  void secondServerOnTheSameRootRefusesAndHarmsNothing() {
    try (RunningServer server = RunningServer.brieflyOn(root)) {
      String batch = server.api().init(1);
      for (int i = 0; i < 3; i++) {
        ArchiveException refused =
            assertThrows(ArchiveException.class, () -> RunningServer.brieflyOn(root));
        assertEquals(ErrorCode.LOCKED, refused.code());
      }
      server.api().add(batch, "/a", HELLO);
      server.api().finalizeBatch(batch).expect(200);
    }
    RunningServer.brieflyOn(root).close();
  }

  @Test
  void whatAKilledServerWasReceivingIsSweptAway() throws IOException {
    String batch;
    try (RunningServer server = RunningServer.brieflyOn(root)) {
      batch = server.api().init(1);
      String url = server.api().start(batch, "/a", 5).text("presigned_url");
      server.api().put(url, HELLO).expect(200);
    }
    Path left = root.resolve("staging").resolve(batch).resolve("7-4711.tmp");
    Files.writeString(left, "hal");
    try (RunningServer server = RunningServer.brieflyOn(root)) {
      assertFalse(Files.exists(left));
      server.api().complete(batch, "/a").expect(200);
    }
  }

  @Test
  void crashBetweenPublishingAndRecordingIsHealedByCompleteOrByTheBytesAgain() throws IOException {
    byte[] content = new byte[11 * MIB];
    for (boolean bytesAgain : new boolean[] {false, true}) {
      String batch;
      try (RunningServer server = RunningServer.brieflyOn(root)) {
        batch = server.api().init(1);
        Answer start = server.api().start(batch, "/big", content.length).expect(200);
        server.api().put(url(start, 0), new byte[10 * MIB]).expect(200);
        server.api().put(url(start, 1), new byte[MIB]).expect(200);
        Path parts =
            root.resolve("staging").resolve(batch).resolve(start.text("upload_id") + ".parts");
        Files.createDirectories(server.bag(batch).resolve("data"));
        Files.move(parts, server.bag(batch).resolve("data/big"));
      }
      try (RunningServer server = RunningServer.brieflyOn(root)) {
        if (bytesAgain) {
          Answer start = server.api().start(batch, "/big", content.length).expect(200);
          byte[] other = new byte[MIB];
          other[5] = 5;
          content[10 * MIB + 5] = 5;
          server.api().put(url(start, 1), other).expect(200);
          server.api().complete(batch, "/big").expect(409, "BYTES_MISSING");
          server.api().put(url(start, 0), new byte[10 * MIB]).expect(200);
        }
        Answer done = server.api().complete(batch, "/big").expect(200);
        assertEquals(Sha256.of(content).hex(), done.text("sha256"));
        server.api().finalizeBatch(batch).expect(200);
        assertEquals(List.of(), BagCheck.problems(server.bag(batch)));
      }
    }
  }

  @Test
  void bytesThatCameForAnEarlierRegistrationCompleteNoLaterOne() throws IOException {
    byte[] content = new byte[11 * MIB];
    String batch;
    try (RunningServer server = RunningServer.brieflyOn(root)) {
      batch = server.api().init(1);
      Answer start = server.api().start(batch, "/big", content.length).expect(200);
      server.api().put(url(start, 0), new byte[10 * MIB]).expect(200);
      server.api().put(url(start, 1), new byte[MIB]).expect(200);
      Path parts =
          root.resolve("staging").resolve(batch).resolve(start.text("upload_id") + ".parts");
      Files.createDirectories(server.bag(batch).resolve("data"));
      Files.move(parts, server.bag(batch).resolve("data/big"));
    }
    try (RunningServer server = RunningServer.brieflyOn(root)) {
      server.api().start(batch, "/big", content.length + 1).expect(200);
      Answer start = server.api().start(batch, "/big", content.length).expect(200);
      server.api().complete(batch, "/big").expect(409, "BYTES_MISSING");
      content[5] = 5;
      server.api().put(url(start, 0), Arrays.copyOf(content, 10 * MIB)).expect(200);
      server.api().put(url(start, 1), new byte[MIB]).expect(200);
      Answer done = server.api().complete(batch, "/big").expect(200);
      assertEquals(Sha256.of(content).hex(), done.text("sha256"));
    }
  }

  @Test
  void rootAndKeyAreTheOwnersAlone() throws IOException {
    Path fresh = root.resolve("new/root");
    RunningServer.brieflyOn(fresh).close();
    assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(fresh)));
    assertEquals(
        "rw-------",
        PosixFilePermissions.toString(Files.getPosixFilePermissions(fresh.resolve("signing.key"))));
  }

  @Test
  void addressInUseIsSaidAndTheRootStaysFree(@TempDir Path elsewhere) {
    try (RunningServer server = RunningServer.brieflyOn(root)) {
      int port = URI.create(server.url()).getPort();
      ServerOptions options = new ServerOptions(elsewhere, "127.0.0.1", port, null, "test");
      ArchiveException refused =
          assertThrows(
              ArchiveException.class, () -> IngestServer.start(options, Clock.systemUTC()));
      assertEquals(ErrorCode.USAGE, refused.code());
      assertTrue(refused.getMessage().contains("in use"), refused.getMessage());
      RunningServer.brieflyOn(elsewhere).close();
    }
  }

  @Test
  void publicUrlIsWhatUploadUrlsBeginWith() {
    ServerOptions options =
        new ServerOptions(root, "127.0.0.1", 0, "https://archive.example:8443", "test");
    try (IngestServer server = IngestServer.start(options, Clock.systemUTC())) {
      ApiClient api = new ApiClient(server.url(), false);
      String url = api.start(api.init(1), "/a", 5).text("presigned_url");
      assertTrue(url.startsWith("https://archive.example:8443/upload/"), url);
    }
  }

  private static String url(Answer start, int part) {
    return start.field("presigned_urls").get(part).get("url").asText();
  }

  private static String init(RunningServer server) {
    return server
        .api()
        .post("/api/batches/init", ApiClient.initRequest(1, 1), "Idempotency-Key", "k")
        .expect(201)
        .text("batch_id");
  }
}
