package dev.archive.cli.view;

import dev.archive.cli.process.Context;
import dev.archive.cli.process.EventLine;
import dev.archive.cli.process.Look;
import dev.archive.client.work.Progress.Phase;
import dev.archive.model.Count;
import dev.archive.model.Defect;
import dev.archive.server.audit.AuditLog;
import dev.archive.server.audit.AuditRun;
import dev.archive.server.audit.AuditTotals;
import dev.archive.wire.Json;
import dev.archive.wire.Messages.AuditFinding;
import dev.archive.wire.Messages.AuditPage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Shows an audit: each finding as it comes, and how far it is, as a bar on a terminal and else as a
 * line now and then.
 */
public final class AuditConsole implements AuditRun.Watch, AutoCloseable {
  private final Context context;
  private final boolean json;
  private final boolean batchesNamed;
  private final RunState state = new RunState(System::nanoTime);
  private final LiveView view;
  private long seen;
  private @Nullable String batchNamed;

  /**
   * For one audit.
   *
   * @param batchesNamed whether to say which batch findings are of, because there may be more than
   *     one
   * @param files that will be checked
   */
  public AuditConsole(Context context, boolean json, boolean batchesNamed, long files, Look look) {
    this.context = context;
    this.json = json;
    this.batchesNamed = batchesNamed;
    state.planned(files, 0);
    state.phase(Phase.CHECKING);
    this.view =
        new LiveView(
            context, look, state, json ? event -> context.out().println(Json.text(event)) : null);
  }

  @Override
  public void resumed(AuditLog log, long checked) {
    context.out().event(EventLine.of("resumed", "began", log.began(), "files", checked), json);
    if (!json) {
      context.show(
          "going on with what began at "
              + log.began()
              + " and was interrupted: "
              + Count.of(checked, "file")
              + (checked == 1 ? " was" : " were")
              + " checked then (--again checks all again)");
    }
  }

  @Override
  public void read(long count) {
    state.sent(count);
  }

  @Override
  public void checked(AuditPage page, long filesSoFar) {
    for (AuditFinding finding : page.findings()) {
      context.out().event(event(page.batchId(), finding), json);
      if (!json) {
        name(page.batchId());
        context.show(sentence(finding));
      }
    }
    state.completed(filesSoFar - seen);
    seen = filesSoFar;
  }

  /** Says which batch it is that findings follow of. */
  private void name(String batch) {
    if (batchesNamed && !batch.equals(batchNamed)) {
      batchNamed = batch;
      context.show("in batch " + batch + ":");
    }
  }

  @Override
  public void complain(String message) {
    context.complain(message);
  }

  /** A finding as a line for machines. */
  public static Map<String, Object> event(String batch, AuditFinding finding) {
    Map<String, Object> event = EventLine.of("finding");
    event.put("batch_id", batch);
    put(event, "path", finding.path());
    event.put("defect", finding.defect());
    put(event, "size", finding.size());
    put(event, "expected_size", finding.expectedSize());
    put(event, "sha256", finding.sha256());
    put(event, "expected_sha256", finding.expectedSha256());
    put(event, "detail", finding.detail());
    return event;
  }

  private static void put(Map<String, Object> event, String name, @Nullable Object value) {
    if (value != null) {
      event.put(name, value);
    }
  }

  /** For people: how many files, how much was read, and what is wrong. */
  public static String sentence(AuditTotals totals) {
    List<String> wrong = new ArrayList<>();
    for (Defect defect : Defect.values()) {
      if (totals.of(defect) > 0) {
        wrong.add(String.format(Locale.ROOT, "%,d %s", totals.of(defect), defect));
      }
    }
    return Count.of(totals.files(), "file")
        + (totals.filesRead() == totals.files()
            ? ""
            : String.format(Locale.ROOT, ", %,d read", totals.filesRead()))
        + ", "
        + Console.size(totals.bytesRead())
        + ": "
        + (wrong.isEmpty() ? "all as they were stored" : String.join(", ", wrong));
  }

  private static String sentence(AuditFinding finding) {
    String detail = finding.detail() == null ? "" : ": " + finding.detail();
    if (finding.path() == null) {
      return "the bag as a whole is " + finding.defect() + detail;
    }
    return finding.path()
        + switch (Defect.parse(finding.defect())) {
          case ALTERED -> altered(finding, detail);
          case UNREADABLE -> " cannot be read" + detail;
          case MISSING -> " is missing";
          case EXTRA ->
              " is extra: no such file was archived"
                  + (finding.detail() == null ? "" : " (" + finding.detail() + ")");
          case UNFINISHED -> " is not finished: its upload was not completed";
        };
  }

  private static String altered(AuditFinding finding, String detail) {
    if (finding.detail() != null) {
      return finding.sha256() == null
          ? " is altered: it is " + finding.detail() + ", not a file"
          : " is altered" + detail;
    }
    if (finding.size() == null) {
      return " is altered";
    }
    return finding.expectedSize() == null || finding.expectedSize().equals(finding.size())
        ? " is altered: its "
            + Count.of(finding.size(), "byte")
            + (finding.size() == 1 ? " is not the one stored" : " are not those stored")
        : String.format(
            Locale.ROOT,
            " is altered: it has %s, not %,d",
            Count.of(finding.size(), "byte"),
            finding.expectedSize());
  }

  @Override
  public void close() {
    view.close();
  }
}
