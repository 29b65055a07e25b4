package dev.archive.cli;

import dev.archive.model.ArchiveException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/**
 * The entry: builds the commands, runs one, and turns whatever happened into one line and an exit
 * code.
 */
public final class Main {
  private Main() {}

  /** Runs the command line and ends the process with its exit code. */
  public static void main(String[] args) {
    PrintStream out = utf8(FileDescriptor.out);
    PrintStream err = utf8(FileDescriptor.err);
    int exit = run(new Context(out, err, Settings.ofProcess(), Clock.systemUTC()), args);
    out.flush();
    err.flush();
    System.exit(exit);
  }

  private static PrintStream utf8(FileDescriptor descriptor) {
    return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
  }

  /** Runs a command line; everything it touches of the process is in the context. */
  static int run(Context context, String... args) {
    if (args.length == 1 && args[0].equals("--version")) {
      // Asked by scripts before anything else: not worth reading the options of all commands.
      context.out().println(Context.program());
      return ExitCodes.OK;
    }
    return commandLine(context, args).execute(args);
  }

  /** The commands that a command line may mean: all of them for an empty one. */
  static CommandLine commandLine(Context context, String... args) {
    CommandLine commands = new CommandLine(new ArchiveCommand());
    Commands all = new Commands(context);
    Commands.of(args).forEach(name -> commands.addSubcommand(name, all.command(name)));
    commands.setOut(new PrintWriter(context.out(), true, StandardCharsets.UTF_8));
    commands.setErr(new PrintWriter(context.err(), true, StandardCharsets.UTF_8));
    commands.setDefaultValueProvider(context.settings());
    commands.setExpandAtFiles(false);
    commands.setUsageHelpWidth(80);
    commands.setParameterExceptionHandler((e, line) -> wrongUsage(context, e));
    commands.setExecutionExceptionHandler((e, command, parsed) -> failed(context, e, command));
    return commands;
  }

  private static int wrongUsage(Context context, ParameterException e) {
    String command = e.getCommandLine().getCommandSpec().qualifiedName();
    context.complain(
        e.getMessage().lines().findFirst().orElse("") + " (see " + command + " --help)");
    return ExitCodes.USAGE;
  }

  private static int failed(Context context, Exception e, CommandLine command) {
    if (command.getCommandSpec().root().userObject() instanceof ArchiveCommand root
        && root.stacktrace) {
      e.printStackTrace(context.err());
    }
    if (e instanceof ArchiveException known) {
      context.complain(known.getMessage());
      return ExitCodes.of(known.code());
    }
    context.complain(
        "unexpected: " + e + "; run again with --stacktrace and report what it prints");
    return ExitCodes.UNEXPECTED;
  }
}
