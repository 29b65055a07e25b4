package dev.archive.cli.command;

import dev.archive.cli.option.BatchArgument;
import dev.archive.cli.option.DurationOption;
import dev.archive.cli.option.ParallelOption;
import dev.archive.cli.option.RecordOptions;
import dev.archive.cli.option.RunOptions;
import dev.archive.cli.option.ServerChoice;
import dev.archive.cli.option.ViewOptions;
import dev.archive.cli.process.Context;
import dev.archive.cli.process.EventLine;
import dev.archive.cli.process.ExitCodes;
import dev.archive.cli.process.Interrupts;
import dev.archive.cli.process.Output;
import dev.archive.cli.process.TargetFile;
import dev.archive.cli.view.Console;
import dev.archive.client.fetch.Export;
import dev.archive.client.fetch.Fetch;
import dev.archive.client.fetch.FetchOptions;
import dev.archive.client.fetch.FetchReport;
import dev.archive.client.fetch.FetchSession;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import dev.archive.model.Text;
import dev.archive.source.OwnPlaces;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code archive fetch}: gets files of a batch back. */
@Command(
    name = "fetch",
    description = {
      "Gets files of a finalized batch back, and proves each of them while it is written. Files that"
          + " are there already are compared, not fetched again; nothing is overwritten unless you"
          + " add --overwrite.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  archive fetch 01K0000000000000000000000A",
      "  archive fetch 01K0000000000000000000000A letters/1843 --to /srv/letters",
      "  archive fetch --bag 01K0000000000000000000000A --to /mnt/copy",
      "  archive fetch --tar 01K0000000000000000000000A | tar -t"
    },
    sortOptions = false)
