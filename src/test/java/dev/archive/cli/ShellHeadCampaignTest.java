package dev.archive.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The shell head of the program on each shell that may be {@code /bin/sh}. */
@ParameterizedClass
@ValueSource(strings = {"dash", "bash", "bash --posix", "busybox sh"})
class ShellHeadCampaignTest {
  /** Says its version as a JVM does, and otherwise how it was called. */
  private static final String JAVA =
      """
      #!/bin/sh
      if [ "$1" = -version ]; then
        echo 'openjdk version "%s" 2026-01-20' >&2
        echo 'OpenJDK Runtime Environment (build %1$s)' >&2
        exit 0
      fi
      echo 'java %1$s'
      env | grep -E '^(LC_|LANG=)'
      printf '%%s\\n' "$@"
      exit 7
      """;

  private static final String LOCALE =
      """
      #!/bin/sh
      case "${LC_ALL:-${LC_CTYPE:-${LANG:-}}}" in
        C.UTF-8 | de_DE.UTF-8) echo UTF-8 ;;
        *) echo 'locale: Cannot set LC_CTYPE to default locale' >&2 && echo ANSI_X3.4-1968 ;;
      esac
      """;

  private final List<String> shell;
  @TempDir Path directory;
  private Path program;

  ShellHeadCampaignTest(String shell) {
    this.shell = Arrays.asList(shell.split(" "));
  }

  /** How the program ended, and all that it printed. */
  private record Ended(int exit, String output) {}

  @BeforeEach
  void install() throws IOException {
    assumeTrue(
        Files.isExecutable(Path.of("/bin", shell.get(0)))
            || Files.isExecutable(Path.of("/usr/bin", shell.get(0))),
        shell.get(0) + " is not installed");
    program = Files.copy(Path.of("src/main/sh/archive.sh"), directory.resolve("archive"));
    script("bin/locale", LOCALE);
  }

