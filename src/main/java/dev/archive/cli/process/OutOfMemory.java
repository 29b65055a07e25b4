package dev.archive.cli.process;

import dev.archive.model.FatalErrors;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The end of a process whose memory is out: a sentence that was made before, and exit 1. The JVM's
 * own option for it exits with 3, which means something else here, and does not end one that can
 * start no thread.
 */
public final class OutOfMemory {
  private static final byte[] HEAP =
      sentence("out of memory", "give it more: ARCHIVE_JAVA_OPTS=-Xmx1g");
  private static final byte[] THREADS =
      sentence(
          "the system starts no more threads for it", "raise that limit (ulimit -u, TasksMax)");
  private static final byte[] OTHER =
      sentence("out of memory outside of the Java heap", "raise that limit (ARCHIVE_JAVA_OPTS)");

  private static final OutputStream ERR = new FileOutputStream(FileDescriptor.err);

  private OutOfMemory() {}

  private static byte[] sentence(String what, String mend) {
    return ("archive: "
            + what
            + "; what was proved or answered is kept; "
            + mend
            + ", and run the same command again\n")
        .getBytes(StandardCharsets.UTF_8);
  }

  /** From now on threads that run out of memory end the process. */
  public static void install() {
    // Loaded here: where a failure is handled there may be no descriptor left to load it with.
    FatalErrors.in(null);
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, failure) -> {
          OutOfMemoryError fatal = FatalErrors.in(failure);
          if (fatal != null) {
            end(fatal);
          }
          failure.printStackTrace();
        });
    System.setErr(new Watched(System.err));
  }

  /** Ends the process; where several threads get here, the first does. */
  public static synchronized void end(OutOfMemoryError fatal) {
    try {
      ERR.write(sentence(fatal.getMessage()));
    } catch (IOException e) {
      // Nobody listens; the exit code says it too.
    }
    // No hook runs: it would need memory and threads.
    Runtime.getRuntime().halt(ExitCodes.UNEXPECTED);
  }

  private static byte[] sentence(@Nullable String why) {
    if (why != null && why.contains("native thread")) {
      return THREADS;
    }
    return why != null
            && (why.contains("etaspace") || why.contains("class space") || why.contains("direct"))
        ? OTHER
        : HEAP;
  }

  /**
   * Where libraries log. They catch errors of all kinds on their own threads and log them, as if
   * they could go on.
   */
  private static final class Watched extends PrintStream {
    Watched(PrintStream err) {
      super(err, true, StandardCharsets.UTF_8);
    }

    /** A stack trace begins with this. */
    @Override
    public void println(Object what) {
      OutOfMemoryError fatal = what instanceof Throwable failure ? FatalErrors.in(failure) : null;
      if (fatal != null) {
        end(fatal);
      }
      super.println(what);
    }
  }
}
