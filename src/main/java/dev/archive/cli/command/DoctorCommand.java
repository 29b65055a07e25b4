package dev.archive.cli.command;

import dev.archive.cli.option.ServerChoice;
import dev.archive.cli.option.StateOption;
import dev.archive.cli.process.Context;
import dev.archive.cli.process.EventLine;
import dev.archive.cli.process.ExitCodes;
import dev.archive.cli.process.Output;
import dev.archive.model.Text;
import dev.archive.wire.Json;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code archive doctor}: whether an upload from this machine can be expected to work. */
@Command(
    name = "doctor",
    description = {
      "Checks this machine, the settings and the server, and says what is wrong. It changes"
          + " nothing; exit 0 if there is no failure, 2 if one is of this machine, else that of"
          + " the server (5 unreachable, 12 not authorized).",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {"  archive doctor", "  archive doctor --server https://ingest.example.org"},
    sortOptions = false)
public final class DoctorCommand implements Callable<Integer> {
  private final Context context;
  @Mixin private ServerChoice server;
  @Mixin private StateOption state;

  @Option(names = "--json", description = "Print one JSON object per line.")
  private boolean json;

  private int exit = ExitCodes.OK;

  public DoctorCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    context.out().are(Output.Purpose.CHECKS);
    context.out().hold("what was found", "nothing was changed");
    MachineChecks.run(context, state.directory(context), this::print);
    ServerChecks.run(context, server, this::print);
    return exit;
  }

  private void print(Check check) {
    if (exit == ExitCodes.OK) {
      exit = check.exit();
    }
    if (json) {
      Map<String, Object> event = EventLine.of("check");
      event.put("name", check.name());
      event.put("result", check.result());
      event.put("detail", check.detail());
      context.out().println(Json.text(event));
    } else {
      context
          .out()
          .printf(
              Locale.ROOT,
              "%-8s %-10s %s%n",
              check.result(),
              check.name(),
              Text.line(check.detail()));
    }
  }

  /**
   * What one check found.
   *
   * @param exit 0 unless it is a failure
   */
  record Check(String name, String result, String detail, int exit) {
    static Check ok(String name, String detail) {
      return new Check(name, "ok", detail, ExitCodes.OK);
    }

    static Check warning(String name, String detail) {
      return new Check(name, "warning", detail, ExitCodes.OK);
    }

    static Check failure(String name, String detail) {
      return failure(name, detail, ExitCodes.USAGE);
    }

    static Check failure(String name, String detail, int exit) {
      return new Check(name, "failure", detail, exit);
    }
  }
}
