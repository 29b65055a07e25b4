package dev.archive.cli;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardWatchEventKinds.ENTRY_CREATE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_MODIFY;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
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
    long before = wholeArchives();
    try (WatchService changes = cache.getFileSystem().newWatchService()) {
      cache.register(changes, ENTRY_CREATE, ENTRY_MODIFY);
      assertFalse(shares(run("status", "x")));
      while (wholeArchives() == before) {
        WatchKey key = changes.poll(60, TimeUnit.SECONDS);
        assertNotNull(key, "no archive of classes was made");
        key.reset();
      }
    }
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
  void anArchiveThatIsBeingMadeIsNotUsed() throws Exception {
    runFirst();
    try (Stream<Path> files = Files.list(cache)) {
      for (Path file : files.toList()) {
        Files.write(file, new byte[0]);
      }
    }
    assertFalse(shares(run("status", "x")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/dev/null", "relative", "/proc/nowhere"})
  void withoutAPlaceToKeepItEverythingRunsWithoutOne(String cacheHome) throws Exception {
    assertFalse(shares(run(Map.of("XDG_CACHE_HOME", cacheHome), "status", "x")));
    assertFalse(shares(run(Map.of("HOME", cacheHome), "status", "x")));
    assertFalse(shares(run(Map.of(), "status", "x")));
  }

  @Test
  void aPathWithAColonIsNoClassPath() throws Exception {
    Path odd = Files.createDirectory(directory.resolve("a:b")).resolve("archive");
    Files.copy(program, odd);
    program = odd;
    List<String> words = run(Map.of(), "status");
    assertEquals(
        List.of("-jar", odd.toString(), "status"), words.subList(words.size() - 3, words.size()));
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
}