public final class FetchCommand implements Callable<Integer> {
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
      paramLabel = "PATH",
      description = "Files and directories of the batch (default: all).")
  private List<String> paths = List.of();

  @Option(
      names = "--to",
      paramLabel = "DIR",
      description = "Where to put the files (default: a directory named after the batch).")
  private @Nullable Path to;

  @Option(names = "--bag", description = "Fetch the whole bag, with its tag files.")
  private boolean bag;

  @Option(names = "--tar", description = "Write a tar stream to standard output.")
  private boolean tar;

  @Option(
      names = "--overwrite",
      description = "Replace files and links that differ; directories are never replaced.")
  private boolean overwrite;

  @Option(
      names = "--no-attributes",
      description = "Fetch content alone: no dates, modes, symbolic links or empty directories.")
  private boolean noAttributes;

  @Mixin private ParallelOption parallel;
  @Mixin private ViewOptions view;
  @Mixin private RecordOptions records;

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      converter = DurationOption.class,
      description = "End after this time, with exit 5; the same command then goes on.")
  private @Nullable Duration timeout;

  @Option(names = "--json", description = "Print one JSON object per line.")
  private boolean json;

  @Option(
      names = {"-q", "--quiet"},
      description = "Print problems only (and, with --json, the result).")
  private boolean quiet;

  public FetchCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws Exception {
    BatchId id = BatchArgument.parse(batch);
    requireSense();
    RunOptions.requireUtf8Names();
    if (tar) {
      context.out().hold("the tar stream", "nothing was changed");
    } else {
      requireNoArchive(target(id));
      context.out().hold("the result", "what was fetched is kept");
    }
    context.out().are(tar ? Output.Purpose.SHOWS : Output.Purpose.CHANGES);
    if (json || tar) {
      context.out().claim(TargetFile.STDOUT);
    }
    records.open(context, spec.name(), tar ? List.of() : List.of(target(id)), true);
    try (Interrupts interrupts = Interrupts.ofThisThread();
        Console console = Console.fetching(context, json, quiet, view.look(context, json, quiet));
        ServerChoice.Opened opened = server.open(context, json || quiet || tar);
        FetchSession session =
            new FetchSession(
                opened.endpoint(),
                Context.version(),
                parallel.value(),
                timeout,
                console,
                context.clock(),
                new SecureRandom())) {
      interrupts.alsoBy(session::stop);
      try {
        return tar ? export(session, id) : fetch(session, id, console, opened);
      } catch (Exception e) {
        // What fails when a person asked to stop, fails because of that.
        if (!interrupts.came()) {
          throw e;
        }
        ArchiveException failure =
            new ArchiveException(
                ErrorCode.INTERRUPTED,
                tar
                    ? "interrupted: the tar stream is not whole"
                    : "interrupted: what was fetched is kept. Run the same command again to fetch"
                        + " the rest",
                e);
        console.failed(failure, interrupts.exit());
        context.complain(failure.getMessage());
        return interrupts.exit();
      } finally {
        // The embedded server is still to be closed in order.
        Thread.interrupted();
      }
    }
  }

  private void requireSense() {
    require(!bag || paths.isEmpty(), "--bag fetches the whole batch; name no PATH");
    require(
        !tar || !bag && !overwrite && !json && to == null,
        "--tar writes to standard output, and goes without --to, --bag, --overwrite and --json");
    var unused = parallel.value();
  }

  /** With --overwrite a file of a batch could replace the ledger or another batch. */
  private static void requireNoArchive(Path target) {
    Path root = OwnPlaces.archiveRootOf(target);
    if (root != null) {
      throw new ArchiveException(ErrorCode.USAGE, Fetch.inArchive(target, root));
    }
  }

  private void require(boolean condition, String otherwise) {
    if (!condition) {
      throw new ParameterException(spec.commandLine(), otherwise);
    }
  }

  private int export(FetchSession session, BatchId id) throws IOException {
    new Export(session, id)
        .tar(paths, !noAttributes, new BufferedOutputStream(context.out().stream(), 1 << 16));
    return ExitCodes.OK;
  }

  private int fetch(FetchSession session, BatchId id, Console console, ServerChoice.Opened opened) {
    Path target = target(id);
    FetchReport report =
        new Fetch(
                session,
                new FetchOptions(
                    id,
                    paths,
                    target,
                    bag,
                    overwrite,
                    !noAttributes,
                    OwnPlaces::isArchiveRoot,
                    parallel.value()),
                new SecureRandom())
            .run();
    console.close();
    int exit = ExitCodes.ofFetch(report.failures());
    if (exit == ExitCodes.OK) {
      context.out().hold("the result", "the files were fetched");
    }
    context.out().event(fields(report, target, opened), json);
    context.out().count("fetched", report.fetched(), -1);
    context.out().count("already_there", report.there(), -1);
    context.out().count("failed", report.failures().size(), -1);
    if (!json && !quiet) {
      print(report, target, opened);
    }
    if (exit != ExitCodes.OK) {
      ArchiveException incomplete =
          new ArchiveException(
              ErrorCode.INCOMPLETE,
              Count.of(report.failures().size(), "file")
                  + " could not be fetched (named above); the others are in "
                  + Text.quote(target.toString()));
      console.failed(incomplete, exit);
      context.complain(incomplete.getMessage());
    }
    return exit;
  }

  private Path target(BatchId id) {
    return (to == null ? Path.of(id.value()) : to).toAbsolutePath().normalize();
  }

  private void print(FetchReport report, Path target, ServerChoice.Opened opened) {
    context.row("fetched", "batch " + report.batch());
    context.row(
        "files",
        String.format(Locale.ROOT, "%,d", report.files())
            + (report.there() == 0
                ? ""
                : String.format(Locale.ROOT, ", %,d of them there already", report.there()))
            + (report.linked() == 0
                ? ""
                : String.format(Locale.ROOT, ", %,d of them hard links", report.linked()))
            + (report.failures().isEmpty()
                ? ""
                : String.format(Locale.ROOT, ", %,d not fetched", report.failures().size())));
    context.row("bytes", String.format(Locale.ROOT, "%,d", report.bytes()));
    context.row("manifest", "sha256:" + report.manifest());
    if (report.restored() + report.notRestored() > 0) {
      context.row(
          "restored",
          "attributes of "
              + Count.of(report.restored(), "name")
              + (report.notRestored() == 0
                  ? ""
                  : ", not of " + Count.number(report.notRestored())));
    }
    context.row("server", Text.printable(opened.name()));
    context.row(bag ? "bag" : "to", Text.printable(target.toString()));
  }

  private Map<String, Object> fields(FetchReport report, Path target, ServerChoice.Opened opened) {
    Map<String, Object> fields = EventLine.of("fetched");
    fields.put("batch_id", report.batch().value());
    fields.put("files", report.files());
    fields.put("bytes", report.bytes());
    fields.put("fetched", report.fetched());
    fields.put("already_there", report.there());
    fields.put("hard_links", report.linked());
    fields.put("failed", report.failures().size());
    fields.put("attributes_restored", report.restored());
    fields.put("attributes_not_restored", report.notRestored());
    fields.put("manifest_sha256", report.manifest().hex());
    fields.put("server", opened.name());
    fields.put("to", target.toString());
    fields.put("bag", bag);
    return fields;
  }
}
