package dev.archive.cli.process;

import dev.archive.durable.LogFile;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Text;
import dev.archive.source.SourceFile;
import dev.archive.wire.Json;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The file of {@code --log-file}: what a run tells, whether or not it is shown, as one JSON object
 * a line. The first failure is kept and ends the log, never the run. For many threads.
 */
final class RunLog implements AutoCloseable {
  /** From this size on, in bytes, the file is renamed. */
  private static final long MAX_BYTES = 64L << 20;

  private final LogFile file;
  private final String name;
  private final Clock clock;
  private @Nullable IOException failure;

  private RunLog(LogFile file, String name, Clock clock) {
    this.file = file;
    this.name = name;
    this.clock = clock;
  }

  /**
   * Opens the log and writes its first line, which proves that it can be written.
   *
   * @param others directories and files that it must not lie in
   * @throws ArchiveException {@link ErrorCode#USAGE} where it cannot be written, or holds something
   *     else
   */
  static RunLog open(Path named, String command, List<Path> others, Clock clock) {
    String name = Text.quote(named.toString());
    try {
      if (TargetFile.isStdout(named)) {
        throw new IOException("it is not a regular file");
      }
      Path path = named.toAbsolutePath();
      if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)
          && !Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
        throw new IOException("it is not a regular file");
      }
      Path parent = path.getParent();
      if (parent == null || !Files.isDirectory(parent)) {
        throw new IOException("there is no such directory");
      }
      TargetFile.requireOutside(parent.toRealPath().resolve(path.getFileName()), others);
      RunLog log = new RunLog(new LogFile(path, MAX_BYTES), name, clock);
      Map<String, Object> first = EventLine.of("started");
      first.put("command", command);
      first.put("program", Context.program());
      first.put("pid", ProcessHandle.current().pid());
      log.add(first);
      if (log.failure != null) {
        throw log.failure;
      }
      return log;
    } catch (IOException e) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "a log cannot be written to " + name + ": " + SourceFile.reason(e) + "; nothing was done",
          e);
    }
  }

  /** Adds an event, with its time. */
  synchronized void add(Map<String, ?> event) {
    if (failure != null) {
      return;
    }
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("time", clock.instant().truncatedTo(ChronoUnit.MILLIS).toString());
    line.putAll(event);
    try {
      write(Json.text(line) + "\n");
    } catch (IOException e) {
      failure = e;
    }
  }

  /**
   * A run that a person stops interrupts its threads, which would close the file in their hands.
   */
  private void write(String line) throws IOException {
    boolean interrupted = Thread.interrupted();
    try {
      file.add(line);
    } catch (ClosedByInterruptException e) {
      interrupted = true;
      var unused = Thread.interrupted();
      file.add(line);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Adds a line that is for people. */
  void message(String message) {
    Map<String, Object> event = EventLine.of("message");
    event.put("message", message);
    add(event);
  }

  /** Says what was not written, or null. */
  synchronized @Nullable String problem() {
    return failure == null
        ? null
        : "the log could not be written to " + name + ": " + SourceFile.reason(failure);
  }

  @Override
  public synchronized void close() {
    try {
      file.close();
    } catch (IOException e) {
      // What was written was checked as it was written.
    }
  }
}
