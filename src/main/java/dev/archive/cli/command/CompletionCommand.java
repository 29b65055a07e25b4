package dev.archive.cli.command;

import dev.archive.cli.process.Context;
import dev.archive.cli.process.ExitCodes;
import dev.archive.cli.process.Output;
import dev.archive.model.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code archive completion}: prints what makes a shell complete this program's command lines. */
@Command(
    name = "completion",
    description = {
      "Prints a shell's completion script."
          + " bash and zsh: source <(archive completion bash|zsh);"
          + " fish: archive completion fish | source.",
      ""
    },
    sortOptions = false)
public final class CompletionCommand implements Callable<Integer> {
  private final Context context;
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "SHELL",
      completionCandidates = Shells.class,
      description = "${COMPLETION-CANDIDATES}.")
  private String shell;

  public CompletionCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    context.out().are(Output.Purpose.SHOWS);
    context.out().hold("the script", "nothing was done");
    Completions completions = new Completions(spec.root());
    context
        .out()
        .print(
            switch (shell) {
              case "bash" -> completions.bash();
              case "zsh" -> completions.zsh();
              case "fish" -> completions.fish();
              default ->
                  throw new ParameterException(
                      spec.commandLine(), "SHELL is bash, zsh or fish, not " + Text.quote(shell));
            });
    return ExitCodes.OK;
  }

  /** The shells there is a script for. */
  static final class Shells extends ArrayList<String> {
    Shells() {
      super(List.of("bash", "zsh", "fish"));
    }
  }
}
