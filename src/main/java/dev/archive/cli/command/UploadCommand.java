package dev.archive.cli.command;

import dev.archive.cli.option.ExistingClientOptions;
import dev.archive.cli.option.FilterOptions;
import dev.archive.cli.option.MetadataOption;
import dev.archive.cli.option.RunOptions;
import dev.archive.cli.option.ServerChoice;
import dev.archive.cli.process.Context;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Text;
import dev.archive.source.SourceWalker;
import dev.archive.wire.RawJson;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
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
          + " server has been shown to hold every one of them.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  archive upload --dry-run /srv/records",
      "  archive upload --parallel 5 /srv/records",
      "  archive upload --server https://ingest.example.org /srv/records",
      "  archive upload --metadata collection=letters --root-path /1843 /srv/letters"
    },
    sortOptions = false)
public final class UploadCommand implements Callable<Integer> {
  private final Context context;
  @Spec private CommandSpec spec;
  @Mixin private ServerChoice server;

  @Parameters(arity = "1..*", paramLabel = "DIR", description = "Directories and files to archive.")
  private List<Path> sources;

  @Option(
      names = "--uploader",
      paramLabel = "NAME",
      description = "Who uploads (default: the user's name).")
  private @Nullable String uploader;

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

  @Mixin private FilterOptions filters;

  @Option(names = "--dry-run", description = "Only plan: print what would be archived.")
  private boolean dryRun;

  @Option(
      names = "--again",
      description = "Make a new batch, even if an earlier run archived all this.")
  private boolean again;

  @Mixin private RunOptions options;
  @Mixin private ExistingClientOptions existing;

  public UploadCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws Exception {
    if (!dryRun) {
      options.tellOutcome(context);
    }
    options.record(context, SourceWalker.resolve(sources), dryRun);
    options.check();
    nameServer();
    String root = rootPath();
    requireUtf8("--uploader", uploader);
    requireUtf8("--root-path", rootPath);
    metadata.forEach(each -> requireUtf8("--metadata", each));
    RawJson described = metadata.isEmpty() ? null : MetadataOption.parse(metadata);
    String name = uploader == null ? System.getProperty("user.name") : uploader;
    Uploading uploading =
        new Uploading(
            context,
            options,
            new RunOptions.Subject(
                sources, name, root, described, again, false, filters.filters(sources)));
    return dryRun
        ? uploading.plan()
        : uploading.run(
            () -> server.open(context, false, again ? null : options.stateDirectory(context)));
  }

  /**
   * Java puts U+FFFD in the place of bytes that are not UTF-8: something else would be recorded.
   */
  private void requireUtf8(String option, String value) {
    if (value != null && value.indexOf('\uFFFD') >= 0) {
      throw new ParameterException(
          spec.commandLine(), option + ": not valid UTF-8, or it has U+FFFD: " + Text.quote(value));
    }
  }

  private void nameServer() {
    existing.check(context);
    boolean given = spec.commandLine().getParseResult().hasMatchedOption("--server");
    if (existing.workerUrl() != null) {
      server.use(existing.workerUrl(), given);
    } else if (!given) {
      requireSettingsOutside(context.settings().existingFileWithServer());
    }
    server.check();
  }

  /** What somebody gave to be archived must not say where it is sent. */
  private void requireSettingsOutside(Path file) {
    if (file != null && SourceWalker.resolve(sources).stream().anyMatch(real(file)::startsWith)) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "the server is named by "
              + Text.quote(file.toString())
              + ", which lies in what is to be archived; nothing was done; move it, or name the"
              + " server with --server URL");
    }
  }

  private static Path real(Path file) {
    try {
      return file.toRealPath();
    } catch (IOException e) {
      return file.toAbsolutePath().normalize();
    }
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
}
