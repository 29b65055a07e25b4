package dev.archive.cli.command;

import dev.archive.cli.option.StateOption;
import dev.archive.cli.process.Context;
import dev.archive.cli.process.ExitCodes;
import dev.archive.cli.process.Output;
import dev.archive.client.state.StateDirectory;
import dev.archive.client.state.UnfinishedRun;
import dev.archive.model.ArchiveException;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import java.util.ArrayList;
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

/** {@code archive runs}: the uploads that have not ended. */
@Command(
    name = "runs",
    description = {
      "Lists the unfinished uploads of this machine, the one that was active last at the end, or"
          + " forgets one. Nothing that was archived is removed.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {"  archive runs", "  archive runs forget 01K0000000000000000000000A"},
    sortOptions = false)
public final class RunsCommand implements Callable<Integer> {
  private final Context context;
  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "ACTION",
      completionCandidates = Actions.class,
      description = "${COMPLETION-CANDIDATES} (default: list).")
  private @Nullable String action;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "RUN",
      description = "For forget: its batch or its id, as list prints them.")
  private @Nullable String run;

  @Mixin private StateOption state;

  @Option(names = "--json", description = "Print one JSON object per line.")
  private boolean json;

  public RunsCommand(Context context) {
    this.context = context;
  }

  /** What it can do. */
  static final class Actions extends ArrayList<String> {
    Actions() {
      super(List.of("list", "forget"));
    }
  }

  @Override
  public Integer call() {
    boolean forget = "forget".equals(action);
    if (!forget && action != null && !action.equals("list") || forget != (run != null)) {
      throw new ParameterException(spec.commandLine(), "say runs, or runs forget RUN");
    }
    StateDirectory directory = new StateDirectory(state.directory(context));
    List<String> unusable = new ArrayList<>();
    List<UnfinishedRun> unfinished = directory.unfinished(unusable::add);
    if (forget) {
      context.complain(UnfinishedRuns.forget(run, unfinished, directory));
      return ExitCodes.OK;
    }
    context.out().are(Output.Purpose.SHOWS);
    context.out().hold("the list of runs", "nothing was changed");
    UnfinishedRuns.print(unfinished, context, json);
    unusable.forEach(context::complain);
    if (!unusable.isEmpty()) {
      throw new ArchiveException(
          ErrorCode.INCOMPLETE,
          Count.of(unusable.size(), "journal")
              + " cannot be used (named above); forget "
              + (unusable.size() == 1 ? "it" : "them")
              + " with archive runs forget RUN");
    }
    return ExitCodes.OK;
  }
}
