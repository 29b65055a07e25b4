package dev.archive.cli;

import dev.archive.cli.command.AbortCommand;
import dev.archive.cli.command.AuditCommand;
import dev.archive.cli.command.BackupStateCommand;
import dev.archive.cli.command.CatCommand;
import dev.archive.cli.command.CompletionCommand;
import dev.archive.cli.command.ConfigCommand;
import dev.archive.cli.command.DoctorCommand;
import dev.archive.cli.command.FetchCommand;
import dev.archive.cli.command.HistoryCommand;
import dev.archive.cli.command.KeyCommand;
import dev.archive.cli.command.ListCommand;
import dev.archive.cli.command.QuarantineCommand;
import dev.archive.cli.command.RebuildCommand;
import dev.archive.cli.command.ReceiptCommand;
import dev.archive.cli.command.ReceiptsCommand;
import dev.archive.cli.command.ResumeCommand;
import dev.archive.cli.command.RunsCommand;
import dev.archive.cli.command.SchemaCommand;
import dev.archive.cli.command.ServeCommand;
import dev.archive.cli.command.StatusCommand;
import dev.archive.cli.command.TokenCommand;
import dev.archive.cli.command.UploadCommand;
import dev.archive.cli.command.VerifyCommand;
import dev.archive.cli.process.Context;
import java.util.List;
import java.util.Set;

/**
 * The commands by name. To read the options of all of them takes picocli longer than most commands
 * run, so that a command line gets the one it names; help, completions and mistakes need them all.
 */
final class Commands {
  static final List<String> NAMES =
      List.of(
          "upload",
          "resume",
          "status",
          "verify",
          "fetch",
          "cat",
          "audit",
          "list",
          "history",
          "abort",
          "receipts",
          "receipt",
          "serve",
          "token",
          "key",
          "backup-state",
          "rebuild",
          "quarantine",
          "runs",
          "config",
          "doctor",
          "schema",
          "completion",
          "help");

  /** Those that speak of all the others. They work in any environment. */
  static final Set<String> NEED_ALL = Set.of("completion", "help");

  /** Those that say themselves what is wrong with settings. */
  static final Set<String> JUDGE_SETTINGS = Set.of("config", "doctor");

  /** The options before a command that have a value. */
  private static final Set<String> WITH_VALUE = Set.of("--config", "--profile");

  private final Context context;

  Commands(Context context) {
    this.context = context;
  }

  /** The names of the commands that a command line needs, in the order of the help. */
  static List<String> of(String... args) {
    for (int i = 0; i < args.length; i++) {
      String arg = args[i];
      if (WITH_VALUE.contains(arg)) {
        i++;
      } else if (!arg.startsWith("-")) {
        return NAMES.contains(arg) && !NEED_ALL.contains(arg) ? List.of(arg) : NAMES;
      }
    }
    return NAMES;
  }

  Object command(String name) {
    return switch (name) {
      case "upload" -> new UploadCommand(context);
      case "resume" -> new ResumeCommand(context);
      case "status" -> new StatusCommand(context);
      case "verify" -> new VerifyCommand(context);
      case "fetch" -> new FetchCommand(context);
      case "cat" -> new CatCommand(context);
      case "audit" -> new AuditCommand(context);
      case "list" -> new ListCommand(context);
      case "history" -> new HistoryCommand(context);
      case "abort" -> new AbortCommand(context);
      case "receipts" -> new ReceiptsCommand(context);
      case "receipt" -> new ReceiptCommand(context);
      case "serve" -> new ServeCommand(context);
      case "key" -> new KeyCommand(context);
      case "token" -> new TokenCommand(context);
      case "backup-state" -> new BackupStateCommand(context);
      case "rebuild" -> new RebuildCommand(context);
      case "quarantine" -> new QuarantineCommand(context);
      case "runs" -> new RunsCommand(context);
      case "schema" -> new SchemaCommand(context);
      case "doctor" -> new DoctorCommand(context);
      case "config" -> new ConfigCommand(context);
      case "completion" -> new CompletionCommand(context);
      case "help" -> new HelpCommand(context);
      default -> throw new IllegalArgumentException(name);
    };
  }
}
