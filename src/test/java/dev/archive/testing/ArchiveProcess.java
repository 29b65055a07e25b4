package dev.archive.testing;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The program as a process of its own, to be killed, stopped and starved. */
public final class ArchiveProcess implements AutoCloseable {
  private static final long MAX_SECONDS = 120;

  private final Process process;
  private final Path err;
  private String url;

  private ArchiveProcess(Process process, Path err) {
    this.process = process;
    this.err = err;
  }

  /**
   * Starts a command.
   *
   * @param log where both its outputs go, or stderr alone for {@link #serve}
   * @param before a command that runs it, like strace with its options; none for itself
   * @param jvm options of the Java VM
   */
  public static ArchiveProcess run(
      Path log,
      Map<String, String> environment,
      List<String> before,
      List<String> jvm,
      List<String> args)
      throws IOException {
    ProcessBuilder builder = builder(environment, before, jvm, args);
    builder.redirectErrorStream(true).redirectOutput(log.toFile());
    return new ArchiveProcess(builder.start(), log);
  }

  /** Starts a server; when this returns it answers. */
  public static ArchiveProcess serve(Path root, List<String> before, List<String> jvm)
      throws IOException {
    Path err = root.resolveSibling("server.err");
    ProcessBuilder builder =
        builder(
            Map.of(),
            before,
            jvm,
            List.of("serve", "--root", root.toString(), "--listen", "127.0.0.1:0"));
    builder.redirectError(ProcessBuilder.Redirect.appendTo(err.toFile()));
    ArchiveProcess server = new ArchiveProcess(builder.start(), err);
    BufferedReader out =
        new BufferedReader(
            new InputStreamReader(server.process.getInputStream(), StandardCharsets.UTF_8));
    String line = out.readLine();
    assertTrue(line != null && line.startsWith("listening on "), () -> line + server.log());
    server.url = line.substring("listening on ".length());
    return server;
  }

  private static ProcessBuilder builder(
      Map<String, String> environment, List<String> before, List<String> jvm, List<String> args) {
    List<String> command = new ArrayList<>(before);
    command.addAll(ChildJvm.program(jvm.toArray(String[]::new)));
    command.addAll(args);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("LC_ALL", "C.UTF-8");
    builder.environment().putAll(environment);
    return builder;
  }

  /** Where a server answers. */
  public String url() {
    return url;
  }

  /** Whether it has a file open whose path ends so. */
  public boolean hasOpen(String end) throws IOException {
    try (var open = Files.newDirectoryStream(Path.of("/proc", process.pid() + "", "fd"))) {
      for (Path each : open) {
        if (Files.isSymbolicLink(each) && Files.readSymbolicLink(each).toString().endsWith(end)) {
          return true;
        }
      }
    } catch (NoSuchFileException e) {
      // One was closed meanwhile.
    }
    return false;
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** Waits for its end, but for so many milliseconds at the most. */
  public void awaitExit(long millis) throws InterruptedException {
    process.waitFor(millis, TimeUnit.MILLISECONDS);
  }

  /** Ends it as {@code kill -9} does, and waits for that. */
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** Sends it a signal, like {@code TERM} or {@code STOP}. */
  public void signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
  }

  /** Sends a signal to what runs under the command that it was started with. */
  public void signalChildren(String name) throws IOException, InterruptedException {
    for (ProcessHandle child : process.descendants().toList()) {
      new ProcessBuilder("kill", "-" + name, Long.toString(child.pid())).start().waitFor();
    }
  }

  /** Waits for its end and gives its exit code. */
  public int exit() throws InterruptedException {
    assertTrue(process.waitFor(MAX_SECONDS, TimeUnit.SECONDS), "did not end");
    return process.exitValue();
  }

  /** What it printed. */
  public String log() {
    try {
      return Files.readString(err);
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Override
  public void close() throws InterruptedException {
    kill();
  }
}
