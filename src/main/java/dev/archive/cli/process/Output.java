package dev.archive.cli.process;

import dev.archive.durable.DurableFiles.Content;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Text;
import dev.archive.source.SourceFile;
import dev.archive.wire.Json;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.channels.Pipe;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Owns what a command gives to its caller: standard output, the files of {@code --receipt} and
 * {@code --report}, and whether exit code 0 may stand. Every write is checked. The first failure is
 * kept, what follows it is dropped, and {@link #end} says what was not written. For many threads.
 */
public final class Output {
  /** Where the system shows what standard output is. */
  private static final Path STDOUT = Path.of("/dev/stdout");

  /** What the output of a command is to its caller. */
  public enum Purpose {
    /** The command changes something: it goes on, and a closed pipe is a lost output as well. */
    CHANGES,
    /** The exit code is an answer of its own: the command goes on; a pipe may be closed. */
    CHECKS,
    /** The output is all there is: a command ends with it; a pipe may be closed. */
    SHOWS
  }

  private static final String SUCCEEDED = "the command itself succeeded";

  private final OutputStream out;
  private final @Nullable FileDescriptor descriptor;
  private final List<String> lost = new ArrayList<>();
  private Purpose purpose = Purpose.SHOWS;
  private String content = "the output";
  private String consequence = SUCCEEDED;
  private final Outcome outcome = new Outcome();
  private final Set<Path> names = new HashSet<>();
  private volatile @Nullable RunLog log;
  private volatile @Nullable RunMetrics metrics;
  private boolean written;
  private @Nullable IOException failure;

  /** Results that go to a stream, whose errors count. */
  public Output(OutputStream out) {
    this(out, null);
  }

  private Output(OutputStream out, @Nullable FileDescriptor descriptor) {
    this.out = new BufferedOutputStream(out);
    this.descriptor = descriptor;
  }

  /** The results of this process, on its standard output. */
  public static Output ofProcess() {
    return new Output(new FileOutputStream(FileDescriptor.out), FileDescriptor.out);
  }

  /** Says what the output is to the caller; {@link Purpose#SHOWS} until then. */
  public synchronized void are(Purpose purpose) {
    this.purpose = purpose;
  }

  /** Goes on where a write fails: the command has failed already, and its exit code says so. */
  synchronized void goOn() {
    if (purpose == Purpose.SHOWS) {
      purpose = Purpose.CHECKS;
    }
  }

  /**
   * Says what the output holds and what remains without it, for the line that names its loss.
   *
   * @param content for example "the receipt"
   * @param consequence what was done all the same, and where the content is kept
   */
  public synchronized void hold(String content, String consequence) {
    this.content = content;
    this.consequence = consequence;
  }

  public void println(String line) {
    print(line + System.lineSeparator());
  }

  public void printf(Locale locale, String format, Object... values) {
    print(String.format(locale, format, values));
  }

  /**
   * Writes text in UTF-8, at once.
   *
   * @throws ArchiveException {@link ErrorCode#OUTPUT_FAILED} where the command only shows something
   */
  public synchronized void print(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    write(bytes, 0, bytes.length);
    flush();
    endWhatOnlyShows();
  }

  /** A stream to the output for much at a time; it throws what {@link #print} throws. */
  public OutputStream stream() {
    return new OutputStream() {
      @Override
      public void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int offset, int length) {
        synchronized (Output.this) {
          Output.this.write(bytes, offset, length);
          endWhatOnlyShows();
        }
      }
    };
  }

  /** A writer for those who take no failure: it is kept all the same. */
  public PrintWriter writer() {
    OutputStream kept =
        new OutputStream() {
          @Override
          public void write(int b) {
            write(new byte[] {(byte) b}, 0, 1);
          }

          @Override
          public void write(byte[] bytes, int offset, int length) {
            synchronized (Output.this) {
              Output.this.write(bytes, offset, length);
            }
          }
        };
    return new PrintWriter(new OutputStreamWriter(kept, StandardCharsets.UTF_8), true);
  }

  private void write(byte[] bytes, int offset, int length) {
    if (failure != null) {
      return;
    }
    try {
      out.write(bytes, offset, length);
      written |= length > 0;
    } catch (IOException e) {
      failure = e;
    }
  }

  private void flush() {
    if (failure != null) {
      return;
    }
    try {
      out.flush();
    } catch (IOException e) {
      failure = e;
    }
  }

  private void endWhatOnlyShows() {
    if (failure != null && purpose == Purpose.SHOWS) {
      throw new ArchiveException(ErrorCode.OUTPUT_FAILED, sentence(failure), failure);
    }
  }

  /**
   * Writes a file that the caller named.
   *
   * @param what is written, for the line that says that it was not
   * @return whether it was
   */
  public synchronized boolean write(TargetFile file, String what, Content content) {
    try {
      file.write(content, this);
      return true;
    } catch (IOException e) {
      lost.add(
          what
              + " could not be written to "
              + file
              + ": "
              + SourceFile.reason(e)
              + "; "
              + consequence);
      return false;
    }
  }

  /**
   * Keeps one name for one output.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE} where another output has the same name, or
   *     both are standard output
   */
  public synchronized void claim(Path named) {
    boolean isStdout = TargetFile.isStdout(named);
    if (names.add(isStdout ? TargetFile.STDOUT : named.toAbsolutePath().normalize())) {
      return;
    }
    throw new ArchiveException(
        ErrorCode.USAGE,
        isStdout
            ? "standard output is named for two outputs, and each reader would get both (--json"
                + " writes its events there, and --tar its stream); nothing was done. Name a file"
                + " for one of them"
            : Text.quote(named.toString())
                + " is named for two outputs, and one would overwrite the other; nothing was"
                + " done");
  }

  /**
   * Opens the files in which this run is recorded.
   *
   * @param logFile of all that is told, or null
   * @param metricsFile of how it went, or null
   * @param others directories and files that they must not lie in
   * @throws ArchiveException {@link ErrorCode#USAGE} where one of them cannot be written
   */
  public synchronized void record(
      String command,
      @Nullable Path logFile,
      @Nullable Path metricsFile,
      List<Path> others,
      Clock clock) {
    if (logFile != null) {
      claim(logFile);
      log = RunLog.open(logFile, command, others, clock);
    }
    if (metricsFile != null) {
      claim(metricsFile);
      metrics = RunMetrics.open(metricsFile, command, others, clock);
    }
  }

  /** Adds an event to the log of the run, if there is one. */
  public void log(Map<String, ?> event) {
    RunLog to = log;
    if (to != null) {
      to.add(event);
    }
  }

  /**
   * Adds an event to the log of the run, if there is one, and prints it for machines.
   *
   * @param print whether machines are told on standard output
   */
  public void event(Map<String, ?> event, boolean print) {
    log(event);
    if (print) {
      println(Json.text(event));
    }
  }

  /** Adds a line that is for people to the log of the run, if there is one. */
  void logMessage(String message) {
    RunLog to = log;
    if (to != null) {
      to.message(message);
    }
  }

  /**
   * Counts for the metrics of the run, if there are any.
   *
   * @param result what became of the files, a word in lower case
   * @param bytes -1 where it is unknown
   */
  public void count(String result, long files, long bytes) {
    RunMetrics to = metrics;
    if (to != null) {
      to.count(result, files, bytes);
    }
  }

  /**
   * Ends the output, to be called once, after all else.
   *
   * @param exit the exit code of what was done
   * @param complain is told what was not written
   * @return the exit code of the process: {@link ExitCodes#OUTPUT_FAILED} in place of 0 where
   *     something was not
   */
  public synchronized int end(int exit, Consumer<String> complain) {
    goOn();
    if (exit != ExitCodes.OK && consequence.equals(SUCCEEDED)) {
      consequence = "the command itself had failed before";
    }
    endStdout();
    String unlogged = log == null ? null : log.problem();
    lose(unlogged);
    if (metrics != null) {
      boolean whole = failure == null;
      lose(metrics.write(code(exit), this));
      if (whole) {
        // They may go there, too.
        endStdout();
      }
    }
    lost.forEach(complain);
    lost.forEach(each -> outcome.put("message", each));
    log(outcome.ended(code(exit)));
    if (unlogged == null && log != null && log.problem() != null) {
      lose(log.problem());
      complain.accept(lost.get(lost.size() - 1));
    }
    int end = code(exit);
    outcome.end(end, complain);
    closeRecords();
    return end;
  }

  private void endStdout() {
    flush();
    force();
    if (failure != null && !(purpose != Purpose.CHANGES && isClosedPipe(failure))) {
      lost.add(sentence(failure));
    }
  }

  private void lose(@Nullable String problem) {
    if (problem != null) {
      lost.add(problem + "; " + consequence);
    }
  }

  private int code(int exit) {
    return exit == ExitCodes.OK && !lost.isEmpty() ? ExitCodes.OUTPUT_FAILED : exit;
  }

  private void closeRecords() {
    if (log != null) {
      log.close();
    }
    if (metrics != null) {
      metrics.close();
    }
  }

  /** What is told at the end to a command of the caller's. */
  public Outcome outcome() {
    return outcome;
  }

  /** Whether standard output has failed, as its end will tell. */
  public synchronized boolean isLost() {
    return failure != null;
  }

  private String sentence(IOException failure) {
    return content
        + " could not be written to standard output: "
        + SourceFile.reason(failure)
        + "; "
        + consequence;
  }

  /** A file system may say only now that there was no room: over a network, or in user space. */
  private void force() {
    if (descriptor == null || !written || failure != null || !Files.isRegularFile(STDOUT)) {
      return;
    }
    try {
      descriptor.sync();
    } catch (IOException e) {
      failure = e;
    }
  }

  /** Compared with a pipe that is surely closed, for the system says it in the user's language. */
  private static boolean isClosedPipe(IOException failure) {
    try {
      Pipe pipe = Pipe.open();
      try (Pipe.SinkChannel sink = pipe.sink()) {
        pipe.source().close();
        sink.write(StandardCharsets.US_ASCII.encode("x"));
      }
    } catch (IOException closed) {
      return closed.getMessage() != null && closed.getMessage().equals(failure.getMessage());
    }
    return false;
  }
}
