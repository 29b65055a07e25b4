package dev.archive.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.cli.process.Setting;
import dev.archive.cli.process.Settings;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Values that no command line gives: which wins, and what is refused. */
class SettingsTest {
  @TempDir Path directory;
  private Path system;
  private Path user;
  private Path working;
  private Path tree;
  private final Map<String, String> environment = new HashMap<>();

  @BeforeEach
  void prepare() throws IOException {
    system = directory.resolve("system.toml");
    user = Files.createDirectories(directory.resolve("config/archive")).resolve("config.toml");
    working = Files.createDirectories(directory.resolve("working"));
    tree = Trees.small(directory.resolve("tree"), 1, 1);
    environment.put("HOME", directory.resolve("home").toString());
    environment.put("XDG_CONFIG_HOME", directory.resolve("config").toString());
    environment.put("XDG_STATE_HOME", directory.resolve("state").toString());
    environment.put("ARCHIVE_HOME", directory.resolve("archive").toString());
  }

  private Settings settings() {
    return new Settings(environment, new Settings.Places(system, null, working));
  }

  private CommandRun run(String... args) {
    return CommandRun.of(settings(), args);
  }

  private static void assertFound(String value, String source, Settings settings) {
    Settings.Found found = settings.find(Setting.UPLOADER);
    assertEquals(value, found.value());
    assertTrue(found.source().contains(source), found.source());
  }

  @Test
  void whatIsNearerToTheCommandLineWins() throws IOException {
    environment.put("ARKE_UPLOADER", "old variable");
    Files.writeString(working.resolve(".arke-upload.json"), "{\"uploader\":\"old file\"}");
    assertFound("old variable", "ARKE_UPLOADER", settings());
    environment.remove("ARKE_UPLOADER");
    assertFound("old file", ".arke-upload.json", settings());
    Files.writeString(system, "uploader = 'system'\n[profile.nara]\nuploader = 'system nara'");
    assertFound("system", "system.toml", settings());
    Files.writeString(user, "uploader = 'user'");
    assertFound("user", "config.toml", settings());
    assertFound("system nara", "profile nara", settings().with("--profile", "nara"));
    Files.writeString(user, "uploader = 'user'\n[profile.nara]\nuploader = 'user nara'");
    assertFound("user nara", "config.toml", settings().with("list", "--profile=nara"));
    environment.put("ARCHIVE_UPLOADER", "variable");
    assertFound("variable", "ARCHIVE_UPLOADER", settings().with("--profile", "nara"));
    CommandRun run = run("upload", "--json", "--uploader", "flag", tree.toString());
    assertEquals(0, run.exit(), run.err());
    assertTrue(
        run("status", run.receiptField("batch_id")).out().contains("uploader  flag"), run.out());
  }

