package dev.archive.cli;

import dev.archive.client.RunReport;
import dev.archive.client.UploadOptions;
import dev.archive.client.UploadRun;
import dev.archive.durable.DurableFiles;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Text;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
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

  UploadCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    requireFrom1(parallel, "--parallel");
    requireFrom1(parallelParts, "--parallel-parts");
    requireUtf8Names();
    UploadOptions options = options();
    requireWritable(receipt);
    Console console = new Console(context, json, quiet);
    if (dryRun) {
      return end(console, run(console, options), null);
    }
    try (ServerChoice.Opened opened = server.open(context, quiet)) {
      return end(console, run(console, at(options, opened.url())), opened);
    }
  }

  private RunReport run(Console console, UploadOptions options) {
    try (console) {
      return new UploadRun(options, console, context.clock(), new SecureRandom()).run();
    } catch (ArchiveException e) {
      console.failed(e, ExitCodes.of(e.code()));
      throw e;
    }
  }

  private Integer end(Console console, RunReport report, ServerChoice.Opened opened) {
    if (!report.failures().isEmpty()) {
      int exit = ExitCodes.ofFiles(report.failures());
      ArchiveException incomplete =
          new ArchiveException(
              ErrorCode.INCOMPLETE,
              report.failures().size()
                  + " could not be archived (named above); nothing was finalized."
                  + " Mend or move them and run the same command again");
      console.failed(incomplete, exit);
      context.complain(incomplete.getMessage());
      return exit;
    }
    if (report.receipt() != null) {
      if (receipt != null) {
        write(report);
      }
      console.receipt(report.receipt(), opened);
    }
    return ExitCodes.OK;
  }

  private void write(RunReport report) {
    try {
      DurableFiles.publish(receipt.toAbsolutePath(), out -> ReceiptFile.write(report, out));
    } catch (IOException e) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "batch "
              + report.receipt().batchId()
              + " is complete, but its receipt could not be written to "
              + Text.quote(receipt.toString())
              + ": "
              + e.getMessage(),
          e);
    }
  }

  private UploadOptions options() {
    return new UploadOptions(
        sources,
        "",
        uploader == null ? System.getProperty("user.name") : uploader,
        rootPath(),
        metadata.isEmpty() ? null : MetadataOption.parse(metadata),
        parallel,
        parallelParts,
        dryRun,
        Context.version());
  }

  private static UploadOptions at(UploadOptions options, String url) {
    return new UploadOptions(
        options.sources(),
        url,
        options.uploader(),
        options.rootPath(),
        options.metadata(),
        options.parallel(),
        options.parallelParts(),
        options.dryRun(),
        options.version());
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

  private static void requireUtf8Names() {
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
