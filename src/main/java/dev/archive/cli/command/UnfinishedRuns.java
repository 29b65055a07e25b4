package dev.archive.cli.command;

import dev.archive.cli.process.Context;
import dev.archive.cli.process.EventLine;
import dev.archive.cli.view.Table;
import dev.archive.cli.view.TerminalSize;
import dev.archive.client.state.StateDirectory;
import dev.archive.client.state.UnfinishedRun;
import dev.archive.model.Text;
import dev.archive.wire.Json;
import java.nio.file.Path;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Shows unfinished runs, and forgets one. */
final class UnfinishedRuns {
  private UnfinishedRuns() {}

  /** Prints each on one line. */
  static void print(List<UnfinishedRun> unfinished, Context context, boolean json) {
    if (json) {
      unfinished.forEach(run -> context.out().println(json(run)));
      return;
    }
    try (Table table =
        new Table(
            context, TerminalSize.ofOutput(), "RUN", "BATCH", "LAST ACTIVE", "SERVER", "SOURCES")) {
      for (UnfinishedRun run : unfinished) {
        table.add(
            run.id(),
            run.batch() == null ? "(no batch yet)" : run.batch().value(),
            run.lastActive().truncatedTo(ChronoUnit.SECONDS).toString(),
            Text.printable(run.server()),
            sources(run) + (run.vanished().isEmpty() ? "" : " (gone)"));
      }
    }
  }

  /** The run of a batch or an id, or null. */
  static UnfinishedRun find(String name, List<UnfinishedRun> unfinished) {
    return unfinished.stream()
        .filter(
            run -> run.id().equals(name) || run.batch() != null && run.batch().value().equals(name))
        .findFirst()
        .orElse(null);
  }

  /**
   * Forgets a run: its journal goes. What was archived stays, here and on the server.
   *
   * @param name its batch or its id; the id of a damaged journal as well
   * @return one sentence that says what was done
   */
  static String forget(String name, List<UnfinishedRun> unfinished, StateDirectory state) {
    UnfinishedRun run = find(name, unfinished);
    state.forget(run == null ? name : run.id());
    return run == null
        ? "the damaged journal of run " + name + " is removed; the next upload starts over"
        : "the upload of "
            + sources(run)
            + " to "
            + Text.printable(run.server())
            + " is forgotten"
            + (run.batch() == null
                ? ""
                : "; batch " + run.batch() + " stays there until it expires or is aborted");
  }

  /** Its sources on one line. */
  static String sources(UnfinishedRun run) {
    return run.sources().stream()
        .map(source -> Text.printable(source.toString()))
        .collect(Collectors.joining(", "));
  }

  private static String json(UnfinishedRun run) {
    Map<String, Object> event = EventLine.of("unfinished");
    event.put("run", run.id());
    event.put("batch_id", run.batch() == null ? null : run.batch().value());
    event.put("last_active", run.lastActive().truncatedTo(ChronoUnit.SECONDS).toString());
    event.put("server", run.server());
    event.put("sources", run.sources().stream().map(Path::toString).toList());
    event.put("root_path", run.rootPath());
    event.put("uploader", run.uploader());
    event.put("filters", run.filters());
    event.put("allow_skipped", run.allowSkipped());
    return Json.text(event);
  }
}
