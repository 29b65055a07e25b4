package dev.archive.testing;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * The program in a JVM of its own, as tests start it some hundred times in a build. Most of these
 * live for a second, most of which a JVM takes to load classes: so its classes are packed into a
 * jar and shared, made once for each state of the classes. Classes in the directory that {@code
 * -Darchive.changed} names are taken instead of those, and nothing is shared then.
 */
public final class ChildJvm {
  /** The system property of the directory of changed classes. */
  static final String CHANGED = "archive.changed";

  private static final String MAIN = "dev.archive.cli.Main";
  private static final List<String> SHORT_LIVED =
      List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Xlog:disable");

  private static List<String> shared;

  private ChildJvm() {}

  /** The java of this JVM. */
  public static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  /**
   * What starts the program; its arguments follow.
   *
   * @param options of the JVM, which win over those that make it start quickly
   */
  public static List<String> program(String... options) {
    return program(System.getProperty(CHANGED), options);
  }

  /** The same, with classes that are taken instead, unless that is null. */
  static List<String> program(String changed, String[] options) {
    List<String> command = new ArrayList<>(List.of(java()));
    command.addAll(SHORT_LIVED);
    List<String> shared = shared();
    if (changed == null) {
      command.addAll(shared);
    } else {
      command.addAll(List.of("-cp", changed + ":" + shared.get(shared.size() - 1)));
    }
    command.addAll(List.of(options));
    command.add(MAIN);
    return command;
  }

  private static synchronized List<String> shared() {
    if (shared == null) {
      try {
        shared = share();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return shared;
  }

  private static List<String> share() throws IOException {
    List<Path> jars = new ArrayList<>();
    Path classes = null;
    for (String each : System.getProperty("java.class.path").split(":")) {
      if (each.endsWith(".jar")) {
        jars.add(Path.of(each));
      } else if (Files.exists(Path.of(each, MAIN.replace('.', '/') + ".class"))) {
        classes = Path.of(each);
      }
    }
    if (classes == null) {
      throw new IOException("no directory of the class path holds " + MAIN);
    }
    Path directory = Files.createDirectories(classes.resolveSibling("child-jvm"));
    String state = Long.toHexString(state(classes));
    Path jar = directory.resolve(state + ".jar");
    Path archive = directory.resolve(state + ".jsa");
    StringBuilder classPath = new StringBuilder(jar.toString());
    jars.forEach(each -> classPath.append(':').append(each));
    try (FileChannel channel =
            FileChannel.open(
                directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.lock()) {
      if (!Files.exists(archive)) {
        pack(classes, jar);
        train(directory, classPath.toString(), archive);
      }
    }
    return List.of("-XX:SharedArchiveFile=" + archive, "-cp", classPath.toString());
  }

  /** Differs where a class differs in its length or time. */
  private static long state(Path classes) throws IOException {
    long state = 1;
    for (Path each : files(classes)) {
      state = state * 31 + classes.relativize(each).toString().hashCode();
      state = state * 31 + Files.size(each);
      state = state * 31 + Files.getLastModifiedTime(each).toMillis();
    }
    return state;
  }

  private static List<Path> files(Path classes) throws IOException {
    try (Stream<Path> found = Files.walk(classes)) {
      return found.filter(Files::isRegularFile).sorted().toList();
    }
  }

  private static void pack(Path classes, Path jar) throws IOException {
    try (OutputStream out = Files.newOutputStream(jar);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      for (Path each : files(classes)) {
        String name = classes.relativize(each).toString();
        zip.putNextEntry(new ZipEntry(name.replace(FileSystems.getDefault().getSeparator(), "/")));
        Files.copy(each, zip);
        zip.closeEntry();
      }
    }
  }

  private static void train(Path directory, String classPath, Path archive) throws IOException {
    Path work = Files.createTempDirectory(directory, "training");
    List<String> command = new ArrayList<>(List.of(java()));
    command.addAll(SHORT_LIVED);
    command.addAll(List.of("-XX:ArchiveClassesAtExit=" + archive, "-cp", classPath));
    command.addAll(List.of("dev.archive.cli.Rehearsal", work.toString()));
    Process training =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(work.resolve("output").toFile())
            .start();
    try {
      int exit = training.waitFor();
      if (exit != 0 || !Files.exists(archive)) {
        throw new IOException(exit + ": " + Files.readString(work.resolve("output")));
      }
    } catch (InterruptedException e) {
      throw new InterruptedIOException("interrupted while classes were shared");
    }
    Trees.delete(work);
  }
}
