package dev.archive.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * Breaks one promise at a time in the code, and demands that the test which is to notice it fails,
 * and says why. {@code scripts/mutants.sh} starts it.
 */
final class Mutants {
  private static final Pattern FAILURE =
      Pattern.compile("JUnit Jupiter:(.*)\\n(?:.*MethodSource.*\\n)?\\s+=> (.*)");

  private final Path work;
  private final List<String> java;
  private final String classPath;

  /** The tests that pass as long as nothing is changed. */
  private final Set<String> green = new HashSet<>();

  private Mutants(Path work, String console) {
    this.work = work;
    this.classPath = System.getProperty("java.class.path");
    this.java =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx1g",
            "--enable-native-access=ALL-UNNAMED",
            "-Djdk.httpclient.keepalive.timeout=20",
            "-Darchive.seeds=1",
            "-Djava.io.tmpdir=" + work,
            "-D" + ChildJvm.CHANGED + "=" + work.resolve("classes"),
            "-cp",
            work.resolve("classes") + ":" + classPath + ":" + console,
            "org.junit.platform.console.ConsoleLauncher",
            "execute",
            "--disable-banner",
            "--disable-ansi-colors",
            "--fail-if-no-tests",
            "--details=none");
  }

  /**
   * A change.
   *
   * @param file that is changed
   * @param test that is to notice: a class, or a method after {@code #}
   * @param says what its words must match
   * @param edits old text and new text by turns; each old one is there exactly once
   */
  private record Mutant(String name, Path file, String test, String says, List<String> edits) {
    String source() throws IOException {
      String source = Files.readString(file);
      for (int i = 0; i < edits.size(); i += 2) {
        int at = source.indexOf(edits.get(i));
        if (at < 0 || source.indexOf(edits.get(i), at + 1) >= 0) {
          throw new IllegalStateException(
              "is out of date: not once in " + file + ": " + edits.get(i).strip());
        }
        source = source.replace(edits.get(i), edits.get(i + 1));
      }
      return source;
    }
  }

  /**
   * Reads changes: lines of {@code mutant:}, {@code file:}, {@code test:} and {@code says:}, then
   * the old text, a line {@code =>}, and the new one; {@code &&} parts several edits.
   */
  private static List<Mutant> read(Path file) throws IOException {
    List<Mutant> mutants = new ArrayList<>();
    for (String text : Files.readString(file).split("(?m)^mutant: ", -1)) {
      String[] lines = text.split("\n", 5);
      if (lines.length < 5 || !lines[1].startsWith("file: ")) {
        continue;
      }
      List<String> edits = new ArrayList<>();
      for (String edit : lines[4].stripTrailing().split("\n&&\n", -1)) {
        String[] sides = (edit + "\n").split("=>\n", 2);
        edits.add(sides[0].substring(0, Math.max(0, sides[0].length() - 1)));
        edits.add(sides[1].substring(0, Math.max(0, sides[1].length() - 1)));
      }
      mutants.add(
          new Mutant(
              lines[0],
              Path.of("src/main/java/dev/archive").resolve(lines[1].substring("file: ".length())),
              lines[2].substring("test: ".length()),
              lines[3].substring("says: ".length()),
              edits));
    }
    return mutants;
  }

  /**
   * Checks that all changes can still be made.
   *
   * @return how many there are
   * @throws IllegalStateException where the old text of one is not in the code any more
   */
  static int requireCurrent(Path file) throws IOException {
    List<Mutant> mutants = read(file);
    for (Mutant mutant : mutants) {
      var unused = mutant.source();
    }
    return mutants.size();
  }

  /** Arguments: the file of changes, a directory to work in, the JUnit console, a pattern. */
  public static void main(String[] args) throws Exception {
    Mutants mutants = new Mutants(Path.of(args[1]), args[2]);
    int unnoticed = 0;
    int all = 0;
    System.out.println("| change | noticed by | which says |\n|---|---|---|");
    for (Mutant mutant : read(Path.of(args[0]))) {
      if (!Pattern.compile(args[3]).matcher(mutant.name + " " + mutant.test).find()) {
        continue;
      }
      all++;
      String row;
      try {
        row = mutants.notice(mutant);
      } catch (IllegalStateException e) {
        unnoticed++;
        row = "**nobody** | " + e.getMessage().replace('\n', ' ').replace("|", "\\|");
      }
      System.out.println("| " + mutant.name + " | " + row + " |");
    }
    System.out.printf(Locale.ROOT, "%n%d changes, %d not noticed%n", all, unnoticed);
    System.exit(unnoticed > 0 || all == 0 ? 1 : 0);
  }

  private String notice(Mutant mutant) throws IOException, InterruptedException {
    if (green.add(mutant.test)) {
      clear();
      if (run(mutant.test) != 0) {
        green.remove(mutant.test);
        throw new IllegalStateException(mutant.test + " fails without any change");
      }
    }
    compile(mutant);
    int exit = run(mutant.test);
    String told = Files.readString(work.resolve("out"), StandardCharsets.ISO_8859_1);
    if (exit == 0) {
      throw new IllegalStateException(mutant.test + " did not notice");
    }
    StringBuilder said = new StringBuilder();
    for (Matcher failure = FAILURE.matcher(told); failure.find(); ) {
      said.append(failure.group()).append('\n');
      String message = rest(told, failure.start(2));
      if (Pattern.compile(mutant.says).matcher(message).find()) {
        return failure.group(1)
            + " | "
            + message.lines().limit(1).findAny().orElse("").replace("|", "\\|");
      }
    }
    throw new IllegalStateException(
        mutant.test
            + " failed without saying "
            + mutant.says
            + ": "
            + (said.isEmpty() ? told : said));
  }

  private int run(String test) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(java);
    command.add(test.contains("#") ? "--select-method" : "--select-class");
    command.add("dev.archive." + test);
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(work.resolve("out").toFile())
        .start()
        .waitFor();
  }

  private static String rest(String told, int from) {
    int end = told.indexOf("\n       ", from);
    return told.substring(from, end < 0 ? told.length() : end);
  }

  private Path clear() throws IOException {
    Path classes = work.resolve("classes");
    if (Files.exists(classes)) {
      Trees.delete(classes);
    }
    return Files.createDirectories(classes);
  }

  private void compile(Mutant mutant) throws IOException {
    Path classes = clear();
    Path source = classes.resolve(mutant.file.getFileName().toString());
    Files.writeString(source, mutant.source());
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    java.io.StringWriter errors = new java.io.StringWriter();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      List<String> options =
          List.of("-nowarn", "-proc:none", "-d", classes.toString(), "-cp", classPath);
      if (!compiler
          .getTask(errors, files, null, options, null, files.getJavaFileObjects(source))
          .call()) {
        throw new IllegalStateException("does not compile: " + errors);
      }
    }
  }
}
