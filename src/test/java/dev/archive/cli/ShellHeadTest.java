package dev.archive.cli;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardWatchEventKinds.ENTRY_CREATE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_DELETE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_MODIFY;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The shell head of the program, with a Java that only says how it was called. */
class ShellHeadTest {
  private static final String JAVA =
      """
      #!/bin/sh
      for word in "$@"; do
        case $word in -XX:ArchiveClassesAtExit=*) %s; exit ;; esac
      done
      printf '%%s\\n' "$@"
      exit 7
      """;
  private static final String SHARING = "-XX:SharedArchiveFile=";

  @TempDir Path directory;
  private Path program;
  private Path cache;

  @BeforeEach
  void install() throws IOException {
    program = directory.resolve("a program");
    Files.copy(Path.of("src/main/sh/archive.sh"), program);
    cache = directory.resolve("cache/archive");
    java("echo classes >\"${word#*=}\"");
  }

  /** Installs a Java that does so when it is to archive classes. */
  private void java(String archiving) throws IOException {
    Path java = Files.createDirectories(directory.resolve("java/bin")).resolve("java");
    Files.writeString(java, JAVA.formatted(archiving));
    Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /** What Java was called with, after the program ended as Java did. */
  private List<String> run(Map<String, String> environment, String... args) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
            Stream.concat(Stream.of("/bin/sh", program.toString()), Stream.of(args)).toList());
    builder.environment().clear();
    builder.environment().put("JAVA_HOME", directory.resolve("java").toString());
    builder.environment().putAll(environment);
    Process process = builder.redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(7, process.waitFor(), output);
    return output.lines().toList();
  }

  private List<String> run(String... args) throws Exception {
    return run(Map.of("XDG_CACHE_HOME", directory.resolve("cache").toString()), args);
  }

  private static boolean shares(List<String> words) {
    return words.stream().anyMatch(word -> word.startsWith(SHARING));
  }

  /** Runs it, and waits for the archive that it makes in the background. */
  private void runFirst() throws Exception {
    Files.createDirectories(cache);
    try (WatchService changes = cache.getFileSystem().newWatchService()) {
      cache.register(changes, ENTRY_CREATE, ENTRY_MODIFY, ENTRY_DELETE);
      long before = wholeArchives();
      assertFalse(shares(run("status", "x")));
      while (wholeArchives() == before || !markers().isEmpty()) {
        WatchKey key = changes.poll(60, TimeUnit.SECONDS);
        assertNotNull(key, "no archive of classes was made");
        key.reset();
      }
    }
  }

  private List<Path> markers() throws IOException {
    return cached("classes-*.making");
  }

  private Path archive() throws IOException {
    List<Path> archives = cached("classes-*.jsa");
    assertEquals(1, archives.size(), archives.toString());
    return archives.get(0);
  }

  private List<Path> cached(String names) throws IOException {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(cache, names)) {
      files.forEach(found::add);
    }
    return found;
  }

  private long wholeArchives() throws IOException {
    try (Stream<Path> files = Files.list(cache)) {
      return files
          .filter(each -> each.toString().endsWith(".jsa") && each.toFile().length() > 0)
          .count();
    }
  }

  @Test
  void theFirstRunLeavesAnArchiveOfClassesThatLaterRunsUse() throws Exception {
    runFirst();
    List<String> words = run("status", "x y");
    assertTrue(shares(words), words.toString());
    assertEquals(
        List.of("dev.archive.cli.Main", "status", "x y"),
        words.subList(words.size() - 3, words.size()));
  }

  @Test
  void aChangedProgramGetsAnArchiveOfItsOwn() throws Exception {
    runFirst();
    Files.writeString(program, "\n", APPEND);
    runFirst();
    assertEquals(2, wholeArchives());
    assertTrue(shares(run("status", "x")));
  }

  @Test
  void anArchiveThatIsBeingMadeIsMadeByOneRunOnly() throws Exception {
    runFirst();
    Path archive = archive();
    String key = archive.getFileName().toString().replaceFirst("(classes-[0-9]+)-.*", "$1");
    Files.delete(archive);
    Files.createFile(cache.resolve(key + ".making"));
    assertFalse(shares(run("status", "x")));
    assertEquals(1, markers().size());
    assertEquals(List.of(), cached("*.jsa"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "c", "Classes\n", "classes\nand more\n"})
  void aDamagedArchiveIsNotMappedAndMadeAgain(String content) throws Exception {
    runFirst();
    Path archive = archive();
    Files.writeString(archive, content);
    try (WatchService changes = cache.getFileSystem().newWatchService()) {
      cache.register(changes, ENTRY_CREATE, ENTRY_DELETE);
      assertFalse(shares(run("status", "x")));
      while (!Files.exists(archive)
          || !markers().isEmpty()
          || !Files.readString(archive).equals("classes\n")) {
        WatchKey key = changes.poll(60, TimeUnit.SECONDS);
        assertNotNull(key, "no archive of classes was made again");
        key.reset();
      }
    }
    assertTrue(shares(run("status", "x")));
  }

  @Test
  void aCrashWithAnArchiveOfClassesHappensOnce() throws Exception {
    runFirst();
    Path archive = archive();
    List<String> words = run("status", "x");
    String report =
        words.stream().filter(word -> word.startsWith("-XX:ErrorFile=")).findFirst().orElseThrow();
    Path crash = Path.of(report.substring(report.indexOf('=') + 1));
    Files.writeString(crash, "# A fatal error has been detected");
    Files.setLastModifiedTime(archive, FileTime.fromMillis(0));
    assertFalse(shares(run("status", "x")));
    assertFalse(Files.exists(archive));
    // Not made again at once, or a Java that crashes with each would crash every other time.
    assertEquals(1, markers().size());
    assertFalse(shares(run("status", "x")));
    assertTrue(Files.exists(crash), "the report is for people");
  }

  @Test
  void onlyArchivesOfOursAreEverDeleted() throws Exception {
    Files.createDirectories(cache);
    List<String> strangers =
        List.of("holiday.jsa", "1.jsa", "classes-1-2-3.jsa.bak", "classes-1-x-3.jsa", "a\nb", "z");
    for (String name : strangers) {
      Files.writeString(cache.resolve(name), name);
      Files.setLastModifiedTime(cache.resolve(name), FileTime.fromMillis(0));
    }
    Files.createDirectory(cache.resolve("classes-5-5-5.jsa"));
    for (int i = 0; i < 6; i++) {
      Path old = cache.resolve("classes-" + i + "-1-1.jsa");
      Files.writeString(old, "old");
      Files.setLastModifiedTime(old, FileTime.fromMillis(1000 * i + 1000));
    }
    runFirst();
    for (String name : strangers) {
      assertTrue(Files.exists(cache.resolve(name)), name);
    }
    assertTrue(Files.isDirectory(cache.resolve("classes-5-5-5.jsa")));
    for (int i = 0; i < 6; i++) {
      assertEquals(i >= 3, Files.exists(cache.resolve("classes-" + i + "-1-1.jsa")), "of " + i);
    }
  }

  @Test
  void aCacheThatOthersCanWriteIsNotUsed() throws Exception {
    Files.createDirectories(cache);
    Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwxrwxr-x"));
    assertFalse(shares(run("status", "x")));
    assertEquals(List.of(), cached("*"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/dev/null", "relative", "/proc/nowhere"})
  void withoutAPlaceToKeepItEverythingRunsWithoutOne(String cacheHome) throws Exception {
    assertFalse(shares(run(Map.of("XDG_CACHE_HOME", cacheHome), "status", "x")));
    assertFalse(shares(run(Map.of("HOME", cacheHome), "status", "x")));
    assertFalse(shares(run(Map.of(), "status", "x")));
  }

  /** As the Debian package has it, by scripts/deb.sh. */
  @Test
  void aRuntimeOfThePackageComesBeforeAnyOtherJava() throws Exception {
    Path bin = Files.createDirectories(directory.resolve("own runtime/bin"));
    Files.move(directory.resolve("java/bin/java"), bin.resolve("java"));
    Path other = Files.createDirectories(directory.resolve("java/bin")).resolve("java");
    Files.writeString(other, "#!/bin/sh\necho the wrong Java; exit 9\n");
    Files.setPosixFilePermissions(other, PosixFilePermissions.fromString("rwxr-xr-x"));
    String head = Files.readString(program);
    String named = head.replace("\nruntime=\n", "\nruntime='" + bin.getParent() + "'\n");
    assertFalse(named.equals(head), "the head has no line for a runtime");
    Files.writeString(program, named);
    assertTrue(run("--version").contains("--version"));
  }

  @Test
  void aPathWithAColonIsNoClassPath() throws Exception {
    Path odd = Files.createDirectory(directory.resolve("a:b")).resolve("archive");
    Files.copy(program, odd);
    program = odd;
    List<String> words = run(Map.of(), "status");
    assertEquals(
        List.of("-cp", "/proc/self/fd/9", "dev.archive.cli.Main", "status"),
        words.subList(words.size() - 4, words.size()));
  }

  @ParameterizedTest
  @CsvSource({"upload,true", "verify,true", "serve,false", "status,false"})
  void whatReadsFilesAndEndsGetsTheSecondCompilerForDigests(String command, boolean digests)
      throws Exception {
    List<String> words = run(Map.of(), "--stacktrace", command);
    assertEquals(
        digests,
        words.stream().anyMatch(word -> word.contains("sun.security.provider.SHA2")),
        words.toString());
  }

  @ParameterizedTest
  @CsvSource({"serve,false", "status,true", "--version,true"})
  void whatEndsAtOnceHasTheFirstCompilerOnly(String command, boolean first) throws Exception {
    List<String> words = run(Map.of(), "--stacktrace", command);
    assertEquals(first, words.contains("-XX:TieredStopAtLevel=1"), words.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "LC_ALL=de_DE.UTF-8 LANG=none LC_TIME=none,LANG=de_DE.UTF-8",
    "LC_ALL=C,LANG=C.UTF-8",
    "LC_CTYPE=de_DE.UTF-8 LC_MESSAGES=de_DE.UTF-8,LC_CTYPE=de_DE.UTF-8",
    "LANG=de_DE.UTF-8,LANG=de_DE.UTF-8",
    "LC_NUMERIC=de_DE,LANG=C.UTF-8"
  })
  void javaHearsTheSystemInEnglishAndInTheEncodingThatIsSet(String set, String kept)
      throws Exception {
    Files.writeString(directory.resolve("java/bin/java"), "#!/bin/sh\nenv\nexit 7\n");
    Map<String, String> environment = new HashMap<>();
    // Where all of these are installed.
    Path locale = Files.createDirectory(directory.resolve("bin")).resolve("locale");
    Files.writeString(locale, "#!/bin/sh\necho UTF-8\n");
    Files.setPosixFilePermissions(locale, PosixFilePermissions.fromString("rwxr-xr-x"));
    environment.put("PATH", locale.getParent() + ":/usr/bin:/bin");
    for (String each : set.split(" ")) {
      environment.put(each.split("=")[0], each.split("=")[1]);
    }
    assertEquals(
        Set.of("LC_MESSAGES=C", kept),
        run(environment, "status", "x").stream()
            .filter(each -> each.startsWith("LC_") || each.startsWith("LANG="))
            .collect(Collectors.toSet()));
  }
}
