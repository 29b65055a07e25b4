package dev.archive.testing;

import java.io.IOException;
import java.util.List;

/**
 * Starts processes that hear signals. A shell lets what it runs in the background ignore SIGINT,
 * which is inherited, and which no program of ours undoes: that is what nohup is for.
 */
public final class DefaultSignals {
  private static final List<String> ENV = List.of("env", "--default-signal=INT,TERM");

  private DefaultSignals() {}

  /** What to put before a command; nothing where this machine's env cannot do it. */
  public static List<String> before() throws IOException, InterruptedException {
    Process tried =
        new ProcessBuilder(ENV.get(0), ENV.get(1), "true")
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    return tried.waitFor() == 0 ? ENV : List.of();
  }
}
