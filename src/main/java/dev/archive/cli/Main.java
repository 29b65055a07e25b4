package dev.archive.cli;

import dev.archive.cli.process.Context;
import dev.archive.cli.process.ExitCodes;
import dev.archive.cli.process.OutOfMemory;
import dev.archive.cli.process.Output;
import dev.archive.cli.process.Settings;
import dev.archive.cli.process.StatusArea;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.FatalErrors;
import dev.archive.model.Text;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/**
 * The entry: builds the commands, runs one, and turns what happened into one line and an exit code.
 */
public final class Main {
  private Main() {}

  /** Runs the command line and ends the process with its exit code. */
  public static void main(String[] args) {
    // Whether this can be written changes no exit code: it is for people, the code is for callers.
    OutputStream errors = new FileOutputStream(FileDescriptor.err);
    StatusArea area = Boolean.getBoolean("archive.tty") ? new StatusArea(errors) : null;
    PrintStream err = new PrintStream(area == null ? errors : area, true, StandardCharsets.UTF_8);
    OutOfMemory.install();
    int exit = ExitCodes.UNEXPECTED;
    try {
      Context context =
          new Context(Output.ofProcess(), err, Settings.ofProcess(), Clock.systemUTC(), area);
      exit = run(context, args);
    } catch (OutOfMemoryError e) {
      OutOfMemory.end(e);
    }
    System.exit(exit);
  }

  /**
   * Runs a command line; everything it touches of the process is in the context.
   *
   * @return the exit code, which is 0 only where all output was written
   */
  public static int run(Context context, String... args) {
    int exit;
    try {
      exit = execute(context, args);
    } catch (Exception | LinkageError | StackOverflowError e) {
      exit = failed(context, e, args);
    }
    return context.out().end(exit, context::complain);
  }

  private static int execute(Context context, String... args) {
    if (args.length == 1 && args[0].equals("--version")) {
      // Asked by scripts before anything else: not worth reading the options of all commands.
      context.out().writer().println(Context.program());
      return ExitCodes.OK;
    }
    requireNoneEmpty(args);
    return commandLine(context.with(context.settings().with(args)), args).execute(args);
  }

  /**
   * The commands that a command line may mean: all of them for an empty one. Not public: the JVM
   * would load the option parser before it starts the program.
   */
  static CommandLine commandLine(Context context, String... args) {
    CommandLine commands = new CommandLine(new ArchiveCommand());
    Commands all = new Commands(context);
    Commands.of(args).forEach(name -> commands.addSubcommand(name, all.command(name)));
    commands.setOut(context.out().writer());
    commands.setErr(new PrintWriter(context.err(), true, StandardCharsets.UTF_8));
    commands.setDefaultValueProvider(context.settings());
    commands.setExpandAtFiles(false);
    commands.setUsageHelpWidth(80);
    commands.setExecutionStrategy(
        parsed -> {
          if (!isForHelp(parsed)) {
            context.out().are(Output.Purpose.CHANGES);
            try {
              checkSettings(context, parsed);
            } catch (ArchiveException e) {
              // What is thrown from here picocli would print itself, with its stack trace.
              return failed(context, e, args);
            }
          }
          return new CommandLine.RunLast().execute(parsed);
        });
    commands.setParameterExceptionHandler((e, line) -> wrongUsage(context, e, args));
    commands.setExecutionExceptionHandler((e, command, parsed) -> failed(context, e, args));
    return commands;
  }

  private static void checkSettings(Context context, CommandLine.ParseResult parsed) {
    List<CommandLine> commands = parsed.asCommandLineList();
    String name = commands.get(commands.size() - 1).getCommandName();
    if (!Commands.JUDGE_SETTINGS.contains(name)) {
      context.settings().check(context::complain);
    }
  }

  /**
   * Help and versions are had in any environment, and so are completions: shells start with them.
   */
  private static boolean isForHelp(CommandLine.ParseResult parsed) {
    return parsed.asCommandLineList().stream()
        .anyMatch(
            each ->
                each.isUsageHelpRequested()
                    || each.isVersionHelpRequested()
                    || Commands.NEED_ALL.contains(each.getCommandName()));
  }

  /**
   * A variable without a value leaves an empty argument, which Java would take for the current
   * directory.
   */
  private static void requireNoneEmpty(String... args) {
    boolean options = true;
    for (int i = 0; i < args.length; i++) {
      options &= !args[i].equals("--");
      if (args[i].isEmpty()) {
        throw new ArchiveException(
            ErrorCode.USAGE,
            "argument "
                + (i + 1)
                + (i > 0 ? ", after " + Text.printable(args[i - 1]) + "," : "")
                + " is empty; nothing was done. Is a variable not set?");
      }
      if (options && args[i].matches("--[a-z0-9-]+=")) {
        throw new ArchiveException(
            ErrorCode.USAGE,
            args[i].substring(0, args[i].length() - 1)
                + " is given an empty value; nothing was done");
      }
    }
  }

  private static int wrongUsage(Context context, ParameterException e, String... args) {
    return context.fail(ErrorCode.USAGE, Mistake.sentence(e), asksForJson(args));
  }

  /** Also where the rest of the command line cannot be read. */
  private static boolean asksForJson(String... args) {
    return Arrays.stream(args)
        .takeWhile(arg -> !arg.equals("--"))
        .anyMatch(arg -> arg.equals("--json") || arg.equalsIgnoreCase("--json=true"));
  }

  private static int failed(Context context, Throwable e, String... args) {
    FatalErrors.report(e);
    if (List.of(args).contains("--stacktrace")) {
      e.printStackTrace(context.err());
    }
    if (e instanceof ArchiveException known) {
      if (known.code() == ErrorCode.OUTPUT_FAILED && context.out().isLost()) {
        // The output itself says so at its end, or knows that its reader wanted no more.
        return ExitCodes.OK;
      }
      return context.fail(known.code(), known.getMessage(), asksForJson(args));
    }
    context.out().outcome().put("code", "UNEXPECTED");
    String message = "unexpected: " + e + "; run again with --stacktrace and report what it prints";
    context.out().outcome().put("message", message);
    if (asksForJson(args)) {
      context.printFailure("UNEXPECTED", message, ExitCodes.UNEXPECTED);
    }
    context.complain(message);
    return ExitCodes.UNEXPECTED;
  }
}
