package dev.archive.cli;

import dev.archive.client.Failure;
import dev.archive.client.ReceiptDocument;
import dev.archive.client.RunReport;
import dev.archive.client.UploadOptions;
import dev.archive.client.UploadRun;
import dev.archive.durable.DurableFiles;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Text;
import dev.archive.source.SourceFile;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.List;
import java.util.function.Supplier;

/** One run as the command line shows it: from opening the server to the exit code. */
final class Uploading {
  private final Context context;
  private final RunOptions options;
  private final RunOptions.Subject subject;

  Uploading(Context context, RunOptions options, RunOptions.Subject subject) {
    this.context = context;
    this.options = options;
    this.subject = subject;
  }

  /** Only plans. */
  int plan() {
    try (Interrupts interrupts = Interrupts.ofThisThread();
        Console console = console()) {
      List<Failure> failures = run(new UploadOptions.Server("", ""), console).plan();
      return failures.isEmpty() ? ExitCodes.OK : incomplete(console, failures, "nothing was done");
    }
  }

  /** Archives, and closes the server that it opens. */
  int run(Supplier<ServerChoice.Opened> server) throws Exception {
    try (Interrupts interrupts = Interrupts.ofThisThread();
        Console console = console()) {
      try (ServerChoice.Opened opened = server.get()) {
        return end(console, upload(opened, console, interrupts), opened);
      } catch (Exception e) {
        // Whatever broke when a person asked to stop, broke because of that. Any exception, for
        // OkHttp is Kotlin and throws InterruptedException undeclared.
        ArchiveException failure = interrupts.came() ? interrupted(e) : known(e);
        int exit = interrupts.came() ? interrupts.exit() : ExitCodes.of(failure.code());
        console.failed(failure, exit);
        if (interrupts.came()) {
          context.complain(failure.getMessage());
          return exit;
        }
        throw failure;
      }
    }
  }

  private Console console() {
    return new Console(context, options.json, options.quiet);
  }

  private static ArchiveException interrupted(Exception e) {
    return new ArchiveException(
        ErrorCode.INTERRUPTED,
        "interrupted: nothing was finalized. What was proved is kept: run the same command again to go on",
        e);
  }

  private static ArchiveException known(Exception e) throws Exception {
    if (e instanceof ArchiveException known) {
      return known;
    }
    throw e;
  }

  private RunReport upload(ServerChoice.Opened opened, Console console, Interrupts interrupts) {
    UploadRun run = run(new UploadOptions.Server(opened.url(), opened.name()), console);
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

  private int end(Console console, RunReport report, ServerChoice.Opened opened) {
    console.close();
    if (report.alreadyDone()) {
      console.alreadyDone(report.receipt());
    }
    if (report.receipt() == null) {
      return report.failures().isEmpty()
          ? ExitCodes.OK
          : incomplete(console, report.failures(), "nothing was finalized");
    }
    if (options.receipt != null) {
      write(report);
    }
    int exit =
        report.failures().isEmpty()
            ? ExitCodes.OK
            : incomplete(console, report.failures(), "the batch was finalized without them");
    console.receipt(report.receipt(), opened);
    return exit;
  }

  private int incomplete(Console console, List<Failure> failures, String outcome) {
    int exit = ExitCodes.ofFiles(failures);
    ArchiveException incomplete =
        new ArchiveException(
            ErrorCode.INCOMPLETE,
            failures.size()
                + " could not be archived (named above); "
                + outcome
                + ". Mend or move them and run the same command again");
    console.failed(incomplete, exit);
    context.complain(incomplete.getMessage());
    return exit;
  }

  private void write(RunReport report) {
    try {
      DurableFiles.publish(
          options.receipt.toAbsolutePath(),
          out -> ReceiptDocument.write(report.receipt(), report.entries(), report.failures(), out));
    } catch (IOException e) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "batch "
              + report.receipt().batchId()
              + " is complete, but its receipt could not be written to "
              + Text.quote(options.receipt.toString())
              + ": "
              + SourceFile.reason(e)
              + "; archive receipt "
              + report.receipt().batchId()
              + " prints it",
          e);
    }
  }
}
