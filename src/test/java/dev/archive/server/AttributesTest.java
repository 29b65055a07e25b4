package dev.archive.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.cli.CommandRun;
import dev.archive.model.Sha256;
import dev.archive.server.ApiClient.Answer;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client says of names beside bytes is in the bag exactly, or finalize refuses it. */
class AttributesTest {
  private static final String FILE =
      """
      {"path":"/a","kind":"file","mtime":"1902-01-02T03:04:05.123456789Z","mode":"0640"}
      """;
  private static final String LINK =
      """
      {"path":"/l","kind":"symlink","mtime":"2200-01-01T00:00:00Z","mode":"0777","link_target":"/x"}
      """;

  @TempDir Path directory;
  private RunningServer server;
  private String batch;

  @BeforeEach
  void open() {
    server = RunningServer.on(root());
    batch = server.api().init(1);
    server.api().add(batch, "/a", "a".getBytes(UTF_8));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Path root() {
    return directory.resolve("root");
  }

  private Answer put(int page, boolean last, String lines) {
    return server
        .api()
        .send(
            "PUT",
            server.url() + "/api/batches/" + batch + "/attributes?page=" + page + "&last=" + last,
            BodyPublishers.ofString(lines));
  }

  private Answer finalizeWith(String lines) {
    String digest = lines == null ? null : Sha256.of(lines.getBytes(UTF_8)).hex();
    return server
        .api()
        .post(
            "/api/batches/" + batch + "/finalize",
            Map.of("expected", digest == null ? Map.of() : Map.of("attributes_sha256", digest)));
  }

  private Path tagFile() {
    return server.bag(batch).resolve("attributes.jsonl");
  }

  @Test
  void pagesBecomeOneTagFileThatFinalizeProves() throws IOException {
    put(0, false, LINK).expect(200);
    put(0, false, FILE).expect(200);
    put(7, false, FILE).expect(200);
    assertEquals(1, put(1, true, LINK).expect(200).number("names"));
    finalizeWith(FILE).expect(409, "CONTRACT_MISMATCH");
    assertFalse(Files.exists(tagFile()), "a refused finalize leaves no tag file");

    Answer receipt = finalizeWith(FILE + LINK).expect(200);
    String digest = Sha256.of((FILE + LINK).getBytes(UTF_8)).hex();
    assertEquals(digest, receipt.text("attributes_sha256"));
    assertEquals(FILE + LINK, Files.readString(tagFile()));
    assertEquals(
        digest, server.api().status(batch, "?summary=true").expect(200).text("attributes_sha256"));
    assertEquals(receipt.body(), finalizeWith(FILE + LINK).expect(200).body());
    assertEquals(receipt.body(), finalizeWith(null).expect(200).body());
    finalizeWith(FILE).expect(409, "CONTRACT_MISMATCH");
    put(0, true, FILE).expect(400, "NOT_UPLOADING");
    assertEquals(List.of(), BagCheck.problems(server.bag(batch)));
  }

  @Test
  void aBatchFinalizedWithoutNamingThemHasNone() {
    put(0, true, FILE).expect(200);
    Answer receipt = finalizeWith(null).expect(200);
    assertNull(receipt.json().get("attributes_sha256"));
    assertFalse(Files.exists(tagFile()));
    finalizeWith(FILE).expect(409, "CONTRACT_MISMATCH");
  }

  @Test
  void aRebuiltLedgerKnowsThemAndAnAuditSeesThemAltered() throws IOException {
    put(0, true, FILE).expect(200);
    finalizeWith(FILE).expect(200);
    server.close();
    Files.delete(root().resolve("state.db"));
    CommandRun rebuild = run("rebuild");
    assertEquals(0, rebuild.exit(), rebuild.err());
    assertEquals(0, run("audit").exit());
    server = RunningServer.on(root());
    assertEquals(
        Sha256.of(FILE.getBytes(UTF_8)).hex(),
        server.api().status(batch, "?summary=true").expect(200).text("attributes_sha256"));
    finalizeWith(FILE).expect(200);
    Files.writeString(tagFile(), FILE.replace("0640", "0777"));
    CommandRun audit = run("audit");
    assertEquals(6, audit.exit(), audit.out());
    assertTrue((audit.out() + audit.err()).contains("attributes.jsonl"), audit.out() + audit.err());
  }

  private CommandRun run(String command) {
    return CommandRun.of(
        Map.of("XDG_STATE_HOME", directory.resolve("state").toString()),
        command,
        "--root",
        root().toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"path\":\"/../a\",\"kind\":\"file\",\"mtime\":\"2000-01-01T00:00:00Z\",\"mode\":\"0644\"}\n",
        "{\"path\":\"/\",\"kind\":\"file\",\"mtime\":\"2000-01-01T00:00:00Z\",\"mode\":\"0644\"}\n",
        "{\"path\":\"/a\",\"kind\":\"pipe\",\"mtime\":\"2000-01-01T00:00:00Z\",\"mode\":\"0644\"}\n",
        "{\"path\":\"/a\",\"kind\":\"file\",\"mtime\":\"yesterday\",\"mode\":\"0644\"}\n",
        "{\"path\":\"/a\",\"kind\":\"file\",\"mode\":\"0644\"}\n",
        "{\"path\":\"/a\",\"kind\":\"file\",\"mtime\":\"2000-01-01T00:00:00Z\",\"mode\":\"17777\"}\n",
        "{\"path\":\"/a\",\"kind\":\"file\",\"mtime\":\"2000-01-01T00:00:00Z\",\"mode\":\"-1\"}\n",
        "{\"path\":\"/a\",\"kind\":\"symlink\",\"mtime\":\"2000-01-01T00:00:00Z\",\"mode\":\"0777\"}\n",
        "{\"path\":\"/a\",\"kind\":\"symlink\",\"mtime\":\"2000-01-01T00:00:00Z\",\"mode\":\"0777\","
            + "\"link_target\":\"a\\u0000b\"}\n",
        "{\"path\":\"/a\",\"kind\":\"file\",\"mtime\":\"2000-01-01T00:00:00Z\",\"mode\":\"0644\","
            + "\"link_target\":\"x\"}\n",
        "{\"path\":\"/a\",\"kind\":\"file\",\"mtime\":\"2000-01-01T00:00:00Z\",\"mode\":\"0644\"}",
        "null\n",
        "[]\n",
        "\n"
      })
  void linesThatCannotBeKeptAreRefused(String line) {
    put(0, true, FILE + line).expect(400);
  }

  @Test
  void aTargetOfFiveKibibytesIsRefusedAndAPageOfTwoMebibytesToo() {
    put(0, true, LINK.replace("\"/x\"", "\"" + "x".repeat(5 << 10) + "\"")).expect(400);
    put(0, true, FILE.repeat(2 << 14)).expect(413);
    put(2048, true, FILE).expect(400);
  }
}
