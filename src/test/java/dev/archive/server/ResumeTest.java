package dev.archive.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.JsonNode;
import dev.archive.model.Sha256;
import dev.archive.server.ApiClient.Answer;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A multipart file that is started again tells what has arrived of it. */
class ResumeTest {
  private static final int MIB = 1 << 20;
  private static final byte[] CONTENT = new byte[25 * MIB];

  static {
    new Random(7).nextBytes(CONTENT);
  }

  @TempDir Path root;

  @Test
  void startTellsThePartsThatArrivedAndTheRestIsEnough() {
    try (RunningServer server = RunningServer.on(root)) {
      ApiClient api = server.api();
      String batch = api.init(1);
      Answer first = start(api, batch);
      assertFalse(first.json().has("received"), first.body());
      String third = putPart(api, first, 3).etag();
      String one = putPart(api, first, 1).etag();

      Answer again = start(api, batch);
      assertEquals(first.text("upload_id"), again.text("upload_id"));
      assertEquals(first.version(), again.version());
      assertEquals(List.of(1, 3), received(again));
      JsonNode last = again.field("received").get(1);
      assertEquals(5 * MIB, last.get("size").asLong());
      assertEquals(third, '"' + last.get("etag").asText() + '"');
      assertEquals(one, '"' + again.field("received").get(0).get("etag").asText() + '"');

      putPart(api, again, 2);
      assertEquals(
          Sha256.of(CONTENT).hex(), api.complete(batch, "/big").expect(200).text("sha256"));
      assertFalse(start(api, batch).json().has("received"), "a completed file has no parts");
    }
  }

  @Test
  void partsSurviveTheServer() {
    String batch;
    String upload;
    try (RunningServer server = RunningServer.on(root)) {
      batch = server.api().init(1);
      Answer first = start(server.api(), batch);
      upload = first.text("upload_id");
      putPart(server.api(), first, 2);
    }
    try (RunningServer server = RunningServer.on(root)) {
      Answer again = start(server.api(), batch);
      assertEquals(upload, again.text("upload_id"));
      assertEquals(List.of(2), received(again));
    }
  }

  @Test
  void partsWhoseFileIsGoneAreForgotten() throws IOException {
    try (RunningServer server = RunningServer.on(root)) {
      ApiClient api = server.api();
      String batch = api.init(1);
      Answer first = start(api, batch);
      putPart(api, first, 1);
      putPart(api, first, 2);
      putPart(api, first, 3);
      Files.delete(parts(batch, first));
      Answer again = start(api, batch);
      assertFalse(again.json().has("received"), again.body());
      putPart(api, again, 1);
      api.complete(batch, "/big").expect(409, "BYTES_MISSING");
      putPart(api, again, 2);
      putPart(api, again, 3);
      assertEquals(
          Sha256.of(CONTENT).hex(), api.complete(batch, "/big").expect(200).text("sha256"));
    }
  }

  @Test
  void partsBehindTheEndOfATruncatedFileAreForgotten() throws IOException {
    try (RunningServer server = RunningServer.on(root)) {
      ApiClient api = server.api();
      String batch = api.init(1);
      Answer first = start(api, batch);
      putPart(api, first, 1);
      putPart(api, first, 2);
      truncate(parts(batch, first), 20 * MIB - 1);
      assertEquals(List.of(1), received(start(api, batch)));
    }
  }

  @Test
  void laterPartDoesNotHideThatEarlierOnesAreGone() throws IOException {
    try (RunningServer server = RunningServer.on(root)) {
      ApiClient api = server.api();
      String batch = api.init(1);
      Answer first = start(api, batch);
      putPart(api, first, 1);
      putPart(api, first, 2);
      truncate(parts(batch, first), 10 * MIB);
      putPart(api, first, 3);
      api.complete(batch, "/big").expect(409, "BYTES_MISSING");
      assertEquals(List.of(1, 3), received(start(api, batch)));
    }
  }

  @Test
  void completeOfATruncatedFileForgetsWhatIsGone() throws IOException {
    try (RunningServer server = RunningServer.on(root)) {
      ApiClient api = server.api();
      String batch = api.init(1);
      Answer first = start(api, batch);
      for (int part = 1; part <= 3; part++) {
        putPart(api, first, part);
      }
      truncate(parts(batch, first), 15 * MIB);
      api.complete(batch, "/big").expect(409, "BYTES_MISSING");
      putPart(api, first, 2);
      putPart(api, first, 3);
      assertEquals(
          Sha256.of(CONTENT).hex(), api.complete(batch, "/big").expect(200).text("sha256"));
    }
  }

  private Path parts(String batch, Answer start) {
    return root.resolve("staging").resolve(batch).resolve(start.text("upload_id") + ".parts");
  }

  private static void truncate(Path file, long size) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(size);
    }
  }

  private static Answer start(ApiClient api, String batch) {
    return api.start(batch, "/big", CONTENT.length).expect(200);
  }

  private static Answer putPart(ApiClient api, Answer start, int part) {
    int from = (part - 1) * 10 * MIB;
    return api.put(
            start.field("presigned_urls").get(part - 1).get("url").asText(),
            Arrays.copyOfRange(CONTENT, from, Math.min(CONTENT.length, from + 10 * MIB)))
        .expect(200);
  }

  private static List<Integer> received(Answer start) {
    List<Integer> numbers = new ArrayList<>();
    start.field("received").forEach(part -> numbers.add(part.get("part_number").asInt()));
    return numbers;
  }
}
