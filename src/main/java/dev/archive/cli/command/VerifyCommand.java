package dev.archive.cli.command;

import dev.archive.cli.option.AuditOptions;
import dev.archive.cli.option.BatchArgument;
import dev.archive.cli.option.FilterOptions;
import dev.archive.cli.option.ServerChoice;
import dev.archive.cli.process.Context;
import dev.archive.cli.process.EventLine;
import dev.archive.cli.process.ExitCodes;
import dev.archive.cli.process.Interrupts;
import dev.archive.cli.process.Output;
import dev.archive.cli.process.TargetFile;
import dev.archive.cli.view.AuditConsole;
import dev.archive.cli.view.BatchStanding;
import dev.archive.cli.view.ComparisonView;
import dev.archive.cli.view.KeptReceipt;
import dev.archive.client.plan.BatchReader;
import dev.archive.client.plan.BatchReader.Comparison;
import dev.archive.client.state.StateDirectory;
import dev.archive.model.BatchId;
import dev.archive.model.Count;
import dev.archive.model.Defect;
import dev.archive.model.Excluded;
import dev.archive.model.Text;
import dev.archive.server.audit.Audit.Subject;
import dev.archive.server.audit.AuditTotals;
import dev.archive.source.Filters;
import dev.archive.wire.Messages.AuditPage;
import dev.archive.wire.Messages.StatusHead;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code archive verify}: whether local files and a batch are the same, by size and SHA-256. */
@Command(
    name = "verify",
    description = {
      "Compares local files with the list that the server recorded, by path, size and SHA-256,"
          + " and by dates, modes, owners, links and directories if the batch has them;"
          + " with --deep, has the server read every stored byte again. Names every difference;"
          + " exit 3 when the batch was never finalized, 4 when there is a difference, 6 when"
          + " stored bytes are not what they were.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  archive verify 01K0000000000000000000000A /srv/records",
      "  archive verify --deep 01K0000000000000000000000A"
    },
    sortOptions = false)
public final class VerifyCommand implements Callable<Integer> {
  private final Context context;
  @Spec private CommandSpec spec;
  @Mixin private ServerChoice server;

  @Parameters(
      index = "0",
      paramLabel = "BATCH",
      description = "The id of the batch (26 characters).")
  private String batch;

  @Parameters(
      index = "1..*",
      arity = "0..*",
      paramLabel = "DIR",
      description = "What was archived in it; may be left out with --deep.")
  private List<Path> sources = List.of();

  @Option(
      names = "--deep",
      description =
          "Have the server read all it stores of the batch again, and name what is altered, missing"
              + " or extra.")
  private boolean deep;

  @Option(
      names = "--no-attributes",
      description =
          "Compare content alone: no dates, modes, owners, symbolic links or directories.")
  private boolean noAttributes;

  @Mixin private FilterOptions filters;
  @Mixin private AuditOptions options;

  @Option(names = "--json", description = "Print one JSON object per line.")
  private boolean json;

  public VerifyCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws Exception {
    BatchId id = BatchArgument.parse(batch);
    requireSense();
    context.out().are(Output.Purpose.CHECKS);
    context.out().hold("what was found", "nothing was changed");
    options.record(context, spec.name(), json, sources);
    try (Interrupts interrupts = Interrupts.ofThisThread()) {
      try (TargetFile report = options.openReport(context, sources);
          ServerChoice.Opened opened = server.open(context, json);
          BatchReader reader =
              new BatchReader(opened.endpoint(), Context.version(), new SecureRandom())) {
        interrupts.alsoBy(reader::stop);
        try {
          int stored = deep ? readAgain(id, reader, opened, report) : ExitCodes.OK;
          int here = sources.isEmpty() ? ExitCodes.OK : compare(id, reader);
          return ExitCodes.graver(stored, here);
        } catch (Exception e) {
          return AuditSession.interrupted(context, interrupts, e, deep, json);
        }
      }
    }
  }

