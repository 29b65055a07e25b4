package dev.archive.cli;

import dev.archive.client.BatchReader;
import dev.archive.client.BatchReader.Comparison;
import dev.archive.model.BatchId;
import dev.archive.wire.Json;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code archive verify}: whether local files and a batch are the same, by size and SHA-256. */
@Command(
    name = "verify",
    description = {
      "Compares local files with what the server holds, by path, size and SHA-256."
          + " Names every difference; exit 4 when there is one.",
      ""
    },
    sortOptions = false)
final class VerifyCommand implements Callable<Integer> {
  private final Context context;
  @Mixin private ServerChoice server;

  @Parameters(
      index = "0",
      paramLabel = "BATCH",
      description = "The id of the batch (26 characters).")
  private String batch;

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "DIR",
      description = "What was archived in it.")
  private List<Path> sources;

  @Option(names = "--json", description = "Print one JSON object a line.")
  private boolean json;

  VerifyCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    BatchId id = BatchId.parse(batch);
    try (ServerChoice.Opened opened = server.open(context, json);
        BatchReader reader = new BatchReader(opened.url(), Context.version(), new SecureRandom())) {
      Comparison found = reader.compare(id, sources, Runtime.getRuntime().availableProcessors());
      found.differences().forEach(each -> tell("difference", each));
      found.unreadable().forEach(each -> tell("unreadable", each));
      conclude(id, found);
      if (!found.differences().isEmpty()) {
        return ExitCodes.DIFFERENT;
      }
      return found.unreadable().isEmpty() ? ExitCodes.OK : ExitCodes.INCOMPLETE;
    }
  }

  private void tell(String event, String message) {
    if (json) {
      context.out().println(Json.text(Map.of("event", event, "message", message)));
    } else {
      context.complain(message);
    }
  }

  private void conclude(BatchId id, Comparison found) {
    if (json) {
      Map<String, Object> event = new LinkedHashMap<>();
      event.put("event", "verified");
      event.put("batch_id", id.value());
      event.put("status", found.head().status());
      event.put("same", found.same());
      event.put("by_size_alone", found.bySizeAlone());
      event.put("differences", found.differences().size());
      event.put("unreadable", found.unreadable().size());
      context.out().println(Json.text(event));
      return;
    }
    context
        .out()
        .println(
            "batch "
                + id
                + " ("
                + found.head().status()
                + "): "
                + Console.count(found.same(), "file")
                + " the same, "
                + Console.count(found.differences().size(), "difference")
                + (found.unreadable().isEmpty()
                    ? ""
                    : ", " + found.unreadable().size() + " not readable here"));
    if (found.bySizeAlone() > 0) {
      context
          .out()
          .println(
              "the server has no digest of "
                  + Console.count(found.bySizeAlone(), "file")
                  + ": compared by size alone");
    }
  }
}
