package dev.archive.cli.command;

import dev.archive.cli.option.AuditOptions;
import dev.archive.cli.option.BatchArgument;
import dev.archive.cli.option.RunOptions;
import dev.archive.cli.process.Context;
import dev.archive.cli.process.EventLine;
import dev.archive.cli.process.ExitCodes;
import dev.archive.cli.process.Interrupts;
import dev.archive.cli.process.Output;
import dev.archive.cli.process.TargetFile;
import dev.archive.cli.view.AuditConsole;
import dev.archive.model.BatchId;
import dev.archive.model.Count;
import dev.archive.server.audit.Audit;
import dev.archive.server.audit.AuditTotals;
import dev.archive.server.audit.Quarantined;
import dev.archive.wire.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code archive audit}: reads again what an archive on this machine holds. */
@Command(
    name = "audit",
    description = {
      "Reads every stored byte of an archive on this machine again, and names what is altered,"
          + " missing or extra. A server may run meanwhile; nothing is changed.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  archive audit --root /srv/archive",
      "  archive audit --root /srv/archive --sample 5 --report findings.jsonl"
    },
    sortOptions = false)
public final class AuditCommand implements Callable<Integer> {
  private static final int MAX_PARALLEL = 256;

  private final Context context;
  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..*",
      paramLabel = "BATCH",
      description = "Only these batches (default: all).")
  private List<String> batches = List.of();

  @Option(
      names = "--root",
      paramLabel = "DIR",
      description = "Root of the archive (default: the embedded archive in ARCHIVE_HOME).")
  private @Nullable Path root;

  @Mixin private AuditOptions options;

  @Option(
      names = "--parallel",
      paramLabel = "N",
      description = "Files read at once (default: one per processor).")
  private @Nullable Integer parallel;

  @Option(names = "--json", description = "Print one JSON object per line; the last is the result.")
  private boolean json;

  public AuditCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws Exception {
    int threads = parallel == null ? Runtime.getRuntime().availableProcessors() : parallel;
    if (threads < 1 || threads > MAX_PARALLEL) {
      throw new ParameterException(
          spec.commandLine(),
          "--parallel is a number from 1 to " + MAX_PARALLEL + ", not " + threads);
    }
    RunOptions.requireUtf8Names();
    context.out().are(Output.Purpose.CHECKS);
    context.out().hold("what was found", "nothing was changed");
    List<BatchId> named =
        batches.stream()
            .map(BatchArgument::parse)
            .distinct()
            .sorted(Comparator.comparing(BatchId::value))
            .toList();
    Path home = (root == null ? context.settings().home() : root).toAbsolutePath().normalize();
    options.record(context, spec.name(), json, List.of(home));
    try (Interrupts interrupts = Interrupts.ofThisThread()) {
      try (TargetFile report = options.openReport(context, List.of(home));
          Audit audit = Audit.of(home, threads, context.clock())) {
        try {
          AuditTotals totals =
              new AuditSession(context, options, report, json)
                  .run(name(home, named), audit.subjects(named), true, audit::page);
          quarantine(home);
          conclude(totals);
          return ExitCodes.of(totals);
        } catch (Exception e) {
          return AuditSession.interrupted(context, interrupts, e, true, json);
        }
      }
    }
  }

  private static String name(Path home, List<BatchId> named) {
    return named.isEmpty()
        ? home.toString()
        : named.stream().map(BatchId::value).collect(Collectors.joining(" ", home + " ", ""));
  }

  private void quarantine(Path home) throws IOException {
    for (Quarantined entry : Quarantined.below(home)) {
      if (json) {
        context.out().println(Json.text(QuarantineCommand.fields(entry)));
      } else {
        context.complain("in quarantine: " + QuarantineCommand.line(entry));
      }
    }
  }

  private void conclude(AuditTotals totals) {
    Map<String, Object> event = EventLine.of("audited");
    event.putAll(totals.fields());
    context.out().event(event, json);
    AuditSession.count(context, totals);
    if (json) {
      return;
    }
    AuditSession.advise(context, totals);
    context
        .out()
        .println(Count.of(totals.batches(), "batch") + ", " + AuditConsole.sentence(totals));
  }
}