  @Test
  void optionWinsEvenWithTheDefaultsValue() throws IOException {
    Files.writeString(user, "root_path = '/from/file'");
    CommandRun byFile = run("upload", "--json", tree.toString());
    CommandRun byOption = run("upload", "--json", "--root-path", "/", tree.toString());
    assertTrue(
        run("status", byFile.receiptField("batch_id")).out().matches("(?s).*root +/from/file\n.*"));
    assertTrue(run("status", byOption.receiptField("batch_id")).out().matches("(?s).*root +/\n.*"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "paralel = 3 | did you mean parallel?",
        "'root-path' = '/a' | did you mean root_path?",
        "[profile.nara]\\nuplaoder = 'x' | did you mean uploader? in profile \"nara\"",
        "parallel = 0 | parallel must be a number from 1 to 256, not \"0\"",
        "parallel = '5' | parallel must be a number",
        "require_server = 'yes' | require_server must be true or false",
        "state_dir = 'relative' | state_dir must be a path",
        "server = '' | server is empty",
        "token = 'x' | secrets do not belong in this file",
        "profile = 'nara' | profile must be tables",
        "uploader = | not valid TOML in line 1",
        "a = 1\\na = 2 | not valid TOML",
      })
  void mistakeIsNamedAndNothingIsDone(String toml, String said) throws IOException {
    Files.writeString(user, toml.replace("\\n", "\n"));
    CommandRun run = run("upload", tree.toString());
    assertEquals(2, run.exit(), run.err());
    assertTrue(run.err().contains(said), run.err());
    assertEquals(1, run.errLines().size(), run.err());
    assertTrue(Files.notExists(directory.resolve("archive")));
    CommandRun check = run("config", "check");
    assertEquals(2, check.exit(), check.err());
    assertTrue(check.err().contains(said), check.err());
    assertEquals(0, run("upload", "--help").exit());
  }

  @Test
  void fileThatCannotBeTrustedOrReadIsRefused() throws IOException {
    Files.write(user, "uploader = 'Jos\u00e9'".getBytes(StandardCharsets.ISO_8859_1));
    assertRefused("is not UTF-8");
    Files.writeString(user, "uploader = 'a'");
    Files.setPosixFilePermissions(user, PosixFilePermissions.fromString("rw-rw-rw-"));
    assertRefused("every user can write to it");
    Files.delete(user);
    Files.createDirectory(user);
    assertRefused("cannot be read");
    Files.delete(user);
    Files.write(user, new byte[(1 << 20) + 1]);
    assertRefused("has more than");
    Files.writeString(user, "a" + "=[".repeat(100_000));
    assertRefused("not valid TOML");
  }

  private void assertRefused(String said, String... options) {
    String[] line = new String[options.length + 1];
    System.arraycopy(options, 0, line, 1, options.length);
    line[0] = "list";
    CommandRun run = run(line);
    assertEquals(2, run.exit(), run.err());
    assertTrue(run.err().contains(said), run.err());
  }

  @Test
  void fileAndProfileThatAreNamedMustExist() throws IOException {
    assertRefused("there is no such file", "--config", directory.resolve("none").toString());
    assertRefused("no settings file has a profile \"nara\"; none has any", "--profile", "nara");
    Files.writeString(user, "[profile.nara]\nparallel = 3");
    assertRefused("did you mean nara?", "--profile=nora");
    assertEquals(0, run("--profile", "nara", "receipts").exit());
    assertEquals("3", settings().with("--profile", "nara").find(Setting.PARALLEL).value());
  }

  @Test
  void theEmbeddedArchiveIsNotUsedByMistake() throws IOException {
    Files.writeString(user, "require_server = true");
    for (String[] line : List.of(new String[] {"upload", tree.toString()}, new String[] {"list"})) {
      CommandRun run = run(line);
      assertEquals(2, run.exit(), run.err());
      assertTrue(run.err().contains("require_server is true"), run.err());
    }
    assertTrue(Files.notExists(directory.resolve("archive")));
    assertEquals(0, run("upload", "--server", "embedded", tree.toString()).exit());
    environment.put("ARCHIVE_REQUIRE_SERVER", "false");
    assertEquals(0, run("list").exit());
    environment.put("ARCHIVE_REQUIRE_SERVER", "no");
    assertRefused("must be true or false");
  }

  @Test
  void showHidesNoAddressOfAPerson() throws IOException {
    Files.writeString(user, "uploader = 'jane@archive.example'\nroot_path = '/a@b/c'");
    CommandRun show = run("config", "show");
    assertTrue(show.out().contains(" jane@archive.example "), show.out());
    assertTrue(show.out().contains(" /a@b/c "), show.out());
  }

  @Test
  void showTellsEachValueAndItsSourceAndNoPassword() throws IOException {
    Files.writeString(user, "parallel = 7\nserver = 'https://me:hidden@archive.example'");
    CommandRun show = run("config", "show");
    assertEquals(0, show.exit(), show.err());
    assertTrue(show.out().contains("https://***@archive.example"), show.out());
    assertFalse(show.out().contains("hidden"), show.out());
    assertTrue(show.out().matches("(?s).*parallel +7 +" + user + "\n.*"), show.out());
    assertTrue(show.out().matches("(?s).*parallel_parts +3 +default\n.*"), show.out());
    CommandRun json = run("config", "show", "--json");
    assertEquals(Setting.values().length, json.outLines().size());
    CommandRun check = run("config", "check");
    assertEquals(user + ": 2 settings\n", check.out());
  }

  @Test
  void whatWasSetForTheExistingClientIsReadAndSaid() throws IOException {
    Files.writeString(
        working.resolve(".arke-upload.json"),
        "{\"rootPath\":\"/old\",\"parallel\":2,\"metadata\":{\"a\":1},\"processing\":{\"ocr\":true}}");
    environment.put("ARKE_UPLOADER", "old");
    environment.put("ARKE_TIFF_MODE", "both");
    CommandRun run =
        run("upload", "--json", "--resume", "--worker-url", "embedded", tree.toString());
    assertEquals(0, run.exit(), run.err());
    String line = run.errLines().get(0);
    assertTrue(line.startsWith("archive: settings of the existing client are read: "), line);
    for (String each : List.of("uploader from ARKE_UPLOADER", "root_path from ", "metadata from")) {
      assertTrue(line.contains(each), line);
    }
    assertTrue(line.endsWith("; ignored, see the manual: ARKE_TIFF_MODE, processing"), line);
    assertTrue(run.err().contains("--worker-url is --server, --resume is always so"), run.err());
    CommandRun status = run("status", run.receiptField("batch_id"), "--server", "embedded");
    assertTrue(status.out().contains("/old"), status.out());
    Files.writeString(working.resolve(".arke-upload.json"), "{oops");
    assertRefused("is not a JSON object");
  }

  @ParameterizedTest
  @CsvSource({
    "--convert-tiff, both, archived as they are",
    "--parent-pi, 00000000000000000000000001, not supported"
  })
  void whatTheExistingClientDoesAndThisDoesNotIsRefused(String option, String value, String said) {
    CommandRun run = run("upload", option, value, tree.toString());
    assertEquals(2, run.exit(), run.err());
    assertTrue(run.err().contains(said), run.err());
  }

  @Test
  void strangersDoNotSayWhereFilesAreSent() throws IOException {
    Path planted = working.resolve(".arke-upload.json");
    Files.writeString(planted, "{\"workerUrl\":\"http://127.0.0.1:9\"}");
    CommandRun run = run("upload", working.toString());
    assertEquals(2, run.exit(), run.err());
    assertTrue(run.err().contains("which lies in what is to be archived"), run.err());
    assertEquals(0, run("upload", "--server", "embedded", working.toString()).exit());
    Files.setPosixFilePermissions(planted, PosixFilePermissions.fromString("rw-rw-rw-"));
    assertNull(settings().find(Setting.SERVER));
    assertTrue(run("list").err().contains("(others can write to it)"));
  }
}
