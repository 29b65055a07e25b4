package dev.archive.client.send;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.archive.client.run.QuickRun;
import dev.archive.model.ErrorCode;
import dev.archive.testing.AnswersInstead;
import dev.archive.testing.AnswersInstead.Call;
import dev.archive.testing.AnswersInstead.Honest;
import dev.archive.testing.AnswersInstead.Liar;
import dev.archive.testing.AnswersInstead.Said;
import dev.archive.testing.KeyValueIngestOptions;
import dev.archive.testing.KeyValueIngestOptions.Variant;
import dev.archive.testing.KeyValueIngestServer;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server that gives part URLs in pages is asked for pages; others answer as ever. */
class PartUrlPagesTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int SIZE = 5 << 20;

  /** Makes 263 parts. {@code -Darchive.parts=10000} makes as many as a file can have. */
  private static final int PART = (SIZE - 1) / Integer.getInteger("archive.parts", 263) + 1;

  private static final int PARTS = (SIZE - 1) / PART + 1;

  @TempDir Path directory;

  /** Gives pages as the document says; the whole answer comes from the server behind. */
  private static class Pages implements Liar {
    private final int most;
    private volatile JsonNode whole;

    Pages(int most) {
      this.most = most;
    }

    @Override
    public Said answer(Call call, Honest honest) throws IOException {
      if (call.path().equals("/")) {
        return new Said(200, "{\"service\":\"a\",\"capabilities\":[\"part-pages\"]}");
      }
      if (call.path().endsWith("/files/start")) {
        Said said = honest.say(call.body());
        whole = JSON.readTree(said.body());
        JsonNode asked = JSON.readTree(call.body()).path("part_urls");
        return page(asked, whole.deepCopy());
      }
      if (call.path().endsWith("/files/parts")) {
        JsonNode asked = JSON.readTree(call.body());
        assertEquals(whole.get("r2_key"), asked.get("r2_key"));
        assertEquals(whole.get("upload_id"), asked.get("upload_id"));
        return page(asked, JSON.createObjectNode());
      }
      return honest.say(call.body());
    }

    private Said page(JsonNode asked, ObjectNode answer) throws IOException {
      int from = asked.get("from").asInt();
      int last = Math.min(PARTS, from - 1 + Math.min(most, asked.get("max").asInt()));
      ArrayNode urls = answer.putArray("presigned_urls");
      for (int part = from; part <= last; part++) {
        urls.add(whole.get("presigned_urls").get(part - 1));
      }
      if (last < PARTS) {
        answer.put("next_part", last + 1);
      }
      change(from, answer);
      return new Said(200, JSON.writeValueAsString(answer));
    }

    void change(int from, ObjectNode answer) {}
  }

  private static KeyValueIngestServer server(int part) throws IOException {
    return new KeyValueIngestServer(
            KeyValueIngestOptions.of(Variant.DURABLE_OBJECT).multipart(part, part).build())
        .start();
  }

  private QuickRun run(AnswersInstead proxy) {
    return QuickRun.of(proxy.url(), directory.resolve("tree"), directory.resolve("state"));
  }

  /** Beside the longest path that is made here, with characters that URLs escape. */
  private void largeFile() throws IOException {
    Path deep = directory.resolve("tree");
    for (int i = 0; i < 12; i++) {
      deep = deep.resolve("ä ".repeat(80));
    }
    Trees.random(deep.resolve("large.bin"), SIZE, 1);
  }

  @ParameterizedTest
  @ValueSource(ints = {100, 41})
  void partsAreAskedForPageByPage(int most) throws Exception {
    largeFile();
    try (KeyValueIngestServer server = server(PART);
        AnswersInstead proxy = new AnswersInstead(server.url(), new Pages(most))) {
      QuickRun run = run(proxy);
      assertNull(run.failure());
      assertNotNull(run.report().receipt());
      assertEquals((PARTS - 1) / most, proxy.calls("/files/parts").size());
    }
  }

  @Test
  void serverWithoutPagesIsNotAskedForThem() throws Exception {
    largeFile();
    try (KeyValueIngestServer server = server(SIZE / 2);
        AnswersInstead proxy =
            new AnswersInstead(server.url(), (call, honest) -> honest.say(call.body()))) {
      QuickRun run = run(proxy);
      assertNull(run.failure());
      assertNotNull(run.report().receipt());
      assertTrue(
          proxy.calls("/files/start").stream().noneMatch(c -> c.body().contains("part_urls")));
      assertEquals(0, proxy.calls("/files/parts").size());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"stays", "skips", "ends early", "never ends", "empty", "other numbers"})
  void pageThatIsNotTheNextEndsTheRun(String lie) throws Exception {
    largeFile();
    Pages lying =
        new Pages(100) {
          @Override
          void change(int from, ObjectNode answer) {
            if (from > 1) {
              switch (lie) {
                case "stays" -> answer.put("next_part", from);
                case "skips" -> answer.put("next_part", from + 101);
                case "ends early" -> answer.remove("next_part");
                case "never ends" -> answer.put("next_part", Math.min(PARTS, from + 99) + 1);
                case "empty" -> answer.putArray("presigned_urls");
                default -> ((ObjectNode) answer.at("/presigned_urls/1")).put("part_number", 1);
              }
            }
          }
        };
    try (KeyValueIngestServer server = server(PART);
        AnswersInstead proxy = new AnswersInstead(server.url(), lying)) {
      QuickRun run = run(proxy);
      assertNull(run.report());
      assertEquals(ErrorCode.BAD_ANSWER, run.failure().code());
      assertTrue(proxy.calls("/files/parts").size() < PARTS / 10, "asked without end");
    }
  }
}
