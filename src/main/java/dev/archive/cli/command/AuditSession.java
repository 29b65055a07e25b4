package dev.archive.cli.command;

import dev.archive.cli.option.AuditOptions;
import dev.archive.cli.process.Context;
import dev.archive.cli.process.EventLine;
import dev.archive.cli.process.Interrupts;
import dev.archive.cli.process.TargetFile;
import dev.archive.cli.view.AuditConsole;
import dev.archive.model.ArchiveException;
import dev.archive.model.Defect;
import dev.archive.model.ErrorCode;
import dev.archive.model.Sample;
import dev.archive.server.audit.Audit.Subject;
import dev.archive.server.audit.AuditLog;
import dev.archive.server.audit.AuditRun;
import dev.archive.server.audit.AuditTotals;
import dev.archive.source.SourceFile;
import dev.archive.wire.Json;
import dev.archive.wire.Messages.AuditPage;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One audit as the command line shows it: opens its log in the state directory, runs it, and writes
 * the report.
 */
final class AuditSession {
  private final Context context;
  private final AuditOptions options;
  private final TargetFile report;
  private final boolean json;

  /**
   * For one audit.
   *
   * @param report where to write what was found, or null
   */
  AuditSession(Context context, AuditOptions options, TargetFile report, boolean json) {
    this.context = context;
    this.options = options;
    this.report = report;
    this.json = json;
  }

  /**
   * Audits batches to the end.
   *
   * @param of names what is audited, the same in every process
   * @param batchesNamed whether findings name their batch
   */
  AuditTotals run(String of, List<Subject> subjects, boolean batchesNamed, AuditRun.Parts parts) {
    Sample wished = options.sample(new SecureRandom());
    try (AuditLog log =
        AuditLog.open(options.state(context), of, wished, options.again(), context.clock())) {
      Instant oldest = log.isResumed() ? options.oldest(context.clock().instant()) : null;
      if (oldest != null) {
        log.keepFrom(oldest);
      }
      AuditTotals totals;
      long files = subjects.stream().mapToLong(Subject::files).sum();
      try (AuditConsole console =
          new AuditConsole(context, json, batchesNamed, files, options.look(context, json))) {
        totals = new AuditRun(log, oldest, context.clock(), console).run(subjects, parts);
      }
      context.out().hold("what was found", "everything was checked, and nothing was changed");
      if (report == null || report(log, totals)) {
        finish(log);
      }
      return totals;
    } catch (IOException e) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "what was found cannot be kept in the state directory: " + SourceFile.reason(e),
          e);
    }
  }

  /** What was found counts, even if the log fails. */
  private void finish(AuditLog log) {
    try {
      log.finish();
    } catch (IOException e) {
      context.complain(
          "the progress of the audit cannot be removed from the state directory: "
              + SourceFile.reason(e)
              + "; everything was checked. Use --again the next time");
    }
  }

  /**
   * What ends an interrupted command, to be called before what is still open is closed.
   *
   * @param kept whether a log has what was done so far
   * @param json whether a machine is told too
   * @return the exit code where a signal did it
   * @throws Exception the failure where none did
   */
  static int interrupted(
      Context context, Interrupts interrupts, Exception failure, boolean kept, boolean json)
      throws Exception {
    // What is closed now is to be closed in order.
    Thread.interrupted();
    if (!interrupts.came()) {
      throw failure;
    }
    String message =
        kept
            ? "interrupted: what was read is kept: run the same command again to go on"
            : "interrupted; nothing was changed";
    if (json) {
      context.printFailure(ErrorCode.INTERRUPTED.name(), message, interrupts.exit());
    }
    context.complain(message);
    return interrupts.exit();
  }

  /** Says what to do about what was found. */
  static void advise(Context context, AuditTotals totals) {
    if (totals.isDamaged()) {
      context.complain("nothing was changed: restore what is named from another copy");
    } else if (totals.of(Defect.EXTRA) > 0) {
      context.complain("nothing was changed: what is extra stays where it is");
    }
  }

  /** Counts for monitors what was found. */
  static void count(Context context, AuditTotals totals) {
    context.out().count("checked", totals.files(), -1);
    context.out().count("read", totals.filesRead(), totals.bytesRead());
    for (Defect defect : Defect.values()) {
      context.out().count(defect.name().toLowerCase(Locale.ROOT), totals.of(defect), -1);
    }
  }

  private boolean report(AuditLog log, AuditTotals totals) {
    return context
        .out()
        .write(
            report,
            "the report",
            out -> {
              Map<String, Object> head = EventLine.of("audit");
              head.put("of", log.of());
              head.put("began", log.began());
              head.put("percent", log.sample().percent());
              line(out, head);
              try {
                log.forEach(page -> lines(out, page));
              } catch (UncheckedIOException e) {
                throw e.getCause();
              }
              Map<String, Object> end = EventLine.of("audited");
              end.putAll(totals.fields());
              end.put("ended", context.clock().instant().toString());
              line(out, end);
            });
  }

  private static void lines(OutputStream out, AuditPage page) {
    try {
      for (var finding : page.findings()) {
        line(out, AuditConsole.event(page.batchId(), finding));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void line(OutputStream out, Map<String, Object> fields) throws IOException {
    out.write((Json.text(fields) + "\n").getBytes(StandardCharsets.UTF_8));
  }
}
