package dev.archive.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * The end of a process whose memory is out: a sentence that was made before, and exit 1. The JVM's
 * own option for it exits with 3, which means something else here.
 */
final class OutOfMemory {
  private static final byte[] SENTENCE =
      ("archive: out of memory; what was proved is kept. Give it more and run the same command"
              + " again: ARCHIVE_JAVA_OPTS=-Xmx1g\n")
          .getBytes(StandardCharsets.UTF_8);

  private OutOfMemory() {}

  /** From now on threads that run out of memory end the process. */
  static void install() {
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, failure) -> {
          if (failure instanceof OutOfMemoryError) {
            end();
          }
          failure.printStackTrace();
        });
  }

  /** Ends the process. */
  static void end() {
    try (FileOutputStream err = new FileOutputStream(FileDescriptor.err)) {
      err.write(SENTENCE);
    } catch (IOException e) {
      // Nobody listens; the exit code says it too.
    }
    Runtime.getRuntime().halt(ExitCodes.UNEXPECTED);
  }
}