  private void requireSense() {
    if (!deep && sources.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "name what was archived (DIR...), or say --deep");
    }
    if (sources.isEmpty() && !filters.filters(sources).options().isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "filters go with what was archived (DIR...): name it");
    }
    if (sources.isEmpty() && noAttributes) {
      throw new ParameterException(
          spec.commandLine(), "--no-attributes goes with what was archived (DIR...): name it");
    }
    if (!deep && options.given()) {
      throw new ParameterException(
          spec.commandLine(), "--sample, --report, --max-age and --again go with --deep only");
    }
  }

  private int readAgain(
      BatchId id, BatchReader reader, ServerChoice.Opened opened, TargetFile report) {
    reader.requireAudit();
    StatusHead head = reader.summary(id);
    BatchStanding standing = standing(id, head);
    if (standing == BatchStanding.GONE) {
      return ExitCodes.INCOMPLETE;
    }
    Subject subject =
        new Subject(
            id,
            Objects.requireNonNullElse(head.filesUploaded(), 0L),
            Objects.requireNonNullElse(head.totalBytesUploaded(), 0L));
    AuditTotals totals =
        new AuditSession(context, options, report, json)
            .run(
                opened.name() + " " + id,
                List.of(subject),
                false,
                (batch, after, sample, readSince, read) -> {
                  Duration maxAge =
                      readSince == null
                          ? null
                          : Duration.between(readSince, context.clock().instant());
                  AuditPage page = reader.audit(batch, after, sample, maxAge);
                  read.accept(page.bytesRead());
                  return page;
                });
    Map<String, Object> event =
        EventLine.of(
            "audited",
            "batch_id",
            id.value(),
            "status",
            head.status(),
            "finalized",
            standing.isFinalized());
    event.putAll(totals.fields());
    context.out().event(event, json);
    AuditSession.count(context, totals);
    if (!json) {
      AuditSession.advise(context, totals);
      context
          .out()
          .println(
              "batch "
                  + id
                  + " ("
                  + Text.brief(head.status())
                  + ") read again: "
                  + AuditConsole.sentence(totals));
    }
    return ExitCodes.of(totals) == ExitCodes.OK
            && (totals.of(Defect.UNFINISHED) > 0 || !standing.isFinalized())
        ? ExitCodes.INCOMPLETE
        : ExitCodes.of(totals);
  }

  /** Those of the command line; where they leave nothing out, those that the receipt tells. */
  private Filters filters(BatchId id) {
    Filters given = filters.filters(sources);
    Path receipt = new StateDirectory(options.state(context)).receipt(id);
    boolean chosen = given.options().stream().anyMatch(each -> !each.equals(Filters.XATTRS));
    if (chosen || !Files.exists(receipt)) {
      return given;
    }
    Filters kept = Filters.parse(KeptReceipt.read(receipt).filters());
    kept = given.xattrs() ? kept.withXattrs() : kept;
    if (kept.lackNames()) {
      tell(
          "filters",
          "the upload was given a list of files that is not kept: files that are not in the batch"
              + " may not have been in the list; give it again with --files-from");
    }
    if (!kept.options().isEmpty()) {
      tell(
          "filters",
          "comparing with the filters of the upload: "
              + String.join(" ", kept.options().stream().map(Text::quote).toList()));
    }
    return kept;
  }

  private Comparison read(BatchId id, BatchReader reader) {
    Filters compared = filters(id);
    try (ComparisonView view = new ComparisonView(context, json, options.look(context, json))) {
      return reader.compare(
          id,
          sources,
          context.settings().own(options.state(context), options.report()),
          compared,
          !noAttributes,
          Runtime.getRuntime().availableProcessors(),
          context.clock(),
          view);
    }
  }

  private int compare(BatchId id, BatchReader reader) {
    Comparison found = read(id, reader);
    BatchStanding standing =
        deep ? BatchStanding.of(found.head().status()) : standing(id, found.head());
    if (standing == BatchStanding.GONE) {
      return ExitCodes.INCOMPLETE;
    }
    found.differences().forEach(each -> tell("difference", each));
    found.unreadable().forEach(each -> tell("unreadable", each));
    conclude(id, found, standing);
    if (!standing.isFinalized()) {
      // That it differs from what is here is in the nature of a batch that is not complete.
      return ExitCodes.INCOMPLETE;
    }
    if (!found.differences().isEmpty()) {
      return ExitCodes.DIFFERENT;
    }
    return found.unreadable().isEmpty() ? ExitCodes.OK : ExitCodes.INCOMPLETE;
  }

  /** Tells what the status of the batch means, where it is not what one hopes for. */
  private BatchStanding standing(BatchId id, StatusHead head) {
    BatchStanding standing = BatchStanding.of(head.status());
    String sentence = standing.sentence(id, head.status());
    if (sentence != null) {
      tell(standing.isFinalized() ? "failed_processing" : "not_finalized", sentence);
    }
    return standing;
  }

  private void tell(String event, String message) {
    context.out().event(EventLine.of(event, "message", message), json);
    if (!json) {
      context.show(message);
    }
  }

  private void conclude(BatchId id, Comparison found, BatchStanding standing) {
    context.out().count("same", found.same(), -1);
    context.out().count("different", found.differences().size(), -1);
    context.out().count("unreadable_here", found.unreadable().size(), -1);
    context.out().event(fields(id, found, standing), json);
    if (json) {
      return;
    }
    say(
        "batch "
            + id
            + " ("
            + Text.brief(found.head().status())
            + "): "
            + Count.of(found.same(), "file")
            + " the same, "
            + Count.of(found.differences().size(), "difference")
            + (found.unreadable().isEmpty()
                ? ""
                : ", " + found.unreadable().size() + " not readable here"));
    if (!found.excluded().isEmpty()) {
      say(
          "excluded here by filters, and not compared: "
              + Excluded.sum(found.excluded(), "").counts());
    }
    if (found.bySizeAlone() > 0) {
      say(
          "the server has no digest of "
              + Count.of(found.bySizeAlone(), "file")
              + ": compared by size alone");
    }
    say(
        "compared: names, sizes and digests of local files with the server's ledger; "
            + (deep
                ? "the line above tells which stored bytes were read again"
                : "stored bytes were not read again (--deep does that)"));
    say(
        found.attributesWhy() == null
            ? (found.xattrs()
                    ? "compared: dates, modes, owners, links and extended attributes of "
                    : "compared: dates, modes, owners and links of ")
                + Count.of(found.attributes(), "name")
                + " with attributes.jsonl of the bag, which has the digest in the ledger"
            : "not compared: dates, modes, owners and links, because " + found.attributesWhy());
  }

  private void say(String line) {
    context.out().println(line);
  }

  private Map<String, Object> fields(BatchId id, Comparison found, BatchStanding standing) {
    Map<String, Object> event = EventLine.of("verified");
    event.put("batch_id", id.value());
    event.put("status", found.head().status());
    event.put("finalized", standing.isFinalized());
    event.put("stored_bytes_read", deep);
    event.put("same", found.same());
    event.put("by_size_alone", found.bySizeAlone());
    event.put("differences", found.differences().size());
    event.put("unreadable", found.unreadable().size());
    event.put("excluded", found.excluded());
    event.put("attributes_compared", found.attributes());
    event.put("attribute_differences", found.attributeDifferences());
    String content = deep ? "ledger and bytes" : "ledger";
    Map<String, Object> compared = new LinkedHashMap<>();
    compared.put("names", content);
    compared.put("sizes", content);
    compared.put("digests", content);
    compared.put("attributes", found.attributesWhy() == null ? "bytes" : "nothing");
    event.put("compared_with", compared);
    return event;
  }
}
