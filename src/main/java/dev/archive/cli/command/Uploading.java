package dev.archive.cli.command;

import dev.archive.cli.option.RunOptions;
import dev.archive.cli.option.ServerChoice;
import dev.archive.cli.process.Context;
import dev.archive.cli.process.ExitCodes;
import dev.archive.cli.process.Interrupts;
import dev.archive.cli.process.Output;
import dev.archive.cli.process.TargetFile;
import dev.archive.cli.view.Console;
import dev.archive.client.api.Endpoint;
import dev.archive.client.plan.Failure;
import dev.archive.client.run.RunReport;
import dev.archive.client.run.UploadOptions;
import dev.archive.client.run.UploadRun;
import dev.archive.client.state.Account;
import dev.archive.client.state.StateDirectory;
import dev.archive.model.ArchiveException;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import dev.archive.model.Text;
import dev.archive.source.SourceWalker;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** One run as the command line shows it: from opening the server to the exit code. */
final class Uploading {
  private static final String FIX = "Fix or move them and run the same command again";

  private static final String FINALIZED =
      "For the rest nothing more is to be done; once they are fixed, the same command archives"
          + " everything in a new batch";

  private final Context context;
  private final RunOptions options;
  private final RunOptions.Subject subject;
  private UploadRun current;

  Uploading(Context context, RunOptions options, RunOptions.Subject subject) {
    this.context = context;
    this.options = options;
    this.subject = subject;
  }

  /** Only plans. */
  int plan() {
    try (Interrupts interrupts = Interrupts.ofThisThread();
        Console console = console()) {
      context.out().are(Output.Purpose.CHECKS);
      context.out().hold("the plan", "nothing was sent, as was asked for");
      List<Failure> failures = run(new UploadOptions.Server(Endpoint.open(""), ""), console).plan();
      return failures.isEmpty()
          ? ExitCodes.OK
          : incomplete(console, failures, List.of(), "nothing was done", FIX);
    }
  }

  /** Archives, and closes the server that it opens. */
  int run(Supplier<ServerChoice.Opened> server) throws Exception {
    try (Interrupts interrupts = Interrupts.ofThisThread();
        Console console = console()) {
      if (subject.allowSkipped()) {
        console.note(
            "resuming with --allow-skipped, as the interrupted run had it: files that cannot be"
                + " archived are left out and named");
      }
      // Whether it can be written is tried first, and the server opened only then.
      try (RunFiles files = new RunFiles(options, others(), context.out());
          ServerChoice.Opened opened = server.get()) {
        RunReport report = upload(opened, console, interrupts);
        return end(console, report, opened, files);
      } catch (Exception e) {
        tellAccount(console, e);
        // What fails when a person asked to stop, fails because of that. Any exception, for
        // OkHttp is Kotlin and throws InterruptedException undeclared.
        if (!interrupts.came()) {
          throw e;
        }
        ArchiveException failure = interrupted(e);
        console.failed(failure, interrupts.exit());
        context.complain(failure.getMessage());
        return interrupts.exit();
      }
    }
  }

  private void tellAccount(Console console, Exception failure) {
    try {
      Account account = current == null ? null : current.accountOfFailure();
      if (account != null) {
        console.close();
        console.account(account);
      }
    } catch (ArchiveException e) {
      failure.addSuppressed(e);
    }
  }

  /** What no output may lie in. */
  private List<Path> others() {
    List<Path> others = new ArrayList<>(SourceWalker.resolve(subject.sources()));
    others.add(options.state(context));
    if (context.settings().hasHome()) {
      others.add(context.settings().home());
    }
    return others;
  }

  private Console console() {
    return new Console(context, options.json, options.quiet, options.look(context));
  }

  private ArchiveException interrupted(Exception e) {
    return new ArchiveException(
        ErrorCode.INTERRUPTED,
        current != null && current.mayHaveFinalized()
            ? "interrupted after the server was asked to finalize the batch; whether it did is"
                + " unknown: run the same command again to find out"
            : "interrupted: nothing was finalized. What was proved is kept: run the same command"
                + " again to go on",
        e);
  }

  private RunReport upload(ServerChoice.Opened opened, Console console, Interrupts interrupts) {
    UploadRun run = run(new UploadOptions.Server(opened.endpoint(), opened.name()), console);
    current = run;
    interrupts.alsoBy(run::stop);
    try {
      return run.run();
    } finally {
      // The embedded server is still to be closed in order.
      Thread.interrupted();
    }
  }

  private UploadRun run(UploadOptions.Server at, Console console) {
    return new UploadRun(
        options.of(subject, at, context), console, context.clock(), new SecureRandom());
  }

  private int end(Console console, RunReport report, ServerChoice.Opened opened, RunFiles files) {
    console.close();
    if (report.receipt() != null) {
      Path kept = new StateDirectory(options.state(context)).receipt(report.receipt().batchId());
      context
          .out()
          .hold(
              "the receipt",
              "batch "
                  + report.receipt().batchId()
                  + " is archived, and its receipt is kept in "
                  + Text.quote(kept.toString()));
    }
    List<String> notWritten = files.write(report, context.out());
    console.account(report.account());
    if (report.alreadyDone()) {
      console.alreadyDone(report.receipt());
    }
    if (report.receipt() == null) {
      if (!report.failures().isEmpty()) {
        return incomplete(console, report.failures(), List.of(), "nothing was finalized", FIX);
      }
      for (TargetFile each : files.ofReceipt()) {
        context.complain("nothing was archived: no receipt was written to " + each);
      }
      return exit(notWritten, console);
    }
    int exit =
        report.failures().isEmpty() && report.outdated().isEmpty()
            ? exit(notWritten, console)
            : incomplete(
                console,
                report.failures(),
                report.outdated(),
                "the batch was finalized without them",
                FINALIZED);
    console.receipt(report.receipt(), opened.name(), opened.home());
    return exit;
  }

  private int incomplete(
      Console console,
      List<Failure> failures,
      List<Failure> outdated,
      String outcome,
      String next) {
    int exit = ExitCodes.ofFiles(failures);
    ArchiveException incomplete =
        new ArchiveException(
            ErrorCode.INCOMPLETE,
            (failures.isEmpty()
                    ? ""
                    : Count.of(failures.size(), "file")
                        + " could not be archived (named above); "
                        + outcome
                        + ". ")
                + (outdated.isEmpty()
                    ? ""
                    : Count.of(outdated.size(), "file")
                        + " changed or vanished since an interrupted run sent them (named above);"
                        + " the batch holds what was sent then. ")
                + next);
    console.failed(incomplete, exit);
    context.complain(incomplete.getMessage());
    return exit;
  }

  /** For machines; the line for people comes with the end of the output. */
  private static int exit(List<String> notWritten, Console console) {
    if (notWritten.isEmpty()) {
      return ExitCodes.OK;
    }
    console.failed(
        new ArchiveException(ErrorCode.OUTPUT_FAILED, notWritten.get(0)), ExitCodes.OUTPUT_FAILED);
    return ExitCodes.OUTPUT_FAILED;
  }
}
