package dev.archive.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import dev.archive.server.ApiClient.Answer;
import dev.archive.testing.ArchiveProcess;
import dev.archive.wire.Bundle;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** While a large object is hashed, other files are completed. */
class LargeCompleteTest {
  /** Takes a minute and more to be hashed; none of it is on the disk. In bytes. */
  private static final long SIZE = 16L << 30;

  private static final int FILES = 60;

  @TempDir Path directory;

  @Test
  void bundlesDoNotWaitForACompleteThatHashesALargeObject() throws Exception {
    Path root = Files.createDirectory(directory.resolve("root"));
    String batch;
    String upload;
    // In this process, so that it loads SQLite as the program does, before the ledger is written
    // to.
    try (RunningServer server = RunningServer.on(root)) {
      ApiClient api = server.api();
      batch = api.init(1 + 17 * FILES);
      Answer start = api.start(batch, "/large", SIZE);
      assumeTrue(start.status() == 200, "the disk has no room for " + SIZE + " bytes");
      upload = start.text("upload_id");
      receive(root, batch, upload, start.number("part_size"));
    }
    try (ArchiveProcess server = ArchiveProcess.serve(root, List.of(), List.of())) {
      ApiClient api = new ApiClient(server.url(), false);
      Map<String, Object> large =
          Map.of("r2_key", "staging/" + batch + "/large", "upload_id", upload);
      Map<String, Object> small = Map.of("r2_key", "staging/" + batch + "/small");
      api.put(api.start(batch, "/small", 1).text("presigned_url"), new byte[1]).expect(200);
      CompletableFuture<?> hashed =
          HttpClient.newHttpClient()
              .sendAsync(
                  HttpRequest.newBuilder(
                          URI.create(server.url() + "/api/batches/" + batch + "/files/complete"))
                      .POST(
                          BodyPublishers.ofString(
                              ApiClient.json(Map.of("files", List.of(large, small)))))
                      .build(),
                  BodyHandlers.discarding());
      while (!server.hasOpen(upload + ".parts")) {
        assertFalse(hashed.isDone(), "the complete ended before it hashed");
        Thread.onSpinWait();
      }
      for (int i = 0; i < 17; i++) {
        Answer stored =
            api.send(
                "POST",
                server.url() + "/api/batches/" + batch + "/files/bundle",
                BodyPublishers.ofByteArray(tar(i)),
                "Content-Type",
                "application/x-tar");
        assertEquals(FILES, stored.expect(200).field("files").size());
      }
      assertEquals("completed", api.start(batch, "/small", 1).expect(200).text("status"));
      api.complete(batch, "/small").expect(200);
      assertFalse(hashed.isDone(), "the complete was over too soon to be waited for");
    }
  }

  /** As if all parts had arrived: a file of holes, and the rows of its parts. */
  private static void receive(Path root, String batch, String upload, long partSize)
      throws IOException, SQLException {
    Path parts = root.resolve("staging").resolve(batch).resolve(upload + ".parts");
    Files.createDirectories(parts.getParent());
    try (RandomAccessFile file = new RandomAccessFile(parts.toFile(), "rw")) {
      file.setLength(SIZE);
    }
    try (Connection ledger =
            DriverManager.getConnection("jdbc:sqlite:" + root.resolve("state.db"));
        PreparedStatement row =
            ledger.prepareStatement(
                "INSERT INTO part (batch_id, upload_id, number, size, etag)"
                    + " VALUES (?, ?, ?, ?, 'e')")) {
      ledger.setAutoCommit(false);
      for (int i = 0; i * partSize < SIZE; i++) {
        row.setString(1, batch);
        row.setString(2, upload);
        row.setInt(3, i + 1);
        row.setLong(4, Math.min(partSize, SIZE - i * partSize));
        row.executeUpdate();
      }
      ledger.commit();
    }
  }

  private static byte[] tar(int number) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (Bundle.Writer tar = new Bundle.Writer(bytes)) {
      for (int i = 0; i < FILES; i++) {
        byte[] content = {(byte) i};
        tar.add(
            LogicalPath.parse("/b" + number + "/" + i),
            "x/y",
            Sha256.of(content),
            content,
            content.length);
      }
    }
    return bytes.toByteArray();
  }
}
