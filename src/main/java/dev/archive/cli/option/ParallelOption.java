package dev.archive.cli.option;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How many calls a command makes at once. */
public final class ParallelOption {
  private static final int MAX = 256;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--parallel",
      paramLabel = "N",
      defaultValue = "5",
      description = "Calls at once (default: ${DEFAULT-VALUE}).")
  private int parallel;

  /** From 1. */
  public int value() {
    if (parallel < 1 || parallel > MAX) {
      throw new ParameterException(
          spec.commandLine(), "--parallel is a number from 1 to " + MAX + ", not " + parallel);
    }
    return parallel;
  }
}
