package dev.archive.server;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * A command of the shell, run by {@code /bin/sh -c} for one message at a time: the message on its
 * standard input, taken when it exits with 0. What it prints goes nowhere, its errors where those
 * of the server go.
 */
final class CommandHook implements Hook {
  private static final long MOST_MINUTES = 60;

  private final String command;
  private final Path input;

  /**
   * A hook.
   *
   * @param input the file that holds a message while the command runs: a pipe would block where a
   *     command does not read
   */
  CommandHook(String command, Path input) {
    this.command = command;
    this.input = input;
  }

  @Override
  public void deliver(byte[] message) throws IOException, InterruptedException {
    Files.write(input, message);
    try {
      Process process =
          new ProcessBuilder("/bin/sh", "-c", command)
              .redirectInput(input.toFile())
              .redirectOutput(Redirect.DISCARD)
              .redirectError(Redirect.INHERIT)
              .start();
      try {
        if (!process.waitFor(MOST_MINUTES, TimeUnit.MINUTES)) {
          throw new IOException("it did not end within " + MOST_MINUTES + " minutes");
        }
      } finally {
        process.descendants().forEach(ProcessHandle::destroy);
        process.destroy();
      }
      if (process.exitValue() != 0) {
        throw new IOException("it ended with exit code " + process.exitValue());
      }
    } finally {
      Files.deleteIfExists(input);
    }
  }
}
