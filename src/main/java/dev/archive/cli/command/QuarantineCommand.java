package dev.archive.cli.command;

import dev.archive.cli.option.RootOption;
import dev.archive.cli.process.Context;
import dev.archive.cli.process.EventLine;
import dev.archive.cli.process.ExitCodes;
import dev.archive.cli.view.Console;
import dev.archive.model.ArchiveException;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import dev.archive.model.Text;
import dev.archive.server.audit.Quarantined;
import dev.archive.wire.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code archive quarantine}: what an archive has set aside. */
@Command(
    name = "quarantine",
    description = {
      "Lists what an archive on this machine has set aside because its ledger does not know it,"
          + " or removes entries for good. A server may run meanwhile.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  archive quarantine list --root /srv/archive",
      "  archive quarantine remove --root /srv/archive NAME"
    },
    sortOptions = false)
public final class QuarantineCommand implements Callable<Integer> {
  private static final String LIST = "list";
  private static final String REMOVE = "remove";

  private final Context context;
  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "ACTION", description = "list or remove.")
  private String action;

  @Parameters(
      index = "1..*",
      arity = "0..*",
      paramLabel = "NAME",
      description = "For remove: the entries, as list names them.")
  private List<String> names = List.of();

  @Mixin private RootOption root;

  @Option(names = "--json", description = "Print one JSON object per line.")
  private boolean json;

  public QuarantineCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    boolean remove = action.equals(REMOVE);
    if (!remove && !action.equals(LIST) || remove == names.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "say quarantine list, or quarantine remove NAME...");
    }
    Path home = root.directory(context);
    try {
      if (remove) {
        Quarantined.remove(home, names);
      } else {
        Quarantined.below(home).forEach(this::print);
      }
      return ExitCodes.OK;
    } catch (IOException e) {
      throw new ArchiveException(
          ErrorCode.INTERNAL,
          "the quarantine of " + home + " cannot be " + (remove ? "changed" : "read") + ": " + e,
          e);
    }
  }

  private void print(Quarantined entry) {
    context.out().println(json ? Json.text(fields(entry)) : line(entry));
  }

  /** One entry as an event. */
  static Map<String, Object> fields(Quarantined entry) {
    Map<String, Object> fields = EventLine.of("quarantined");
    fields.put("name", entry.name());
    fields.put("from", entry.from());
    fields.put("what", entry.what());
    fields.put("when", entry.when());
    fields.put("why", entry.why());
    fields.put("files", entry.files());
    fields.put("bytes", entry.bytes());
    return fields;
  }

  /** One entry as a line. */
  static String line(Quarantined entry) {
    return String.format(
        Locale.ROOT,
        "%s  %s  %s  %s",
        Text.printable(entry.name()),
        Count.of(entry.files(), "file"),
        Console.size(entry.bytes()),
        entry.what() == null && entry.when() == null && entry.why() == null
            ? "no note says what it is"
            : Text.printable(
                told(entry.what()) + ", " + told(entry.when()) + ": " + told(entry.why())));
  }

  private static String told(String said) {
    return Objects.requireNonNullElse(said, "unknown");
  }
}
