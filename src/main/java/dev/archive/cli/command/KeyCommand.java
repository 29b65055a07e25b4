package dev.archive.cli.command;

import dev.archive.cli.option.RootOption;
import dev.archive.cli.process.Context;
import dev.archive.cli.process.ExitCodes;
import dev.archive.server.KeyRotation;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code archive key}: with what upload URLs are signed. */
@Command(
    name = "key",
    description = {
      "Replaces the key that signs the upload URLs of an archive on this machine. A server may run"
          + " meanwhile. URLs of the key before stay valid until they expire; rotate twice to end"
          + " those, too.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {"  archive key rotate --root /srv/archive"},
    sortOptions = false)
public final class KeyCommand implements Callable<Integer> {
  private final Context context;
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "ACTION", description = "rotate.")
  private String action;

  @Mixin private RootOption root;

  public KeyCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    if (!action.equals("rotate")) {
      throw new ParameterException(spec.commandLine(), "say key rotate");
    }
    context.out().println("key " + KeyRotation.of(root.directory(context)) + " signs from now on");
    return ExitCodes.OK;
  }
}
