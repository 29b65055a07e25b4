package dev.archive.matrix;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.archive.server.ApiClient;
import dev.archive.testing.ChildJvm;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A real {@code archive serve} whose system calls strace makes fail. Paths are as strace takes
 * them, whole ones, and {@code when=} counts in each thread for itself.
 */
final class TracedServer implements AutoCloseable {
  private static final Pattern CALL = Pattern.compile("^\\d+ +(\\w+)\\((\\d+)<([^>]*)>.*");

  private final Process process;
  private final Path log;
  private String url;

  private TracedServer(Path root, List<String> before, Path log) throws IOException {
    this.log = log;
    Path err = log.resolveSibling("server.err");
    List<String> command = new ArrayList<>(before);
    command.addAll(ChildJvm.program("-Xmx128m"));
    command.addAll(List.of("serve", "--root", root.toString(), "--listen", "127.0.0.1:0"));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("LC_ALL", "C.UTF-8");
    builder.redirectError(ProcessBuilder.Redirect.appendTo(err.toFile()));
    this.process = builder.start();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String line = out.readLine();
    assertTrue(
        line != null && line.startsWith("listening on "), line + "\n" + Files.readString(err));
    url = line.substring("listening on ".length());
  }

  /** Starts one; when this returns it answers. */
  static TracedServer on(Path root) throws IOException {
    return new TracedServer(root, List.of(), root.resolveSibling("strace.log"));
  }

  /**
   * Starts one under strace.
   *
   * @param options of strace, like {@code -e} and {@code inject=fsync:error=EIO:when=3}
   */
  static TracedServer on(Path root, String... options) throws IOException {
    assumeStrace();
    return traced(root, root.resolveSibling("strace.log"), options);
  }

  /** Starts one under strace that keeps its log, and what the server says, elsewhere. */
  static TracedServer traced(Path root, Path log, String... options) throws IOException {
    assumeStrace();
    List<String> strace =
        new ArrayList<>(List.of("strace", "-f", "-y", "-qq", "-o", log.toString()));
    strace.addAll(Arrays.asList(options));
    return new TracedServer(root, strace, log);
  }

  static void assumeStrace() {
    try {
      new ProcessBuilder("strace", "-V").redirectErrorStream(true).start().getInputStream().close();
    } catch (IOException e) {
      assumeTrue(false, "strace is not installed: " + e.getMessage());
    }
  }

  /** Makes calls fail from now on, until what is returned is closed. */
  AutoCloseable attach(String... options) throws IOException {
    assumeStrace();
    List<String> strace =
        new ArrayList<>(List.of("strace", "-f", "-y", "-p", Long.toString(process.pid()), "-o"));
    strace.add(log.toString());
    strace.addAll(Arrays.asList(options));
    Process attached = new ProcessBuilder(strace).redirectErrorStream(true).start();
    BufferedReader said =
        new BufferedReader(
            new InputStreamReader(attached.getInputStream(), StandardCharsets.UTF_8));
    String line = said.readLine();
    assertTrue(line != null && line.contains("attached"), line);
    return () -> {
      attached.destroy();
      attached.waitFor();
    };
  }

  /** Where strace writes. */
  Path log() {
    return log;
  }

  ApiClient api() {
    return new ApiClient(url);
  }

  /** Ends it as {@code kill -9} does. */
  void kill() throws InterruptedException {
    // The server itself: killing strace would only let it go.
    List<ProcessHandle> children = process.descendants().toList();
    children.forEach(ProcessHandle::destroyForcibly);
    if (children.isEmpty()) {
      process.destroyForcibly();
    }
    process.waitFor();
  }

  /** Waits until it has ended by what strace did to it. */
  void awaitEnd() throws InterruptedException {
    process.waitFor();
  }

  /** How many calls strace made fail. */
  long faults() throws IOException {
    return Files.readAllLines(log).stream().filter(line -> line.contains("(INJECTED)")).count();
  }

  /**
   * The files and descriptors that were synced or written again though a sync of them had failed;
   * P9 wants none. A directory is another matter: a name that was made anew is forced anew.
   */
  List<String> triedAgain() throws IOException {
    Set<String> failed = new HashSet<>();
    List<String> again = new ArrayList<>();
    for (String line : Files.readAllLines(log)) {
      Matcher call = CALL.matcher(line);
      if (!call.matches() || Files.isDirectory(Path.of(call.group(3)))) {
        continue;
      }
      String file = call.group(2) + " " + call.group(3);
      if (call.group(1).equals("close")) {
        failed.remove(file);
      } else if (failed.contains(file)) {
        again.add(line);
      } else if (line.contains("(INJECTED)") && call.group(1).contains("sync")) {
        failed.add(file);
      }
    }
    return again;
  }

  @Override
  public void close() throws InterruptedException {
    kill();
  }
}
