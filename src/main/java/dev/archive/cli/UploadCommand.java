package dev.archive.cli;

import dev.archive.client.Failure;
import dev.archive.client.ReceiptDocument;
import dev.archive.client.RunReport;
import dev.archive.client.UploadOptions;
import dev.archive.client.UploadRun;
import dev.archive.durable.DurableFiles;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Text;
import dev.archive.source.SourceFile;
import dev.archive.wire.RawJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code archive upload}: plans, uploads, reconciles, finalizes, and prints the receipt. */
@Command(
    name = "upload",
    description = {
      "Archives directories and files as one batch, and prints a receipt once the"
          + " server has been proved to hold every one of them.",
      ""
    },
    sortOptions = false)
final class UploadCommand implements Callable<Integer> {
  private static final int MOST_PARALLEL = 256;

  private final Context context;
  @Spec private CommandSpec spec;
  @Mixin private ServerChoice server;
  @Mixin private StateOption state;

  @Parameters(arity = "1..*", paramLabel = "DIR", description = "Directories and files to archive.")
  private List<Path> sources;

  @Option(
      names = "--parallel",
      paramLabel = "N",
      defaultValue = "5",
      description = "Files in flight at once (default: ${DEFAULT-VALUE}).")
  private int parallel;

  @Option(
      names = "--parallel-parts",
      paramLabel = "N",
      defaultValue = "3",
      description = "Parts of one large file in flight at once (default: ${DEFAULT-VALUE}).")
  private int parallelParts;

  @Option(
      names = "--uploader",
      paramLabel = "NAME",
      description = "Who uploads (default: the user's name).")
  private String uploader;

  @Option(
      names = "--root-path",
      paramLabel = "/PATH",
      defaultValue = "/",
      description = "Where in the batch everything goes (default: ${DEFAULT-VALUE}).")
  private String rootPath;

  @Option(
      names = "--metadata",
      arity = "1",
      paramLabel = "JSON|@FILE|KEY=VALUE",
      description = "Metadata of the batch; may be given more than once.")
  private List<String> metadata = List.of();

  @Option(names = "--dry-run", description = "Only plan: say what would be archived.")
  private boolean dryRun;

  @Option(names = "--json", description = "Print one JSON object a line; the last is the receipt.")
  private boolean json;

  @Option(
      names = {"-q", "--quiet"},
      description = "Print nothing but problems (and, with --json, the receipt).")
  private boolean quiet;

  @Option(
      names = "--receipt",
      paramLabel = "FILE",
      description = "Also write the receipt, with every file's digest, to FILE.")
  private Path receipt;

  @Option(
      names = "--again",
      description = "Make a new batch, even if an earlier run archived all this.")
  private boolean again;

  @Option(names = "--rehash", description = "Read every file again, though it seems unchanged.")
  private boolean rehash;

  @Option(names = "--allow-empty", description = "Take sources without any file for a success.")
  private boolean allowEmpty;

  @Option(
      names = "--allow-skipped",
      description =
          "Finalize without files that cannot be archived, naming them in the batch and the"
              + " receipt; still exit 3.")
  private boolean allowSkipped;

