package dev.archive.cli;

import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.Defect;
import dev.archive.model.ErrorCode;
import dev.archive.model.Sample;
import dev.archive.server.Audit.Subject;
import dev.archive.source.SourceFile;
import dev.archive.wire.Json;
import dev.archive.wire.Messages.AuditPage;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;

/**
 * Has batches read again, part by part: by a server, or from the disk of this machine. Shows it,
 * keeps it so that it can go on after whatever breaks it off, and reports it.
 */
final class AuditRun {
  /** How many more files than it had at first may be read of a batch that is still uploading. */
  private static final long MAX_MORE_FILES = 100_000;

  private final Context context;
  private final AuditOptions options;
  private final TargetFile report;
  private final boolean json;

  /** Checks parts of batches. */
  @FunctionalInterface
  interface Parts {
    /**
     * The next part.
     *
     * @param after what the part before called next, or null
     * @param readSince what was read well after this time need not be read again; null to read all
     * @param read may be given the number of bytes of each piece that is read
     */
    AuditPage check(
        BatchId batch, String after, Sample sample, Instant readSince, LongConsumer read);
  }

  /**
   * For one audit.
   *
   * @param report where to write what was found, or null
   */
  AuditRun(Context context, AuditOptions options, TargetFile report, boolean json) {
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
  AuditTotals run(String of, List<Subject> subjects, boolean batchesNamed, Parts parts) {
    Sample wished = options.sample(new SecureRandom());
    try (AuditLog log =
        AuditLog.open(options.state(context), of, wished, options.again(), context.clock())) {
      Instant oldest = log.isResumed() ? options.oldest(context.clock().instant()) : null;
      if (oldest != null) {
        log.keepFrom(oldest);
      }
      AuditTotals totals = new AuditTotals();
      long files = subjects.stream().mapToLong(Subject::files).sum();
      try (AuditConsole console = new AuditConsole(context, json, batchesNamed, files)) {
        check(subjects, parts, log, oldest, totals, console);
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

  /** What was found counts, whatever becomes of the log. */
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

  private void check(
      List<Subject> subjects,
      Parts parts,
      AuditLog log,
      Instant oldest,
      AuditTotals totals,
      AuditConsole console)
      throws IOException {
    // What was read before this audit began is read again, however young.
    Instant readSince = oldest == null || log.begun().isBefore(oldest) ? oldest : log.begun();
    Map<String, String> next = new HashMap<>();
    log.forEach(page -> next.put(page.batchId(), page.next()));
    if (log.isResumed()) {
      AuditTotals before = new AuditTotals();
      log.forEach(before::add);
      console.resumed(log, before.files());
      log.forEach(
          page -> {
            totals.add(page);
            console.checked(page, totals.files());
          });
    }
    for (Subject subject : subjects) {
      String id = subject.id().value();
      long checked = 0;
      for (boolean more = !next.containsKey(id) || next.get(id) != null; more; ) {
        Instant began = context.clock().instant();
        AuditPage answer =
            parts.check(subject.id(), next.get(id), log.sample(), readSince, console::read);
        // What was not read may be taken on an earlier read, of which only the bound is known.
        boolean earlier = readSince != null && answer.filesRead() < answer.files();
        AuditPage page = answer.checkedAt(earlier ? readSince : began);
        // A part may have no files: it then looks for names that no row of the ledger knows.
        checked += Math.max(1, page.files());
        if (checked < 0 || checked > 2 * subject.files() + MAX_MORE_FILES) {
          throw new ArchiveException(
              ErrorCode.BAD_ANSWER,
              "the server reads more files of batch " + id + " than it holds");
        }
        IOException unwritten = log.add(page);
        if (unwritten != null) {
          context.complain(
              "the progress of the audit cannot be kept in the state directory: "
                  + SourceFile.reason(unwritten)
                  + "; the audit goes on. If it is interrupted, what comes now is read again");
        }
        totals.add(page);
        console.checked(page, totals.files());
        next.put(id, page.next());
        more = page.next() != null;
      }
    }
  }

  /**
   * What ends a command that was broken off, to be called before what is still open is closed.
   *
   * @param kept whether a log has what was done so far
   * @return the exit code where a signal did it
   * @throws Exception the failure where none did
   */
  static int interrupted(Context context, Interrupts interrupts, Exception failure, boolean kept)
      throws Exception {
    // What is closed now is to be closed in order.
    Thread.interrupted();
    if (!interrupts.came()) {
      throw failure;
    }
    context.complain(
        kept
            ? "interrupted: what was read is kept: run the same command again to go on"
            : "interrupted; nothing was changed");
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

  private boolean report(AuditLog log, AuditTotals totals) {
    return context
        .out()
        .write(
            report,
            "the report",
            out -> {
              Map<String, Object> head = new LinkedHashMap<>();
              head.put("event", "audit");
              head.put("of", log.of());
              head.put("began", log.began());
              head.put("percent", log.sample().percent());
              line(out, head);
              try {
                log.forEach(page -> lines(out, page));
              } catch (UncheckedIOException e) {
                throw e.getCause();
              }
              Map<String, Object> end = new LinkedHashMap<>();
              end.put("event", "audited");
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
