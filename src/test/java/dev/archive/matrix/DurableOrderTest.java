package dev.archive.matrix;

import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import dev.archive.server.ApiClient;
import dev.archive.server.ApiClient.Answer;
import dev.archive.testing.DiskTrace;
import dev.archive.testing.SystemCall;
import dev.archive.wire.Bundle;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Promise P1 in the order of system calls: write, fsync, rename, fsync of the directory, the
 * ledger's fsync, and only then the answer. Each way in which bytes become durable is taken once,
 * one request after the other, and at each answer all that it counts on must be on the disk.
 */
@Timeout(300)
class DurableOrderTest {
  private static final int MIB = 1 << 20;
  private static final String LISTENING = " when the server said that it listens";
  private static final String LEDGER = "/state.db-wal";

  @TempDir Path directory;

  /** What must have changed on the disk, durably, before the answer to a request. */
  private record Step(String request, List<String> durable) {}

  private final List<Step> steps = new ArrayList<>();

  private Answer step(Answer answer, String request, String... durable) {
    steps.add(new Step(request, List.of(durable)));
    assertTrue(answer.status() < 300, () -> request + ": " + answer.body());
    return answer;
  }

  @Test
  void whatIsAnsweredIsOnTheDiskWithItsNamesAndTheLedgerKnowsOnlyWhatIs() throws Exception {
    Path root = directory.toRealPath().resolve("not there/root");
    String[] strace = DiskTrace.STRACE.toArray(String[]::new);
    Path log;
    try (TracedServer server = TracedServer.traced(root, directory.resolve("strace.log"), strace)) {
      log = server.log();
      sendEverything(server.api());
    }
    check(Files.readAllLines(log), root);
  }

  /** A process may be killed after it gave a name, and before it synced the directory. */
  @Test
  void whatAKilledServerLeftIsMadeDurableBeforeItIsCountedOn() throws Exception {
    Path root = directory.toRealPath().resolve("root");
    String batch;
    try (TracedServer server = TracedServer.on(root)) {
      batch = server.api().init(2);
      String url = server.api().start(batch, "/d/a", 5).text("presigned_url");
      server.api().put(url, new byte[5]).expect(200);
      server.api().start(batch, "/d/b", 5).expect(200);
    }
    String data = "/batches/" + batch + "/data";
    Path log = directory.resolve("strace.log");
    try (TracedServer server =
        TracedServer.traced(root, log, DiskTrace.STRACE.toArray(String[]::new))) {
      ApiClient api = server.api();
      step(api.complete(batch, "/d/a"), "complete", LEDGER);
      String url = step(api.start(batch, "/d/b", 5), "start").text("presigned_url");
      step(api.put(url, new byte[5]), "PUT", data + "/d/b");
    }
    List<String> left = List.of(root + data + "/d/a", root + data + "/d", root + data);
    List<String> wrong = new ArrayList<>();
    int[] answers = {0};
    DiskTrace.follow(
        Files.readAllLines(log),
        List.of(root.toString()),
        left,
        (call, missing) -> {
          if (isAnswer(call) && answers[0] < steps.size()) {
            String before = " when " + steps.get(answers[0]++).request + " was answered";
            missing.below(root + data).stream()
                .filter(each -> !each.startsWith("the bytes of"))
                .forEach(each -> wrong.add(each + before));
          }
        });
    assertEquals("", String.join("\n", wrong), "order");
    assertEquals(steps.size(), answers[0], "answers seen");
  }

