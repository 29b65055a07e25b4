package dev.archive.cli.process;

import dev.archive.source.SourceFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The file of {@code --metrics-file}: how the last run of a command ended, in the text format of
 * Prometheus, for a collector that reads files. It replaces the whole file, at the end of each run,
 * and keeps from the one before when a run last succeeded. For many threads.
 */
final class RunMetrics implements AutoCloseable {
  private static final int MAX_EARLIER_BYTES = 1 << 20;
  private static final String LAST_SUCCESS = "archive_run_last_success_timestamp_seconds";

  private final TargetFile file;
  private final String command;
  private final Clock clock;
  private final Instant start;
  private final @Nullable String lastSuccess;
  private final Map<String, long[]> counts = new LinkedHashMap<>();

  private RunMetrics(TargetFile file, String command, Clock clock, @Nullable String lastSuccess) {
    this.file = file;
    this.command = command;
    this.clock = clock;
    this.start = clock.instant();
    this.lastSuccess = lastSuccess;
  }

  /**
   * Opens the file, and reads what an earlier run left in it.
   *
   * @param others directories and files that it must not lie in
   * @throws dev.archive.model.ArchiveException as {@link TargetFile#open} does
   */
  static RunMetrics open(Path named, String command, List<Path> others, Clock clock) {
    TargetFile file = TargetFile.open(named, TargetFile.Kind.METRICS, others, null);
    return new RunMetrics(file, command, clock, lastSuccess(named, command));
  }

  /** The value of an earlier run of the same command, or null. */
  private static @Nullable String lastSuccess(Path file, String command) {
    try {
      if (!Files.isRegularFile(file) || Files.size(file) > MAX_EARLIER_BYTES) {
        return null;
      }
      String text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
      Matcher value =
          Pattern.compile(
                  "(?m)^"
                      + LAST_SUCCESS
                      + "\\{command=\""
                      + command
                      + "\"} ([0-9]{1,12}\\.[0-9]{3})$")
              .matcher(text);
      return value.find() ? value.group(1) : null;
    } catch (IOException e) {
      return null;
    }
  }

  /**
   * Says how many files there were of a kind; a later number replaces an earlier one.
   *
   * @param result a word in lower case
   * @param bytes -1 where it is unknown
   */
  synchronized void count(String result, long files, long bytes) {
    counts.put(result, new long[] {files, bytes});
  }

  /**
   * Writes the file.
   *
   * @param exit the exit code of the run
   * @return what was not written, or null
   */
  synchronized @Nullable String write(int exit, Output output) {
    byte[] text = text(exit).getBytes(StandardCharsets.US_ASCII);
    try {
      file.write(out -> out.write(text), output);
      return null;
    } catch (IOException e) {
      return "the metrics could not be written to " + file + ": " + SourceFile.reason(e);
    }
  }

  private String text(int exit) {
    Instant end = clock.instant();
    StringBuilder text = new StringBuilder();
    metric(text, "archive_run_success", "Whether the last run succeeded", value(exit == 0 ? 1 : 0));
    metric(text, "archive_run_exit_code", "Exit code of the last run", value(exit));
    metric(
        text, "archive_run_end_timestamp_seconds", "When the last run ended", value(seconds(end)));
    Duration took = Duration.between(start, end);
    metric(
        text,
        "archive_run_duration_seconds",
        "How long the last run took",
        value(String.format(Locale.ROOT, "%.3f", Math.max(0, took.toMillis()) / 1e3)));
    String succeeded = exit == 0 ? seconds(end) : lastSuccess;
    if (succeeded != null) {
      metric(text, LAST_SUCCESS, "When a run last ended with exit code 0", value(succeeded));
    }
    metric(text, "archive_run_files", "Files of the last run by what became of them", values(0));
    metric(text, "archive_run_bytes", "Bytes of the last run by what became of them", values(1));
    return text.toString();
  }

  private static String seconds(Instant time) {
    return String.format(Locale.ROOT, "%.3f", time.toEpochMilli() / 1e3);
  }

  private List<String> value(Object value) {
    return List.of("{command=\"" + command + "\"} " + value);
  }

  private List<String> values(int column) {
    List<String> values = new ArrayList<>();
    counts.forEach(
        (result, each) -> {
          if (each[column] >= 0) {
            values.add("{command=\"" + command + "\",result=\"" + result + "\"} " + each[column]);
          }
        });
    return values;
  }

  private static void metric(StringBuilder text, String name, String help, List<String> values) {
    if (values.isEmpty()) {
      return;
    }
    text.append("# HELP ").append(name).append(' ').append(help).append(".\n");
    text.append("# TYPE ").append(name).append(" gauge\n");
    values.forEach(each -> text.append(name).append(each).append('\n'));
  }

  @Override
  public String toString() {
    return file.toString();
  }

  @Override
  public void close() {
    file.close();
  }
}
