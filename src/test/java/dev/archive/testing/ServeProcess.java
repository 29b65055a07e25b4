package dev.archive.testing;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A process of {@code archive serve} on a free port; what it says lies beside its root. */
final class ServeProcess {
  private static final Pattern LISTENING = Pattern.compile("listening on (http://\\S+)\n");
  private static final long MAX_SECONDS_TO_START = 120;
  private static final int TERMINATED = 143;

  private final Process process;
  private final File out;
  private final File err;

  private ServeProcess(Process process, File out, File err) {
    this.process = process;
    this.out = out;
    this.err = err;
  }

  /** Starts one; it does not answer yet. */
  static ServeProcess start(ArchiveProgram program, Path root) throws IOException {
    File out = new File(root + ".out");
    File err = new File(root + ".err");
    Process process =
        program.start(out, err, "serve", "--root", root.toString(), "--listen", "127.0.0.1:0");
    return new ServeProcess(process, out, err);
  }

  /** Waits until it answers, and says where. */
  URI awaitReady() throws IOException, InterruptedException {
    long begun = System.nanoTime();
    Matcher line = LISTENING.matcher("");
    while (!line.find()) {
      long waited = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begun);
      if (!process.isAlive() || waited > MAX_SECONDS_TO_START) {
        throw new IllegalStateException("the server did not start" + lastWords());
      }
      process.waitFor(5, TimeUnit.MILLISECONDS);
      line = LISTENING.matcher(Files.readString(out.toPath()));
    }
    return URI.create(line.group(1));
  }

  Process process() {
    return process;
  }

  /** What it said last to people. */
  String lastWords() throws IOException {
    List<String> lines = Files.readAllLines(err.toPath());
    return ": " + String.join(" | ", lines.subList(Math.max(0, lines.size() - 5), lines.size()));
  }

  /** Ends it in order; returns what was wrong with its end, or an empty text. */
  String stop() throws IOException, InterruptedException {
    process.destroy();
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      ArchiveProgram.kill(process);
      return "the server did not end within 60 s of SIGTERM";
    }
    return process.exitValue() == TERMINATED
        ? ""
        : "the server ended SIGTERM with " + process.exitValue() + lastWords();
  }
}
