package dev.archive.cli.option;

import static java.util.stream.Collectors.toSet;

import dev.archive.cli.process.Context;
import dev.archive.cli.process.Look;
import dev.archive.client.run.UploadOptions;
import dev.archive.client.state.StateDirectory;
import dev.archive.client.state.Trust;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.source.Filters;
import dev.archive.wire.RawJson;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How to run: the options that do not make it another run, for every command that has one. */
public final class RunOptions {
  private static final int MAX_PARALLEL = 256;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Mixin private StateOption state;

  @Mixin private ViewOptions view;
  @Mixin private RecordOptions records;

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
      names = "--limit-rate",
      paramLabel = "RATE",
      converter = RateOption.class,
      description = "Send at most this many bytes a second, all files together (for example 10M).")
  private @Nullable Long limitRate;

  @Option(
      names = "--on-success",
      paramLabel = "COMMAND",
      description = "Run COMMAND at the end if the exit code is 0; its input is JSON.")
  private @Nullable String onSuccess;

  @Option(
      names = "--on-failure",
      paramLabel = "COMMAND",
      description = "Run COMMAND at the end if the exit code is not 0; its input is JSON.")
  private @Nullable String onFailure;

  @Option(
      names = "--json",
      description = "Print one JSON object per line; the last is the receipt.")
  public boolean json;

  @Option(
      names = {"-q", "--quiet"},
      description = "Print problems only (and, with --json, the receipt).")
  public boolean quiet;

  @Option(
      names = "--receipt",
      paramLabel = "FILE",
      description = "Also write the receipt, with every file's digest, to FILE.")
  public @Nullable Path receipt;

  @Option(
      names = "--report",
      paramLabel = "FILE",
      description = "Also write the receipt as a page for people, in HTML, to FILE.")
  public @Nullable Path report;

  @Option(
      names = "--premis",
      paramLabel = "FILE",
      description = "Also write the receipt as PREMIS 3, in XML, to FILE.")
  public @Nullable Path premis;

  @Option(
      names = "--failed-list",
      paramLabel = "FILE",
      description =
          "Also write the names of files that could not be archived, with reasons, to FILE, as"
              + " --files-from reads them.")
  public @Nullable Path failedList;

  @Option(names = "--rehash", description = "Read every file again, even if it seems unchanged.")
  private boolean rehash;

  @Option(
      names = "--ignore-ctime",
      description =
          "Do not read a file again because its time of change (ctime) differs, on file systems"
              + " that change it by themselves.")
  private boolean ignoreCtime;

  @Option(
      names = "--ignore-inode",
      description =
          "Do not read a file again because its inode differs, on file systems that make up new"
              + " ones; implies --ignore-ctime.")
  private boolean ignoreInode;

  @Option(names = "--allow-empty", description = "Succeed if there are no files.")
  private boolean allowEmpty;

  @Option(
      names = "--allow-skipped",
      description =
          "Finalize without files that cannot be archived, naming them in the batch and the"
              + " receipt; still exit 3.")
  private boolean allowSkipped;

  @Option(
      names = "--portable-names",
      description =
          "Archive nothing if there are names that other tools or systems stumble over; exit 3.")
  private boolean portableNames;

  @Option(
      names = "--allow-upload-host",
      paramLabel = "HOST",
      description =
          "Send bytes to this host wherever the server names it, also without TLS or to a private"
              + " address; may be given more than once.")
  private List<String> uploadHosts = List.of();

  @Option(
      names = "--wait",
      arity = "0..1",
      paramLabel = "DURATION",
      fallbackValue = "3650d",
      preprocessor = AttachedValue.class,
      converter = DurationOption.class,
      description = "Wait for another run of the same sources (for example 10m), not exit 11.")
  private @Nullable Duration waitForLock;

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      converter = DurationOption.class,
      description = "End after this time, with exit 5; the same command then goes on.")
  private @Nullable Duration timeout;

  /**
   * What is archived, and under which name.
   *
   * @param metadata of the batch, or null
   * @param again to make a new batch even if nothing changed since the last
   * @param filters what of the sources is archived
   * @param allowSkipped whether the run that this one resumes had {@code --allow-skipped}
   */
  public record Subject(
      List<Path> sources,
      String uploader,
      String rootPath,
      @Nullable RawJson metadata,
      boolean again,
      boolean allowSkipped,
      Filters filters) {}

  /** Refuses what cannot go well, before anything is done. */
  public void check() {
    requireFrom1(parallel, "--parallel");
    requireFrom1(parallelParts, "--parallel-parts");
    requireUtf8Names();
  }

  public StateDirectory stateDirectory(Context context) {
    return new StateDirectory(state(context));
  }

  public Path state(Context context) {
    return state.directory(context);
  }

  /** How progress is shown. */
  public Look look(Context context) {
    return view.look(context, json, quiet);
  }

  /** How long the whole run may take; null for ever. */
  public @Nullable Duration timeout() {
    return timeout;
  }

  public UploadOptions of(Subject subject, UploadOptions.Server at, Context context) {
    return new UploadOptions(
        subject.sources(),
        at,
        subject.uploader(),
        subject.rootPath(),
        subject.metadata(),
        atMost(parallel, 1),
        atMost(parallelParts, atMost(parallel, 1)),
        limitRate,
        new UploadOptions.Repeat(
            state.directory(context),
            subject.again(),
            rehash,
            new Trust(ignoreCtime || ignoreInode, ignoreInode)),
        new UploadOptions.Allow(
            allowEmpty,
            allowSkipped || subject.allowSkipped(),
            !portableNames,
            uploadHosts.stream().map(host -> host.toLowerCase(Locale.ROOT)).collect(toSet())),
        waitForLock == null ? Duration.ZERO : waitForLock,
        timeout,
        Context.version(),
        context.settings().own(state.directory(context), receipt),
        subject.filters());
  }

  /** So few that a limited rate leaves each of them one that a server takes for alive. */
  private int atMost(int bodies, int times) {
    return limitRate == null
        ? bodies
        : (int) Math.max(1, Math.min(bodies, limitRate / RateOption.MIN / times));
  }

  /**
   * Opens the files in which the run is recorded, before all other work.
   *
   * @param sources which they must not lie in
   * @param rehearsal whether nothing is archived, and monitors are told nothing
   */
  public void record(Context context, List<Path> sources, boolean rehearsal) {
    List<Path> others = new ArrayList<>(sources);
    others.add(state(context));
    records.open(context, spec.name(), others, !rehearsal);
  }

  /** Has the commands that were asked for run at the end of the run. */
  public void tellOutcome(Context context) {
    context.out().outcome().tell(spec.name(), onSuccess, onFailure);
  }

  private void requireFrom1(int value, String option) {
    if (value < 1 || value > MAX_PARALLEL) {
      throw new ParameterException(
          spec.commandLine(), option + " is a number from 1 to " + MAX_PARALLEL + ", not " + value);
    }
  }

  public static void requireUtf8Names() {
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
}
