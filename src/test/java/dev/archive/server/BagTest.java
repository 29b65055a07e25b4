package dev.archive.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What finalize leaves on disk, looked at with other eyes than those of the code that wrote it. */
class BagTest {
  @TempDir static Path root;
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

  @Test
  void sha256sumAgreesWithTheBag() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/sha256sum")), "sha256sum is not installed");
    List<String> names = NamesTest.names().stream().filter(name -> name.indexOf('%') < 0).toList();
    Path bag = finalized(names);
    assertEquals("", sha256sum(bag, "manifest-sha256.txt"));
    assertEquals("", sha256sum(bag, "tagmanifest-sha256.txt"));
    Files.writeString(bag.resolve("data/-rf"), "x", StandardOpenOption.APPEND);
    assertTrue(sha256sum(bag, "manifest-sha256.txt").contains("data/-rf"), "the check can fail");
  }

  @Test
  void bagCheckFindsWhatIsWrong() throws IOException {
    Path bag = finalized(List.of("/a", "/b"));
    assertEquals(List.of(), BagCheck.problems(bag));
    Files.writeString(bag.resolve("data/extra"), "x");
    assertFalse(BagCheck.problems(bag).isEmpty());
    Files.delete(bag.resolve("data/extra"));
    Files.writeString(bag.resolve("data/a"), "/x");
    assertFalse(BagCheck.problems(bag).isEmpty());
    Files.writeString(bag.resolve("data/a"), "/a");
    assertEquals(List.of(), BagCheck.problems(bag));
    Files.delete(bag.resolve("data/b"));
    assertFalse(BagCheck.problems(bag).isEmpty());
  }

  @Test
  void percentSignsAreEncodedInTheManifestAndNothingElse() throws IOException {
    Path bag = finalized(List.of("/100%", "/%41", "/ü b"));
    List<String> names =
        Files.readAllLines(bag.resolve("manifest-sha256.txt"), UTF_8).stream()
            .map(line -> line.substring(66))
            .toList();
    assertEquals(List.of("data/%2541", "data/100%25", "data/ü b"), names);
  }

  @Test
  void bagInfoTellsWhoseBatchItIsOnOneLineEach() throws IOException {
    Map<String, Object> request = ApiClient.initRequest(1, 2);
    request.put("uploader", "Ada Lovelace, Payload-Oxum: 7.7");
    request.put("metadata", Map.of("note", "two\nlines"));
    String batch = api.post("/api/batches/init", request).expect(201).text("batch_id");
    api.add(batch, "/a", new byte[2]);
    api.finalizeBatch(batch).expect(200);
    assertEquals(List.of(), BagCheck.problems(server.bag(batch)));
    List<String> lines = Files.readAllLines(server.bag(batch).resolve("bag-info.txt"), UTF_8);
    assertEquals("Source-Organization: Ada Lovelace, Payload-Oxum: 7.7", lines.get(0));
    assertTrue(lines.contains("External-Identifier: " + batch));
    assertTrue(lines.contains("Archive-Root-Path: /letters"));
    assertTrue(lines.contains("Archive-Metadata: {\"note\":\"two\\nlines\"}"));
    assertEquals("Payload-Oxum: 2.1", lines.get(lines.size() - 1));
  }

  @Test
  void stagingAreaOfAFinalizedBatchIsGone() throws IOException {
    Path bag = finalized(List.of("/a"));
    try (Stream<Path> staged = Files.list(root.resolve("staging"))) {
      assertTrue(staged.noneMatch(each -> each.endsWith(bag.getFileName())));
    }
    try (Stream<Path> files = Files.list(bag)) {
      assertEquals(
          List.of(
              "bag-info.txt", "bagit.txt", "data", "manifest-sha256.txt", "tagmanifest-sha256.txt"),
          files.map(file -> file.getFileName().toString()).sorted().toList());
    }
  }

  private static Path finalized(List<String> names) {
    String batch = api.init(names.size());
    names.forEach(name -> api.add(batch, name, name.getBytes(UTF_8)));
    api.finalizeBatch(batch).expect(200);
    return server.bag(batch);
  }

  private static String sha256sum(Path bag, String manifest) throws Exception {
    Process process =
        new ProcessBuilder("/usr/bin/sha256sum", "--quiet", "--strict", "-c", manifest)
            .directory(bag.toFile())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    int exit = process.waitFor();
    assertEquals(exit == 0, output.isEmpty(), output);
    return output;
  }
}
