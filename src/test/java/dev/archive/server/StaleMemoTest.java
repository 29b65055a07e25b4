package dev.archive.server;

import static dev.archive.server.ApiClient.initRequest;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import dev.archive.server.ApiClient.Answer;
import dev.archive.testing.ArchiveProcess;
import dev.archive.testing.Trees;
import dev.archive.wire.Bundle;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a process remembers of objects and directories never outlives a change of them: not one that
 * failed half way, and not one that somebody else made.
 */
class StaleMemoTest {
  private static final byte[] FIRST = "AAAAA".getBytes(UTF_8);
  private static final byte[] SECOND = "BBBBB".getBytes(UTF_8);
  private static final int LARGE = 6 << 20;

  @TempDir Path directory;

  private Path root() throws IOException {
    return Files.createDirectories(directory.resolve("root"));
  }

  private ArchiveProcess failingAtTheSecondRename() throws IOException {
    // What a new root needs is made, and renamed, before.
    RunningServer.brieflyOn(root()).close();
    return ArchiveProcess.serve(root(), List.of(), List.of("-Darchive.failpoint=renamed:2:throw"));
  }

  @Test
  void digestOfAnObjectIsForgottenBeforeAPutReplacesIt() throws Exception {
    try (ArchiveProcess server = failingAtTheSecondRename()) {
      ApiClient api = new ApiClient(server.url(), false);
      String batch = api.init(1);
      String url = api.start(batch, "/a", 5).expect(200).text("presigned_url");
      api.put(url, FIRST).expect(200);
      api.put(url, SECOND).expect(500);
      Answer done = api.complete(batch, "/a").expect(200);
      assertEquals(Sha256.of(SECOND).hex(), done.text("sha256"));
      api.finalizeBatch(batch).expect(200);
      Path bag = IngestServer.bag(root(), batch);
      assertEquals("BBBBB", Files.readString(bag.resolve("data/a")));
      assertEquals(List.of(), BagCheck.problems(bag));
    }
  }

  @Test
  void digestOfAnObjectIsForgottenBeforeABundleReplacesIt() throws Exception {
    try (ArchiveProcess server = failingAtTheSecondRename()) {
      ApiClient api = new ApiClient(server.url(), false);
      String batch = api.init(1);
      String url = api.start(batch, "/a", 5).expect(200).text("presigned_url");
      api.put(url, FIRST).expect(200);
      api.send(
              "POST",
              server.url() + "/api/batches/" + batch + "/files/bundle",
              BodyPublishers.ofByteArray(tar("/a", SECOND)),
              "Content-Type",
              "application/x-tar")
          .expect(500);
      Answer done = api.complete(batch, "/a").expect(200);
      assertEquals(Sha256.of(SECOND).hex(), done.text("sha256"));
    }
  }

  @Test
  void digestOfAnObjectIsForgottenBeforeAnAssembledOneReplacesIt() throws Exception {
    try (ArchiveProcess server = failingAtTheSecondRename()) {
      ApiClient api = new ApiClient(server.url(), false);
      String batch = api.init(1);
      String url = api.start(batch, "/a", 5).expect(200).text("presigned_url");
      api.put(url, FIRST).expect(200);
      Answer large = api.start(batch, "/a", LARGE).expect(200);
      api.put(large.json().at("/presigned_urls/0/url").asText(), new byte[LARGE]).expect(200);
      api.complete(batch, "/a").expect(500);
      assertEquals(LARGE, Files.size(IngestServer.bag(root(), batch).resolve("data/a")));
      api.start(batch, "/a", 5).expect(200);
      api.complete(batch, "/a").expect(409, "BYTES_MISSING");
    }
  }

  @Test
  void objectThatSomebodyElseReplacedIsReadAgain() throws IOException {
    try (RunningServer server = RunningServer.on(root())) {
      String batch = server.api().init(1);
      String url = server.api().start(batch, "/a", 5).expect(200).text("presigned_url");
      server.api().put(url, FIRST).expect(200);
      Path object = server.bag(batch).resolve("data/a");
      Path other = Files.write(directory.resolve("other"), SECOND);
      Files.setLastModifiedTime(other, Files.getLastModifiedTime(object));
      Files.move(other, object, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
      Answer done = server.api().complete(batch, "/a").expect(200);
      assertEquals(Sha256.of(SECOND).hex(), done.text("sha256"));
    }
  }

  @Test
  void directoryThatSomebodyElseRemovedIsMadeAgain() throws IOException {
    try (RunningServer server = RunningServer.on(root())) {
      String batch =
          server.api().post("/api/batches/init", initRequest(2, 0)).expect(201).text("batch_id");
      server.api().add(batch, "/x/y/a", FIRST);
      Trees.delete(server.bag(batch).resolve("data"));
      String url = server.api().start(batch, "/x/y/b", 5).expect(200).text("presigned_url");
      server.api().put(url, SECOND).expect(200);
      server.api().complete(batch, "/x/y/b").expect(200);
      assertEquals("BBBBB", Files.readString(server.bag(batch).resolve("data/x/y/b")));
    }
  }

  private static byte[] tar(String path, byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (Bundle.Writer tar = new Bundle.Writer(bytes)) {
      tar.add(LogicalPath.parse(path), "image/tiff", Sha256.of(content), content, content.length);
    }
    return bytes.toByteArray();
  }
}
