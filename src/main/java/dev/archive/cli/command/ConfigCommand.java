package dev.archive.cli.command;

import dev.archive.cli.process.Context;
import dev.archive.cli.process.EventLine;
import dev.archive.cli.process.ExitCodes;
import dev.archive.cli.process.Output;
import dev.archive.cli.process.Setting;
import dev.archive.cli.process.Settings;
import dev.archive.model.ArchiveException;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import dev.archive.model.Text;
import dev.archive.wire.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code archive config}: what is set, where, and whether it is right. */
@Command(
    name = "config",
    description = {
      "Prints each setting with its value and where it comes from, or checks the settings"
          + " files and the environment.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  archive config show",
      "  archive config show --profile nara",
      "  archive config check --config new.toml"
    },
    sortOptions = false)
public final class ConfigCommand implements Callable<Integer> {
  private final Context context;
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "ACTION",
      completionCandidates = Actions.class,
      description = "${COMPLETION-CANDIDATES}.")
  private String action;

  @Option(names = "--json", description = "Print one JSON object per line.")
  private boolean json;

  public ConfigCommand(Context context) {
    this.context = context;
  }

  /** What it can do. */
  static final class Actions extends ArrayList<String> {
    Actions() {
      super(List.of("show", "check"));
    }
  }

  @Override
  public Integer call() {
    context.out().are(Output.Purpose.SHOWS);
    context.out().hold("the settings", "nothing was changed");
    switch (action) {
      case "show" -> show();
      case "check" -> check();
      default ->
          throw new ParameterException(spec.commandLine(), "say config show or config check");
    }
    return ExitCodes.OK;
  }

  private void show() {
    context.settings().check(context::complain);
    int width = 0;
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Setting setting : Setting.values()) {
      Map<String, Object> row = row(setting);
      rows.add(row);
      width = Math.max(width, String.valueOf(row.get("value")).length());
    }
    for (Map.Entry<String, String> each : context.settings().proxyVariables().entrySet()) {
      rows.add(
          EventLine.of(
              "setting",
              "key",
              each.getKey(),
              "value",
              withoutLogin(each.getValue()),
              "source",
              "the environment"));
    }
    int values = Math.min(width, 40);
    for (Map<String, Object> row : rows) {
      context
          .out()
          .println(
              json
                  ? Json.text(row)
                  : String.format(
                      "%-18s %-" + Math.max(1, values) + "s  %s",
                      row.get("key"),
                      Text.printable(String.valueOf(row.get("value"))),
                      row.get("source")));
    }
  }

  private Map<String, Object> row(Setting setting) {
    Settings.Found found = context.settings().find(setting);
    Map<String, Object> row = EventLine.of("setting");
    row.put("key", setting.key());
    row.put("value", found == null ? byDefault(setting) : withoutSecrets(setting, found.value()));
    row.put("source", found == null ? "default" : found.source());
    return row;
  }

  /** A URL may hold a name and a password, and a command the address of a private hook. */
  private static String withoutSecrets(Setting setting, String value) {
    return switch (setting) {
      case ON_SUCCESS, ON_FAILURE -> "(a command)";
      case SERVER, PROXY -> withoutLogin(value);
      default -> value.replaceFirst("//[^/]*@", "//***@");
    };
  }

  /** Also where it has no scheme, or a slash in the password makes it no URL. */
  private static String withoutLogin(String value) {
    return value.replaceFirst("(?s)^([a-zA-Z0-9+.-]*://)?.*@", "$1***@");
  }

  private String byDefault(Setting setting) {
    return switch (setting) {
      case SERVER -> "embedded";
      case UPLOADER -> System.getProperty("user.name");
      case PARALLEL -> "5";
      case PARALLEL_PARTS -> "3";
      case ROOT_PATH -> "/";
      case METADATA -> "{}";
      case TOKEN_FILE, CA_FILE, PROXY, LIMIT_RATE, LIMIT, ON_SUCCESS, ON_FAILURE -> "none";
      case STATE_DIR -> context.settings().state().toString();
      case HOME -> context.settings().home().toString();
      case REQUIRE_SERVER -> "false";
    };
  }

  private void check() {
    List<String> problems = new ArrayList<>();
    try {
      context.settings().check(context::complain);
    } catch (ArchiveException e) {
      List<String> named = context.settings().problems();
      problems.addAll(named.isEmpty() ? List.of(e.getMessage()) : named);
    }
    if (!problems.isEmpty()) {
      problems.forEach(context::complain);
      throw new ArchiveException(
          ErrorCode.USAGE, Count.of(problems.size(), "problem") + " in the settings (named above)");
    }
    List<String> files = context.settings().filesRead();
    if (json) {
      context.out().println(Json.text(EventLine.of("config", "files", files)));
    } else if (files.isEmpty()) {
      context.out().println("no settings file: the environment and defaults apply");
    } else {
      files.forEach(file -> context.out().println(file));
    }
  }
}
