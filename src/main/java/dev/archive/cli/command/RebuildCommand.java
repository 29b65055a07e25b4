package dev.archive.cli.command;

import dev.archive.cli.option.RootOption;
import dev.archive.cli.process.Context;
import dev.archive.cli.process.EventLine;
import dev.archive.cli.process.ExitCodes;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Text;
import dev.archive.server.Rebuild;
import dev.archive.server.Rebuild.Outcome;
import dev.archive.server.Rebuild.Result;
import dev.archive.wire.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code archive rebuild}: makes a ledger again from the bags. */
@Command(
    name = "rebuild",
    description = {
      "Rebuilds the ledger of an archive on this machine if it is lost, damaged or older than"
          + " the archive: reads every bag, adds those that prove complete, and moves bytes of"
          + " unfinished batches to quarantine. What an older ledger knows is kept. No server may"
          + " run.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {"  archive rebuild --root /srv/archive"},
    sortOptions = false)
public final class RebuildCommand implements Callable<Integer> {
  private final Context context;
  private final Map<Result, Integer> counts = new EnumMap<>(Result.class);

  @Mixin private RootOption root;

  @Option(names = "--json", description = "Print one JSON object per line.")
  private boolean json;

  public RebuildCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    Path home = root.directory(context);
    try {
      Rebuild.of(home, context.clock(), this::print);
    } catch (IOException e) {
      throw new ArchiveException(
          ErrorCode.INTERNAL,
          "the ledger of " + home + " was not rebuilt: " + e + "; the one before is still there",
          e);
    }
    if (!json) {
      context
          .out()
          .println(
              String.format(
                  Locale.ROOT,
                  "ledger rebuilt: %d from bags, %d in quarantine, %d damaged",
                  counts.getOrDefault(Result.REBUILT, 0),
                  counts.getOrDefault(Result.QUARANTINED, 0),
                  counts.getOrDefault(Result.DAMAGED, 0)));
    }
    return counts.containsKey(Result.DAMAGED) ? ExitCodes.FIXITY : ExitCodes.OK;
  }

  private void print(Outcome outcome) {
    counts.merge(outcome.result(), 1, Integer::sum);
    String result = outcome.result().name().toLowerCase(Locale.ROOT);
    if (json) {
      Map<String, Object> fields = EventLine.of(result);
      fields.put("what", outcome.what());
      fields.put("files", outcome.files());
      fields.put("bytes", outcome.bytes());
      fields.put("detail", outcome.detail());
      context.out().println(Json.text(fields));
    } else {
      context
          .out()
          .println(
              outcome.what()
                  + "  "
                  + result
                  + (outcome.detail() == null ? "" : ": " + Text.printable(outcome.detail())));
    }
  }
}
