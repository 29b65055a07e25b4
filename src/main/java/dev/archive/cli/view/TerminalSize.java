package dev.archive.cli.view;

import dev.archive.model.ChildEnvironment;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * How many columns a terminal has. The system is asked by {@code stty}: Java itself cannot, and a
 * native library would have to be unpacked at each start.
 */
public final class TerminalSize {
  private static final int DEFAULT = 80;
  private static final int MIN = 10;
  private static final long MAX_SECONDS = 2;
  private static final Path STDERR = Path.of("/dev/stderr");
  private static final Path STDOUT = Path.of("/dev/stdout");

  private TerminalSize() {}

  /** The columns of standard output; 0 where it is no terminal. */
  public static int ofOutput() {
    return Boolean.getBoolean("archive.out.tty") ? ask(STDOUT) : 0;
  }

  /** The columns of standard error, which is a terminal. */
  static int ofErrors() {
    return ask(STDERR);
  }

  private static int ask(Path terminal) {
    try {
      ProcessBuilder program =
          new ProcessBuilder("stty", "size")
              .redirectInput(terminal.toFile())
              .redirectError(Redirect.DISCARD);
      ChildEnvironment.withoutSecrets(program);
      Process stty = program.start();
      try {
        if (!stty.waitFor(MAX_SECONDS, TimeUnit.SECONDS)) {
          return DEFAULT;
        }
        String size =
            new String(stty.getInputStream().readNBytes(100), StandardCharsets.US_ASCII).strip();
        int columns =
            size.matches("\\d{1,5} \\d{1,5}")
                ? Integer.parseInt(size.substring(size.indexOf(' ') + 1))
                : 0;
        return columns == 0 ? DEFAULT : Math.max(MIN, columns);
      } finally {
        stty.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return DEFAULT;
    } catch (IOException e) {
      return DEFAULT;
    }
  }
}
