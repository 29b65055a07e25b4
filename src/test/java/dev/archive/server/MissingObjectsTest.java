package dev.archive.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.archive.server.ApiClient.Answer;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Finalize sees each object before it takes effect. */
class MissingObjectsTest {
  private static final byte[] HELLO = "hello".getBytes(UTF_8);
  private static final int LARGE = 6 << 20;

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

  /** What happens to an object that was stored. */
  enum Loss {
    REMOVED {
      @Override
      void happenTo(Path object) throws IOException {
        Files.delete(object);
      }
    },
    REMOVED_WITH_ITS_DIRECTORY {
      @Override
      void happenTo(Path object) throws IOException {
        Trees.delete(object.getParent());
      }
    },
    CUT {
      @Override
      void happenTo(Path object) throws IOException {
        Files.writeString(object, "hell");
      }
    },
    GROWN {
      @Override
      void happenTo(Path object) throws IOException {
        Files.writeString(object, "hello!");
      }
    },
    SYMBOLIC_LINK {
      @Override
      void happenTo(Path object) throws IOException {
        Files.move(object, object.resolveSibling("aside"));
        Files.createSymbolicLink(object, Path.of("aside"));
      }
    },
    BELOW_A_SYMBOLIC_LINK {
      @Override
      void happenTo(Path object) throws IOException {
        Path aside = root.resolve("aside-" + System.nanoTime());
        Files.move(object.getParent(), aside);
        Files.createSymbolicLink(object.getParent(), aside);
      }

      @Override
      void undo(Path object) throws IOException {
        Files.delete(object.getParent());
      }
    },
    DIRECTORY {
      @Override
      void happenTo(Path object) throws IOException {
        Files.delete(object);
        Files.createDirectory(object);
      }

      @Override
      void undo(Path object) throws IOException {
        Files.delete(object);
      }
    },
    BELOW_A_FILE {
      @Override
      void happenTo(Path object) throws IOException {
        Trees.delete(object.getParent());
        Files.createFile(object.getParent());
      }

      @Override
      void undo(Path object) throws IOException {
        Files.delete(object.getParent());
      }
    };

    abstract void happenTo(Path object) throws IOException;

    /** What a person has to do before the file can be sent again. */
    void undo(Path object) throws IOException {}
  }

  @ParameterizedTest
  @EnumSource
  void objectThatIsNotAsStoredIsNamedAndUploadingAgain(Loss loss) throws IOException {
    String batch = api.init(2);
    api.add(batch, "/a", HELLO);
    api.add(batch, "/x/b", HELLO);
    Path object = server.bag(batch).resolve("data/x/b");
    loss.happenTo(object);
    long version = api.versionOf(batch);

    Answer refused = api.finalizeBatch(batch).expect(409, "BYTES_MISSING");
    assertEquals("[\"/x/b\"]", refused.field("details").get("missing").toString());
    assertEquals("[\"b\"]", refused.field("incomplete").toString());
    assertEquals(version + 1, refused.number("version"));
    assertTrue(refused.text("error").contains("\"/x/b\""), refused.text("error"));

    Answer status = api.status(batch, "?since=" + version).expect(200);
    assertEquals("uploading", status.text("status"));
    assertEquals(1, status.number("files_uploaded"));
    assertEquals(5, status.number("total_bytes_uploaded"));
    JsonNode file = status.field("files").get(0);
    assertEquals("/x/b uploading", file.get("logical_path").asText() + " " + text(file, "status"));
    assertFalse(Files.exists(server.bag(batch).resolve("tagmanifest-sha256.txt")));
    api.finalizeBatch(batch).expect(400, "FILES_INCOMPLETE");

    loss.undo(object);
    api.add(batch, "/x/b", HELLO);
    Files.deleteIfExists(object.resolveSibling("aside"));
    api.finalizeBatch(batch).expect(200);
    assertEquals(List.of(), BagCheck.problems(server.bag(batch)));
    assertEquals("reopened", text(api.get("/api/batches/" + batch + "/history"), version));
  }

  /** Sent again and again it would never do: that is told apart from a fault that may pass. */
  @ParameterizedTest
  @EnumSource(names = {"BELOW_A_SYMBOLIC_LINK", "DIRECTORY", "BELOW_A_FILE"})
  void whatOnlyAPersonCanRemoveIsAConflict(Loss loss) throws IOException {
    String batch = api.init(1);
    api.add(batch, "/x/b", HELLO);
    loss.happenTo(server.bag(batch).resolve("data/x/b"));
    api.finalizeBatch(batch).expect(409, "BYTES_MISSING");
    Answer started = api.start(batch, "/x/b", HELLO.length).expect(200);
    api.put(started.text("presigned_url"), HELLO).expect(409, "CONFLICT");
  }

  private static String text(JsonNode node, String field) {
    return node.get(field).asText();
  }

  private static String text(Answer history, long after) {
    return history.field("events").get((int) after).get("kind").asText();
  }

