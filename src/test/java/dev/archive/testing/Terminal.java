package dev.archive.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A real terminal, with one command in it: a session of a tmux server of its own. */
public final class Terminal implements AutoCloseable {
  /** What is written in the terminal by then is all that it will be. */
  private static final int MAX_READS = 150;

  /** What of a text is compared. */
  public interface Form {
    String of(String text) throws IOException, InterruptedException;
  }

  private final Path directory;
  private final InputStream written;

  /**
   * Starts a command; when it has ended, the terminal says {@code exit} with its code.
   *
   * @param directory holds what belongs to the terminal; it does not exist yet
   */
  public Terminal(
      Path directory, int columns, int rows, Map<String, String> environment, List<String> command)
      throws IOException, InterruptedException {
    this.directory = Files.createDirectories(directory);
    Path fifo = directory.resolve("written");
    Files.writeString(directory.resolve("conf"), "set -g status off\n");
    Path go = directory.resolve("go");
    run(List.of("mkfifo", fifo.toString(), go.toString()));
    List<String> quoted = new ArrayList<>(List.of("env"));
    environment.forEach((name, value) -> quoted.add("'" + name + "=" + value + "'"));
    command.forEach(each -> quoted.add("'" + each.replace("'", "'\\''") + "'"));
    List<String> start = new ArrayList<>(List.of("new-session", "-d", "-s", "it"));
    start.addAll(List.of("-x", columns + "", "-y", rows + ""));
    // Nothing is written before all of it is watched. At the end it goes on, as await needs.
    start.add(
        "cat '"
            + go
            + "'; "
            + String.join(" ", quoted)
            + "; echo exit $?; while sleep 0.2; do printf '\\r'; done");
    tmux(start);
    tmux(List.of("pipe-pane", "-t", "it", "exec cat > '" + fifo + "'"));
    this.written = Files.newInputStream(fifo);
    Files.write(go, new byte[0], StandardOpenOption.WRITE);
  }

  /** All lines, those that were scrolled away first; what is wrapped is one line. */
  public String text() throws IOException, InterruptedException {
    return capture("-J");
  }

  /** All rows, with the escapes of their colours. */
  public String rows() throws IOException, InterruptedException {
    return capture("-e");
  }

  private String capture(String how) throws IOException, InterruptedException {
    return tmux(List.of("capture-pane", "-t", "it", how, "-p", "-S", "-")).strip();
  }

  /** Makes it wider or narrower. */
  public void resize(int columns, int rows) throws IOException, InterruptedException {
    tmux(List.of("resize-window", "-t", "it", "-x", columns + "", "-y", rows + ""));
  }

  /** Waits until the text is as wanted; where it never is, the last text is in the failure. */
  public void await(String wanted, Form form) throws IOException, InterruptedException {
    String last = form.of(text());
    byte[] some = new byte[1 << 14];
    for (int i = 0; i < MAX_READS && !last.equals(wanted) && written.read(some) >= 0; i++) {
      last = form.of(text());
    }
    assertEquals(wanted, last);
  }

  private String tmux(List<String> arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("tmux", "-u", "-f", directory + "/conf"));
    command.addAll(List.of("-S", directory + "/socket"));
    command.addAll(arguments);
    return run(command);
  }

  private static String run(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(command + ": " + said);
    }
    return said;
  }

  @Override
  public void close() throws IOException, InterruptedException {
    tmux(List.of("kill-server"));
    written.close();
  }
}