  private void script(String name, String text) throws IOException {
    Path file = directory.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /** Installs a Java of a version, and gives its home. */
  private String java(String version) throws IOException {
    script(version + "/bin/java", JAVA.formatted(version));
    return directory.resolve(version).toString();
  }

  private Ended run(Map<String, String> environment, String... before) throws Exception {
    List<String> command = new ArrayList<>(List.of(before));
    command.addAll(shell);
    command.addAll(List.of(program.toString(), "status", "x  y"));
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    Map<String, String> all = new HashMap<>(environment);
    all.merge("PATH", directory + "/bin:/usr/bin:/bin", (one, rest) -> one + ":" + rest);
    builder.environment().clear();
    builder.environment().putAll(all);
    Process process = builder.redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ended(process.waitFor(), output);
  }

  @ParameterizedTest
  @ValueSource(strings = {"17", "17.0.15", "25.0.1", "26-ea"})
  void aJavaThatIsTooOldIsPassedOver(String fit) throws Exception {
    String path = java("1.8.0_402") + "/bin:" + java("11.0.22") + "/bin:" + java(fit) + "/bin";
    for (String home : List.of("", java("1.8.0_402"), java("11.0.22"), "/nowhere")) {
      Ended ended = run(Map.of("PATH", path, "JAVA_HOME", home));
      assertEquals(7, ended.exit(), ended.output());
      assertTrue(ended.output().startsWith("java " + fit + "\n"), ended.output());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"17.0.15", "25.0.1"})
  void theJavaOfJavaHomeIsFirst(String fit) throws Exception {
    Ended ended = run(Map.of("PATH", java("21.0.2") + "/bin", "JAVA_HOME", java(fit)));
    assertTrue(ended.output().startsWith("java " + fit + "\n"), ended.output());
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.8.0_402", "11.0.22"})
  void theVersionIsReadWithoutStartingAJava(String old) throws Exception {
    Path home = Path.of(java("x"));
    script("x/bin/java", "#!/bin/sh\necho started\nexit 7\n");
    Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + old + "\"\n");
    Map<String, String> environment =
        Map.of("PATH", java("17.0.1") + "/bin", "JAVA_HOME", home.toString());
    assertTrue(run(environment).output().startsWith("java 17.0.1\n"));
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"17.0.9\"\n");
    assertEquals("started\n", run(environment).output());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"a b", "a:b", "a\nb", " a ", "a%sb", "-n", "a'b\"c", "$(exit)", "*", "ü", "a\\b"})
  void anyNameOfAPathIsFit(String name) throws Exception {
    Path odd = Files.createDirectories(directory.resolve(name));
    program = Files.move(program, odd.resolve("archive"));
    String cache = odd.resolve("cache").toString();
    Map<String, String> environment = Map.of("XDG_CACHE_HOME", cache, "JAVA_HOME", java("17"));
    for (int i = 0; i < 2; i++) {
      Ended ended = run(environment);
      assertEquals(7, ended.exit(), ended.output());
      String main =
          name.contains(":")
              ? "\n-cp\n/proc/self/fd/9\ndev.archive.cli.Main\nstatus\nx  y\n"
              : "\n-cp\n" + program + "\ndev.archive.cli.Main\nstatus\nx  y\n";
      assertTrue(ended.output().endsWith(main), ended.output());
      assertTrue(ended.output().contains("-Darchive.cache=" + cache + "/archive\n"));
      assertFalse(name.contains(":") && ended.output().contains("-XX:SharedArchiveFile"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"a:b", "a\nb", "a:%s b"})
  void aRealJavaRunsItBelowAnyPath(String name) throws Exception {
    Path source = Files.createDirectories(directory.resolve("source/dev/archive/cli"));
    Files.writeString(
        source.resolve("Main.java"),
        "package dev.archive.cli; public class Main { public static void main(String[] args) {"
            + " System.out.println(String.join(\"|\", args)); System.exit(7); } }");
    JavaCompiler javac = ToolProvider.getSystemJavaCompiler();
    assertEquals(0, javac.run(null, null, null, source.resolve("Main.java").toString()));
    Path odd = Files.createDirectories(directory.resolve(name));
    program = Files.move(program, odd.resolve("archive"));
    try (ZipOutputStream jar =
        new ZipOutputStream(Files.newOutputStream(program, StandardOpenOption.APPEND))) {
      jar.putNextEntry(new ZipEntry("dev/archive/cli/Main.class"));
      Files.copy(source.resolve("Main.class"), jar);
    }
    Ended ended = run(Map.of("JAVA_HOME", System.getProperty("java.home")));
    assertEquals(new Ended(7, "status|x  y\n"), ended);
  }

  @ParameterizedTest
  @ValueSource(strings = {"rwxrwxrwx", "rwxrwx---", "rwx----w-"})
  void aSharedCacheIsNotUsed(String permissions) throws Exception {
    Path cache = Files.createDirectories(directory.resolve("cache/archive"));
    Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString(permissions));
    Ended ended =
        run(Map.of("XDG_CACHE_HOME", cache.getParent().toString(), "JAVA_HOME", java("17")));
    assertEquals(7, ended.exit(), ended.output());
    assertFalse(ended.output().contains(cache.toString()), ended.output());
    assertEquals(0, cache.toFile().list().length);
  }

  @ParameterizedTest
  @CsvSource({
    "LANG=en_US.UTF-8,LANG=C.UTF-8",
    "LC_CTYPE=UTF-8,LANG=C.UTF-8",
    "LC_ALL=en_US.utf8,LANG=C.UTF-8",
    "LANG=de_DE.UTF-8,LANG=de_DE.UTF-8",
    "LC_CTYPE=de_DE.UTF-8,LC_CTYPE=de_DE.UTF-8"
  })
  void aLocaleThatIsNotInstalledIsNotUsed(String set, String used) throws Exception {
    String[] parts = set.split("=");
    Ended ended = run(Map.of("JAVA_HOME", java("17"), parts[0], parts[1]));
    List<String> locale =
        ended.output().lines().filter(each -> each.matches("(LC_|LANG=).*")).sorted().toList();
    List<String> expected = new ArrayList<>(List.of("LC_MESSAGES=C", used));
    expected.sort(null);
    assertEquals(expected, locale, ended.output());
  }

  @ParameterizedTest
  @ValueSource(strings = {"gone", "gone and made again"})
  void aWorkingDirectoryThatIsGoneIsSaid(String what) throws Exception {
    String again = what.equals("gone") ? "" : "mkdir ../d; ";
    Ended ended =
        run(
            Map.of("JAVA_HOME", java("17")),
            "/bin/sh",
            "-c",
            "mkdir d; cd d; rmdir ../d; " + again + "exec \"$@\"",
            "sh");
    assertEquals(2, ended.exit(), ended.output());
    assertEquals(
        "archive: the working directory is gone; nothing was done; change to one that exists\n",
        ended.output().lines().filter(each -> each.startsWith("archive")).findFirst().orElse("")
            + "\n");
  }
}