  @Test
  void allThatIsMissingIsUploadingAgainAtOnce() throws IOException {
    int files = 2345;
    String batch = api.init(files);
    for (int from = 0; from < files; from += 500) {
      List<Object> group = new ArrayList<>();
      for (int i = from; i < Math.min(files, from + 500); i++) {
        group.add(ApiClient.startRequest("/" + i % 7 + "/" + i, 0));
      }
      api.post("/api/batches/" + batch + "/files/start", java.util.Map.of("files", group))
          .expect(200);
    }
    Path data = server.bag(batch).resolve("data");
    for (int i = 0; i < 7; i++) {
      Files.createDirectories(data.resolve("" + i));
    }
    for (int from = 0; from < files; from += 500) {
      List<Object> group = new ArrayList<>();
      for (int i = from; i < Math.min(files, from + 500); i++) {
        Files.createFile(data.resolve(i % 7 + "/" + i));
        group.add(java.util.Map.of("r2_key", "staging/" + batch + "/" + i % 7 + "/" + i));
      }
      api.post("/api/batches/" + batch + "/files/complete", java.util.Map.of("files", group))
          .expect(200);
    }
    assertEquals(files, api.status(batch, "?summary=true").number("files_uploaded"));
    Trees.delete(data);
    Answer refused = api.finalizeBatch(batch).expect(409, "BYTES_MISSING");
    assertTrue(refused.text("error").startsWith("2,345 files are missing"));
    assertEquals(100, refused.field("details").get("missing").size());
    assertEquals(0, api.status(batch, "?summary=true").number("files_uploaded"));
  }

  /** The bag, and what its closing notes, are made again: what was in it is missing, no fault. */
  @ParameterizedTest
  @ValueSource(strings = {"batches", "staging"})
  void wholeDirectoryOfTheBatchThatIsGoneIsNoFaultOfTheServer(String place) throws IOException {
    String batch = api.init(1);
    api.add(batch, "/x/b", HELLO);
    api.finalizeBatch(batch, "If-Match", "\"99\"").expect(412);
    Trees.delete(root.resolve(place).resolve(batch));
    if (place.equals("batches")) {
      api.finalizeBatch(batch).expect(409, "BYTES_MISSING");
      api.add(batch, "/x/b", HELLO);
    }
    api.finalizeBatch(batch).expect(200);
    assertEquals(List.of(), BagCheck.problems(server.bag(batch)));
  }

  @Test
  void largeObjectIsSentAgainInItsParts() throws IOException {
    String batch = api.init(1);
    byte[] content = new byte[LARGE];
    new Random(1).nextBytes(content);
    for (int round = 0; round < 2; round++) {
      Answer started = api.start(batch, "/big", LARGE).expect(200);
      api.put(started.json().at("/presigned_urls/0/url").asText(), content).expect(200);
      api.complete(batch, "/big").expect(200);
      if (round == 0) {
        Files.delete(server.bag(batch).resolve("data/big"));
        api.finalizeBatch(batch).expect(409, "BYTES_MISSING");
        api.complete(batch, "/big").expect(409, "BYTES_MISSING");
      }
    }
    api.finalizeBatch(batch).expect(200);
    assertEquals(List.of(), BagCheck.problems(server.bag(batch)));
  }

  @Test
  void oneRequestMayCompleteAFileAgain() throws IOException {
    String batch = api.init(1);
    String complete = "/api/batches/" + batch + "/files/complete";
    String body = "{\"r2_key\":\"staging/" + batch + "/a\"}";
    for (int round = 0; round < 3; round++) {
      String url = api.start(batch, "/a", 5).expect(200).text("presigned_url");
      api.put(url, HELLO).expect(200);
      api.postText(complete, body, "Idempotency-Key", "one").expect(200);
      if (round < 2) {
        Files.delete(server.bag(batch).resolve("data/a"));
        api.finalizeBatch(batch, "Idempotency-Key", "two").expect(409, "BYTES_MISSING");
      }
    }
    api.finalizeBatch(batch, "Idempotency-Key", "two").expect(200);
  }

  @Test
  void receiptOfAFinalizedBatchStaysWhatItIs() throws IOException {
    String batch = api.init(1);
    api.add(batch, "/a", HELLO);
    String receipt = api.finalizeBatch(batch).expect(200).body();
    Files.delete(server.bag(batch).resolve("data/a"));
    assertEquals(receipt, api.finalizeBatch(batch).expect(200).body());
  }

  /** Four who finalize, beside one who loses objects and sends them again under the same keys. */
  @Test
  void finalizeBesideAPutUnderTheSameKeyNeverClosesWithoutItsBytes() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(5);
    try {
      for (int seed = 0; seed < 10; seed++) {
        String batch = api.init(20);
        for (int i = 0; i < 20; i++) {
          api.add(batch, "/d/" + i, HELLO);
        }
        List<Callable<Answer>> all = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
          all.add(() -> untilFinalized(batch));
        }
        for (int i = seed; i < 20; i += 3) {
          Files.delete(server.bag(batch).resolve("data/d/" + i));
        }
        all.add(
            () -> {
              while (!api.status(batch, "?summary=true").text("status").equals("enqueued")) {
                api.status(batch, "")
                    .field("files")
                    .forEach(
                        file -> {
                          if (text(file, "status").equals("uploading")) {
                            api.add(batch, text(file, "logical_path"), HELLO);
                          }
                        });
              }
              return null;
            });
        for (Future<Answer> each : threads.invokeAll(all)) {
          each.get();
        }
        assertEquals(List.of(), BagCheck.problems(server.bag(batch)));
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static Answer untilFinalized(String batch) {
    Answer answer = api.finalizeBatch(batch);
    while (answer.status() != 200) {
      assertTrue(
          List.of("BYTES_MISSING", "FILES_INCOMPLETE", "CONTRACT_MISMATCH", "UNAVAILABLE")
              .contains(answer.text("code")),
          answer.body());
      answer = api.finalizeBatch(batch);
    }
    return answer;
  }
}