  private void sendEverything(ApiClient api) throws IOException {
    String batch =
        step(api.post("/api/batches/init", ApiClient.initRequest(9, 0)), "init", LEDGER)
            .text("batch_id");
    String bag = "/batches/" + batch;
    String data = bag + "/data";

    String url = step(api.start(batch, "/d/a", 5), "start", LEDGER).text("presigned_url");
    step(api.put(url, new byte[5]), "PUT", data + "/d/a", data + "/d", data, bag);
    step(api.complete(batch, "/d/a"), "complete", LEDGER);

    Answer large = step(api.start(batch, "/e/large", 11 * MIB), "start of parts", LEDGER);
    String parts = "/staging/" + batch + "/" + large.text("upload_id") + ".parts";
    for (int part = 0; part < 2; part++) {
      String target = large.field("presigned_urls").get(part).get("url").asText();
      step(api.put(target, new byte[part == 0 ? 10 * MIB : MIB]), "PUT of a part", parts, LEDGER);
    }
    String again = large.field("presigned_urls").get(1).get("url").asText();
    step(api.put(again, new byte[MIB]), "PUT of a part again", parts, LEDGER);
    step(
        api.complete(batch, "/e/large"),
        "complete of parts",
        data + "/e/large",
        data + "/e",
        LEDGER);

    step(
        bundle(api, batch, "/f/one", "/f/two", "/g/three"),
        "bundle",
        data + "/f/one",
        data + "/f/two",
        data + "/f",
        data + "/g/three",
        data + "/g",
        LEDGER);

    step(many(api, batch, "start", "/h/i", "/h/j"), "start of many", LEDGER);
    for (String path : List.of("/h/i", "/h/j")) {
      String target = api.start(batch, path, 7).text("presigned_url");
      steps.add(new Step("start again", List.of()));
      step(api.put(target, new byte[7]), "PUT", data + path);
    }
    step(many(api, batch, "complete", "/h/i", "/h/j"), "complete of many", LEDGER);

    String replaced = step(api.start(batch, "/d/b", 5), "start", LEDGER).text("presigned_url");
    step(api.put(replaced, new byte[5]), "PUT", data + "/d/b");
    step(api.put(replaced, new byte[5]), "PUT again", data + "/d/b");
    step(api.start(batch, "/d/b", 6), "start of another size", LEDGER);
    String other = api.start(batch, "/d/b", 6).text("presigned_url");
    steps.add(new Step("start again", List.of()));
    step(api.put(other, new byte[6]), "PUT over another", data + "/d/b");
    step(api.complete(batch, "/d/b"), "complete", LEDGER);

    step(
        bundle(api, batch, "/k"),
        "bundle of one in a directory that is there",
        data + "/k",
        LEDGER);
    step(
        api.finalizeBatch(batch),
        "finalize",
        bag + "/manifest-sha256.txt",
        bag + "/bagit.txt",
        bag + "/bag-info.txt",
        bag + "/tagmanifest-sha256.txt",
        LEDGER);

    String aborted =
        step(api.post("/api/batches/init", ApiClient.initRequest(1, 0)), "init", LEDGER)
            .text("batch_id");
    step(
        api.send("DELETE", api.url() + "/api/batches/" + aborted, BodyPublishers.noBody()),
        "abort",
        LEDGER);
  }

  private static Answer many(ApiClient api, String batch, String call, String... paths) {
    List<Map<String, Object>> files = new ArrayList<>();
    for (String path : paths) {
      files.add(
          call.equals("start")
              ? ApiClient.startRequest(path, 7)
              : Map.of("r2_key", "staging/" + batch + path));
    }
    return api.post("/api/batches/" + batch + "/files/" + call, Map.of("files", files));
  }

  private static Answer bundle(ApiClient api, String batch, String... paths) throws IOException {
    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    try (Bundle.Writer writer = new Bundle.Writer(tar)) {
      for (String path : paths) {
        byte[] content = path.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        writer.add(LogicalPath.parse(path), "x/y", Sha256.of(content), content, content.length);
      }
    }
    return api.send(
        "POST",
        api.url() + "/api/batches/" + batch + "/files/bundle",
        BodyPublishers.ofByteArray(tar.toByteArray()),
        "Content-Type",
        "application/x-tar");
  }

  private void check(List<String> log, Path root) {
    List<String> wrong = new ArrayList<>();
    int[] answers = {0};
    DiskTrace.Moment moment =
        (call, missing) -> {
          if (isAnswer(call) && answers[0] < steps.size()) {
            Step step = steps.get(answers[0]++);
            String before = " when " + step.request + " (request " + answers[0] + ") was answered";
            missing.below(root.getParent().toString()).forEach(each -> wrong.add(each + before));
            Map<String, Long> changed = missing.changed();
            Long told = changed.get(root + LEDGER);
            for (String durable : step.durable) {
              Long at = changed.get(root + durable);
              if (at == null) {
                wrong.add(root + durable + " was not written" + before);
              } else if (told != null && step.durable.contains(LEDGER) && at > told) {
                wrong.add(root + durable + " came after the ledger was told," + before);
              }
            }
            missing.end();
          } else if (call.writes() && call.arguments().contains("\"listening on ")) {
            missing.below(root.getParent().toString()).forEach(each -> wrong.add(each + LISTENING));
          } else if (call.writes() && String.valueOf(call.file()).endsWith("state.db-wal")) {
            missing
                .below(root + "/batches")
                .forEach(each -> wrong.add(each + " when the ledger was told"));
            missing
                .below(root + "/staging")
                .forEach(each -> wrong.add(each + " when the ledger was told"));
          }
        };
    List<String> names = DiskTrace.follow(log, List.of(root.getParent().toString()), moment);
    assertEquals("", String.join("\n", names), "bytes are synced before they get their names");
    assertEquals("", wrong.stream().distinct().limit(10).collect(joining("\n")), "order");
    assertEquals(steps.size(), answers[0], "answers seen");
  }

  private static boolean isAnswer(SystemCall call) {
    return call.writes()
        && String.valueOf(call.file()).startsWith("socket:")
        && call.arguments().contains("\"HTTP/1.1 2");
  }
}
