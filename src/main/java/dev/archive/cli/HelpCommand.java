package dev.archive.cli;

import dev.archive.cli.process.Context;
import dev.archive.cli.process.ExitCodes;
import dev.archive.model.Count;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** {@code archive help}: what {@code --help} prints, for those who ask this way. */
@Command(
    name = "help",
    description = {"Prints the help of a command, as --help after it does.", ""},
    sortOptions = false)
final class HelpCommand implements Callable<Integer> {
  private final Context context;
  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "COMMAND",
      completionCandidates = Names.class,
      description = "The command (default: list all commands).")
  private @Nullable String name;

  @Option(
      names = "--man",
      paramLabel = "DIR",
      description = "Write the manual pages of all commands to this directory, for man.")
  private @Nullable Path manual;

  HelpCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    CommandLine all = spec.root().commandLine();
    if (manual != null) {
      int pages = ManPage.writeAll(all, manual);
      context.out().println(Count.of(pages, "manual page") + " written to " + manual);
      return ExitCodes.OK;
    }
    CommandLine asked = name == null ? all : all.getSubcommands().get(name);
    if (asked == null) {
      throw new UnmatchedArgumentException(all, List.of(name));
    }
    asked.usage(context.out().writer());
    return ExitCodes.OK;
  }

  /** The names of all commands. */
  static final class Names extends ArrayList<String> {
    Names() {
      super(Commands.NAMES);
    }
  }
}
