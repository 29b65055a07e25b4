package dev.archive.server.notify;

import dev.archive.model.ChildEnvironment;
import dev.archive.model.Count;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * A command of the shell, run by {@code /bin/sh -c} for each message: the message on its standard
 * input, taken when it exits with 0. What it prints goes nowhere, its errors where those of the
 * server go. Commands for different batches run side by side.
 */
final class CommandHook implements Hook {
  /** How long a command may run. */
  static final Duration MAX_TIME = Duration.ofMinutes(60);

  private static final int MAX_PARALLEL = 16;

  private final String command;
  private final Path directory;
  private final Duration maxTime;

  /**
   * A hook.
   *
   * @param directory for the files that hold messages while commands start: a pipe would block
   *     where a command does not read
   */
  CommandHook(String command, Path directory) {
    this(command, directory, MAX_TIME);
  }

  /** The same, with a time of its own. */
  CommandHook(String command, Path directory, Duration maxTime) {
    this.command = command;
    this.directory = directory;
    this.maxTime = maxTime;
  }

  @Override
  public int parallel() {
    return MAX_PARALLEL;
  }

  @Override
  public void deliver(byte[] message) throws IOException, InterruptedException {
    Process process = start(message);
    try {
      if (!process.waitFor(maxTime.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IOException("it did not end within " + Count.of(maxTime.toSeconds(), "second"));
      }
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
    if (process.exitValue() != 0) {
      throw new IOException("it ended with exit code " + process.exitValue());
    }
  }

  /** Once the command has its input open, the file needs no name. */
  private Process start(byte[] message) throws IOException {
    Path input = Files.createTempFile(directory, "on-finalize-", ".json");
    try {
      Files.write(input, message);
      ProcessBuilder shell =
          new ProcessBuilder("/bin/sh", "-c", command)
              .redirectInput(input.toFile())
              .redirectOutput(Redirect.DISCARD)
              .redirectError(Redirect.INHERIT);
      ChildEnvironment.withoutSecrets(shell);
      return shell.start();
    } finally {
      Files.deleteIfExists(input);
    }
  }
}
