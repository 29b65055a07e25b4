package dev.archive.cli.command;

import dev.archive.cli.process.Context;
import dev.archive.cli.process.ExitCodes;
import dev.archive.cli.process.Output;
import dev.archive.model.Text;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code archive schema}: prints the JSON Schema of what the program writes for machines. */
@Command(
    name = "schema",
    description = {"Prints the JSON Schema of the events of --json, or of --receipt files.", ""},
    sortOptions = false,
    footer = {"  archive schema events", "  archive schema receipt"})
public final class SchemaCommand implements Callable<Integer> {
  private final Context context;
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "NAME",
      completionCandidates = Names.class,
      description = "${COMPLETION-CANDIDATES}.")
  private String name;

  public SchemaCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    context.out().are(Output.Purpose.SHOWS);
    context.out().hold("the schema", "nothing was done");
    if (!new Names().contains(name)) {
      throw new ParameterException(
          spec.commandLine(), "NAME is events or receipt, not " + Text.quote(name));
    }
    try (InputStream in = getClass().getResourceAsStream("/schema/" + name + ".schema.json")) {
      context.out().print(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return ExitCodes.OK;
  }

  /** What there is a schema of. */
  static final class Names extends ArrayList<String> {
    Names() {
      super(List.of("events", "receipt"));
    }
  }
}
