package dev.archive.cli.option;

import dev.archive.cli.process.Context;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a run leaves for machines beside its output. */
public final class RecordOptions {
  @Option(
      names = "--log-file",
      paramLabel = "FILE",
      description =
          "Also add all that this run tells to FILE, one JSON object per line. At 64 MiB it becomes"
              + " FILE.1, and so on to FILE.5.")
  private @Nullable Path logFile;

  @Option(
      names = "--metrics-file",
      paramLabel = "FILE",
      description =
          "At the end, also write how the run went to FILE, in the text format of Prometheus.")
  private @Nullable Path metricsFile;

  /**
   * Opens what was asked for, before any work.
   *
   * @param command its name
   * @param others directories and files that no output may lie in: sources and what is ours
   * @param metrics whether the run is one to be monitored, and no rehearsal
   */
  public void open(Context context, String command, List<Path> others, boolean metrics) {
    if (logFile == null && metricsFile == null) {
      return;
    }
    List<Path> all = new ArrayList<>(others);
    if (context.settings().hasHome()) {
      all.add(context.settings().home());
    }
    context.out().record(command, logFile, metrics ? metricsFile : null, all, context.clock());
  }
}