  @Option(
      names = "--wait",
      arity = "0..1",
      paramLabel = "DURATION",
      fallbackValue = "3650d",
      preprocessor = AttachedValue.class,
      converter = DurationOption.class,
      description = "Wait for another run of the same sources (for example 10m), not exit 11.")
  private Duration waitForLock;

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      converter = DurationOption.class,
      description = "End after this time, with exit 5; the same command then goes on.")
  private Duration timeout;

  UploadCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws Exception {
    requireFrom1(parallel, "--parallel");
    requireFrom1(parallelParts, "--parallel-parts");
    requireUtf8Names();
    requireWritable(receipt);
    String root = rootPath();
    RawJson described = metadata.isEmpty() ? null : MetadataOption.parse(metadata);
    try (Interrupts interrupts = Interrupts.ofThisThread();
        Console console = new Console(context, json, quiet)) {
      if (dryRun) {
        UploadOptions.Server nowhere = new UploadOptions.Server("", "");
        List<Failure> failures = run(options(nowhere, root, described), console).plan();
        return failures.isEmpty()
            ? ExitCodes.OK
            : incomplete(console, failures, "nothing was done");
      }
      try (ServerChoice.Opened opened = server.open(context, quiet || json)) {
        UploadOptions.Server there = new UploadOptions.Server(opened.url(), opened.name());
        return end(console, upload(options(there, root, described), console), opened);
      } catch (Exception e) {
        // Whatever broke when a person asked to stop, broke because of that. Any exception, for
        // OkHttp is Kotlin and throws InterruptedException undeclared.
        ArchiveException failure = interrupts.came() ? interrupted(e) : known(e);
        int exit = interrupts.came() ? interrupts.exit() : ExitCodes.of(failure.code());
        console.failed(failure, exit);
        if (interrupts.came()) {
          context.complain(failure.getMessage());
          return exit;
        }
        throw failure;
      }
    }
  }

  private static ArchiveException interrupted(Exception e) {
    return new ArchiveException(
        ErrorCode.INTERRUPTED,
        "interrupted: nothing was finalized. What was proved is kept: run the same command again to go on",
        e);
  }

  private static ArchiveException known(Exception e) throws Exception {
    if (e instanceof ArchiveException known) {
      return known;
    }
    throw e;
  }

  private RunReport upload(UploadOptions options, Console console) {
    try {
      return run(options, console).run();
    } finally {
      // The embedded server is still to be closed in order.
      Thread.interrupted();
    }
  }

  private UploadRun run(UploadOptions options, Console console) {
    return new UploadRun(options, console, context.clock(), new SecureRandom());
  }

  private Integer end(Console console, RunReport report, ServerChoice.Opened opened) {
    console.close();
    if (report.alreadyDone()) {
      console.alreadyDone(report.receipt());
    }
    if (report.receipt() == null) {
      return report.failures().isEmpty()
          ? ExitCodes.OK
          : incomplete(console, report.failures(), "nothing was finalized");
    }
    if (receipt != null) {
      write(report);
    }
    int exit =
        report.failures().isEmpty()
            ? ExitCodes.OK
            : incomplete(console, report.failures(), "the batch was finalized without them");
    console.receipt(report.receipt(), opened);
    return exit;
  }

  private int incomplete(Console console, List<Failure> failures, String outcome) {
    int exit = ExitCodes.ofFiles(failures);
    ArchiveException incomplete =
        new ArchiveException(
            ErrorCode.INCOMPLETE,
            failures.size()
                + " could not be archived (named above); "
                + outcome
                + ". Mend or move them and run the same command again");
    console.failed(incomplete, exit);
    context.complain(incomplete.getMessage());
    return exit;
  }

  private void write(RunReport report) {
    try {
      DurableFiles.publish(
          receipt.toAbsolutePath(),
          out -> ReceiptDocument.write(report.receipt(), report.entries(), report.failures(), out));
    } catch (IOException e) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "batch "
              + report.receipt().batchId()
              + " is complete, but its receipt could not be written to "
              + Text.quote(receipt.toString())
              + ": "
              + SourceFile.reason(e)
              + "; archive receipt "
              + report.receipt().batchId()
              + " prints it",
          e);
    }
  }

  private UploadOptions options(UploadOptions.Server at, String root, RawJson described) {
    return new UploadOptions(
        sources,
        at,
        uploader == null ? System.getProperty("user.name") : uploader,
        root,
        described,
        parallel,
        parallelParts,
        new UploadOptions.Repeat(state.directory(context), again, rehash),
        new UploadOptions.Allow(allowEmpty, allowSkipped),
        waitForLock == null ? Duration.ZERO : waitForLock,
        timeout,
        Context.version());
  }

  private String rootPath() {
    String trimmed = rootPath.length() > 1 ? rootPath.replaceFirst("/+$", "") : rootPath;
    if (trimmed.equals("/")) {
      return trimmed;
    }
    try {
      return LogicalPath.parse(trimmed).toString();
    } catch (ArchiveException e) {
      throw new ParameterException(spec.commandLine(), "--root-path: " + e.getMessage(), e);
    }
  }

  private void requireFrom1(int value, String option) {
    if (value < 1 || value > MOST_PARALLEL) {
      throw new ParameterException(
          spec.commandLine(),
          option + " is a number from 1 to " + MOST_PARALLEL + ", not " + value);
    }
  }

  static void requireUtf8Names() {
    String encoding = System.getProperty("sun.jnu.encoding");
    if (!"UTF-8".equals(encoding)) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "Java reads file names as "
              + encoding
              + " here, and could not open some of them again;"
              + " set LC_ALL=C.UTF-8 and run again");
    }
  }

  private static void requireWritable(Path file) {
    if (file == null) {
      return;
    }
    Path directory = file.toAbsolutePath().getParent();
    if (Files.isDirectory(file) || directory == null || !Files.isWritable(directory)) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "a receipt cannot be written to " + Text.quote(file.toString()) + "; nothing was done");
    }
  }
}
