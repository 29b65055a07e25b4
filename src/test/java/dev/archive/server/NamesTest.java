package dev.archive.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

public class NamesTest {
  @TempDir static Path outer;
  private static Path root;
  private static RunningServer server;
  private static ApiClient api;

  @BeforeAll
  static void start() {
    root = outer.resolve("root");
    server = RunningServer.on(root);
    api = server.api();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  /** Names that existing servers refuse, cut, or take for one another. */
  public static List<String> names() {
    List<String> names = new ArrayList<>();
    for (char c : " #?%&+;:*\"<>|\\'`~!@$^(){}[]=,".toCharArray()) {
      names.add("/odd/a" + c + "b");
      names.add("/odd/" + c);
    }
    names.addAll(
        List.of(
            "/scan#1.txt",
            "/scan#2.txt",
            "/a%20b",
            "/a b",
            "/100%",
            "/%2e%2e",
            "/%2F",
            "/%25",
            "/%0A",
            "/%0a",
            "/%00",
            "/..\\..\\up",
            "/...",
            "/.hidden",
            "/-rf",
            "/--help",
            "/- ",
            "/ leading",
            "/trailing ",
            "/dot.",
            "/CON",
            "/nul.txt",
            "/manifest-sha256.txt",
            "/bagit.txt",
            "/data",
            "/lock",
            "/state.db",
            "/x.tmp",
            "/no-extension",
            "/virus.exe",
            "/<script>alert(1)<script>",
            "/'; DROP TABLE file; --",
            "/\"quoted\"",
            "/${jndi:ldap:x}",
            "/🗂️ Kästchen 😀.tif",
            "/👩‍👩‍👧‍👦",
            "/日本語/資料.tif",
            "/مرحبا",
            "/\u202egnp.exe",
            "/\u200bzero width",
            "/\ufeffbom",
            "/\u2028separator",
            "/\u00a0",
            "/\ue000private",
            "/\ufffd",
            "/Straße",
            "/STRASSE",
            "/" + "n".repeat(255),
            "/" + "ä".repeat(127) + "n",
            "/deep" + "/d".repeat(500)));
    return names;
  }

  @Test
  void everyNameIsKeptExactlyAsGiven() throws Exception {
    List<String> names = new ArrayList<>(names());
    String nfc = "/twins/" + Normalizer.normalize("Gemälde", Normalizer.Form.NFC);
    String nfd = "/twins/" + Normalizer.normalize("Gemälde", Normalizer.Form.NFD);
    names.addAll(List.of(nfc, nfd, "/twins/Readme", "/twins/README", "/twins/readme"));
    String batch = api.init(names.size());
    for (String name : names) {
      api.add(batch, name, name.getBytes(UTF_8));
    }
    TreeSet<String> listed = new TreeSet<>();
    api.status(batch, "").field("files").forEach(f -> listed.add(f.get("logical_path").asText()));
    assertEquals(new TreeSet<>(names), listed);
    for (String name : names) {
      Path object = server.bag(batch).resolve("data" + name);
      assertArrayEquals(name.getBytes(UTF_8), Files.readAllBytes(object), name);
    }
    api.finalizeBatch(batch).expect(200);
    assertEquals(List.of(), BagCheck.problems(server.bag(batch)));
    TreeSet<String> inBag = new TreeSet<>();
    BagCheck.payload(server.bag(batch)).keySet().forEach(n -> inBag.add(n.substring(4)));
    assertEquals(new TreeSet<>(names), inBag);
  }

  @Test
  void twinsAreTwoFilesEachWithItsOwnBytes() throws IOException {
    String batch = api.init(2);
    String nfc = Normalizer.normalize("/é", Normalizer.Form.NFC);
    String nfd = Normalizer.normalize("/é", Normalizer.Form.NFD);
    String nfcUrl = api.start(batch, nfc, 3).expect(200).text("presigned_url");
    String nfdUrl = api.start(batch, nfd, 3).expect(200).text("presigned_url");
    api.put(nfdUrl, "nfd".getBytes(UTF_8)).expect(200);
    api.put(nfcUrl, "nfc".getBytes(UTF_8)).expect(200);
    api.complete(batch, nfc).expect(200);
    api.complete(batch, nfd).expect(200);
    assertEquals("nfc", Files.readString(server.bag(batch).resolve("data" + nfc)));
    assertEquals("nfd", Files.readString(server.bag(batch).resolve("data" + nfd)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a",
        "a/b",
        "//",
        "/",
        "//a",
        "/a//b",
        "/a/",
        "/.",
        "/..",
        "/./a",
        "/../a",
        "/a/..",
        "/a/../b",
        "/a/./b",
        "/a/..//b",
        "\\a",
        "..",
        "../a",
        "/\u0000",
        "/a\u0000b",
        "/a\nb",
        "/a\rb",
        "/a\tb",
        "/\u001b[31m",
        "/\u007f",
        "/\u0085",
        "/\u009b",
        "C:/x"
      })
  void pathThatTraversesOrHasControlCharactersIsRefused(String path) {
    String batch = api.init(1);
    api.start(batch, path, 1, "file_name", path.substring(path.lastIndexOf('/') + 1))
        .expect(400, "INVALID_REQUEST");
    assertTrue(
        List.of("INVALID_REQUEST", "FILE_NOT_FOUND")
            .contains(api.complete(batch, path).text("code")));
    assertEquals(1, api.versionOf(batch));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"\\ud800", "a\\udc00", "\\udc00\\ud800", "a\\ud800b", "\\ud83d", "\\ude00"})
  void loneSurrogatesAreRefusedEverywhere(String text) {
    String batch = api.init(1);
    String call = "/api/batches/" + batch + "/files/";
    api.postText(call + "start", "{\"logical_path\":\"/" + text + "\",\"file_size\":1}")
        .expect(400, "INVALID_REQUEST");
    api.postText(
            call + "start",
            "{\"logical_path\":\"/a\",\"file_size\":1,\"content_type\":\"" + text + "\"}")
        .expect(400, "INVALID_REQUEST");
    api.postText(call + "complete", "{\"r2_key\":\"staging/" + batch + "/" + text + "\"}")
        .expect(400, "INVALID_REQUEST");
    for (String field :
        List.of(
            "\"uploader\":\"" + text + "\",\"metadata\":{}",
            "\"uploader\":\"u\",\"metadata\":{\"a\":\"" + text + "\"}",
            "\"uploader\":\"u\",\"metadata\":{\"" + text + "\":1}",
            "\"uploader\":\"u\",\"custom_prompts\":{\"a\":[\"" + text + "\"]}")) {
      api.postText(
              "/api/batches/init",
              "{\"root_path\":\"/\",\"file_count\":1,\"total_size\":1," + field + "}")
          .expect(400, "INVALID_REQUEST");
    }
  }

  @Test
  void escapedSurrogatePairIsTheCharacterItself() {
    String batch = api.init(1);
    api.postText(
            "/api/batches/" + batch + "/files/start",
            "{\"logical_path\":\"/\\ud83d\\ude00\",\"file_size\":1}")
        .expect(200);
    assertEquals("/😀", api.status(batch, "").field("files").get(0).get("logical_path").asText());
  }

  @Test
  void namesTooLongForTheFileSystemAreRefusedBeforeTheyAreRegistered() {
    String batch = api.init(1);
    for (String path :
        List.of(
            "/" + "n".repeat(256),
            "/" + "n".repeat(256) + "/a",
            "/a/" + "ä".repeat(128),
            "/" + "😀".repeat(64),
            "/" + "n".repeat(5000),
            "/d".repeat(2048),
            "/d".repeat(2100))) {
      String error = api.start(batch, path, 1).expect(400, "INVALID_REQUEST").text("error");
      assertTrue(error.contains("longer than"), error);
      assertFalse(error.contains(root.toString()), error);
    }
    assertEquals(1, api.versionOf(batch));
  }

  @Test
  void longestPathThatIsTakenCanAlsoBeStored() throws IOException {
    int base = (server.bag("0".repeat(26)) + "/data").length();
    String path = "";
    while (base + path.length() + 200 < 4095) {
      path += "/" + "d".repeat(199);
    }
    path += "/" + "f".repeat(4095 - base - path.length() - 1);
    String batch = api.init(1);
    api.start(batch, path + "f", 1).expect(400, "INVALID_REQUEST");
    api.add(batch, path, new byte[1]);
    api.finalizeBatch(batch).expect(200);
  }

  @Test
  void fileAndDirectoryOfOneNameAreAConflictBothWays() {
    String batch = api.init(2);
    api.start(batch, "/a", 1).expect(200);
    api.start(batch, "/a/b", 1).expect(409, "CONFLICT");
    api.start(batch, "/a/b/c/d", 1).expect(409, "CONFLICT");
    api.start(batch, "/x/y/z", 1).expect(200);
    api.start(batch, "/x", 1).expect(409, "CONFLICT");
    api.start(batch, "/x/y", 1).expect(409, "CONFLICT");
    for (String neighbour : List.of("/a.b", "/a-", "/a0", "/x.", "/x/y.z", "/x/y0", "/ab/c")) {
      api.start(batch, neighbour, 1).expect(200);
    }
    assertEquals(10, api.versionOf(batch));
  }

  @Test
  void fileAndDirectoryThatRaceLeaveOnlyOne() throws Exception {
    for (int round = 0; round < 10; round++) {
      String batch = api.init(1);
      List<Integer> answers =
          AllAtOnce.run(2, i -> api.start(batch, i == 0 ? "/a" : "/a/b", 1).status());
      assertEquals(List.of(200, 409), answers.stream().sorted().toList());
    }
  }

  @Test
  void traversalInTheKeyOrTheTargetReachesNothing() throws IOException {
    String victim = api.init(1);
    api.add(victim, "/secret", new byte[1]);
    String batch = api.init(1);
    for (String key :
        List.of(
            "staging/" + batch + "/../" + victim + "/secret",
            "staging/" + victim + "/secret",
            "staging/" + batch + "/%2e%2e/" + victim + "/secret",
            "staging/" + batch + "/..\\" + victim + "\\secret",
            "/etc/passwd",
            "staging/" + batch,
            "staging/" + batch + "x/a",
            "../staging/" + batch + "/a")) {
      String code =
          api.post("/api/batches/" + batch + "/files/complete", java.util.Map.of("r2_key", key))
              .text("code");
      assertTrue(List.of("FILE_NOT_FOUND", "INVALID_REQUEST").contains(code), key + " " + code);
    }
    api.add(batch, "/%2e%2e/%2e%2e/up", new byte[1]);
    api.add(batch, "/..\\..\\" + victim, new byte[1]);
    try (Stream<Path> beside = Files.list(outer)) {
      assertEquals(List.of(root), beside.toList());
    }
    try (Stream<Path> bag = Files.list(server.bag(victim))) {
      assertEquals(List.of(server.bag(victim).resolve("data")), bag.toList());
    }
  }

  @Test
  void pathAloneDecidesWhereAFileGoes() {
    String batch = api.init(1);
    for (String name : List.of("c", "", "a/b", "../up", "b")) {
      String key = api.start(batch, "/a/b", 1, "file_name", name).expect(200).text("r2_key");
      assertTrue(key.endsWith("/a/b"), key);
    }
  }
}
