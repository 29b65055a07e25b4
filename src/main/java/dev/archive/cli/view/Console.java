package dev.archive.cli.view;

import dev.archive.cli.process.Context;
import dev.archive.cli.process.EventLine;
import dev.archive.cli.process.Look;
import dev.archive.client.state.Account;
import dev.archive.client.state.ReceiptDocument;
import dev.archive.client.work.Progress;
import dev.archive.client.work.Transfer;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.Count;
import dev.archive.model.Excluded;
import dev.archive.model.Receipt;
import dev.archive.model.Text;
import dev.archive.server.IngestServer;
import dev.archive.wire.Json;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Shows a run: as text (a bar on a terminal, else a line now and then) or as JSON lines, from the
 * same events. Results go to stdout, all else to stderr.
 */
public final class Console implements Progress, AutoCloseable {
  private static final int MAX_NAMED = 5;
  private static final String RECORDED = " (recorded if the server keeps attributes)";

  private final Context context;
  private final boolean json;
  private final boolean quiet;
  private final boolean fetches;
  private final RunState state = new RunState(System::nanoTime);
  private final LiveView view;

  /**
   * For one run.
   *
   * @param look how progress is shown
   */
  public Console(Context context, boolean json, boolean quiet, Look look) {
    this(context, json, quiet, look, false);
  }

  private Console(Context context, boolean json, boolean quiet, Look look, boolean fetches) {
    this.context = context;
    this.fetches = fetches;
    this.json = json;
    this.quiet = quiet;
    this.view = new LiveView(context, look, state, json ? this::print : null);
  }

  /** One for bytes that come, and do not go. */
  public static Console fetching(Context context, boolean json, boolean quiet, Look look) {
    return new Console(context, json, quiet, look, true);
  }

  @Override
  public void phase(Phase phase) {
    state.phase(phase);
  }

  @Override
  public void scanned(long bytes) {
    state.scanned(bytes);
  }

  @Override
  public Transfer sending(String name, long bytes) {
    return state.open(name, bytes, this::sent);
  }

  @Override
  public void retrying(String why, Duration delay) {
    state.retrying(why, delay);
  }

  @Override
  public void planned(long files, long bytes, long symlinks, List<Path> emptyDirectories) {
    state.planned(files, bytes);
    if (fetches) {
      state.phase(Phase.FETCHING);
    }
    event(
        "plan",
        "files",
        files,
        "bytes",
        bytes,
        "symlinks",
        symlinks,
        "empty_directories",
        emptyDirectories.size());
    if (quiet || json) {
      return;
    }
    context.err().println("plan: " + Count.of(files, "file") + ", " + size(bytes));
    if (symlinks > 0) {
      context.err().println("  not followed: " + Count.of(symlinks, "symlink") + RECORDED);
    }
    if (!emptyDirectories.isEmpty()) {
      context
          .err()
          .println(
              "  without files: "
                  + Count.of(emptyDirectories.size(), "empty directory")
                  + RECORDED);
      emptyDirectories.stream()
          .limit(MAX_NAMED)
          .forEach(each -> context.err().println("    " + Text.printable(each.toString())));
      if (emptyDirectories.size() > MAX_NAMED) {
        context.err().println("    and " + (emptyDirectories.size() - MAX_NAMED) + " more");
      }
    }
  }

  @Override
  public void excluded(List<Excluded> byRule) {
    Excluded all = Excluded.sum(byRule, "");
    event("excluded", "rules", byRule);
    if (quiet || json) {
      return;
    }
    context
        .err()
        .println("  excluded: " + all.counts() + (all.files() > 0 ? ", " + size(all.bytes()) : ""));
    byRule.stream()
        .limit(MAX_NAMED)
        .forEach(
            each ->
                context.err().println("    by " + Text.brief(each.rule()) + ": " + each.counts()));
    if (byRule.size() > MAX_NAMED) {
      context.err().println("    and by " + (byRule.size() - MAX_NAMED) + " more rules");
    }
  }

  @Override
  public void excludedName(String path, long bytes, String rule) {
    event("excluded_name", "path", path, "bytes", bytes, "rule", rule);
    if (!quiet && !json) {
      context.err().println("excluded: " + Text.printable(path) + " (by " + Text.brief(rule) + ")");
    }
  }

  @Override
  public synchronized void opened(BatchId batch, String server) {
    event("batch", "batch_id", batch.value(), "server", server);
    if (quiet || json) {
      return;
    }
    if (!fetches) {
      context.err().println("batch " + batch);
    }
  }

  @Override
  public void resumed(long files, long bytes) {
    state.resumed(files, bytes);
    event("resumed", "files", files, "bytes", bytes);
    if (!quiet && !json) {
      context
          .err()
          .println(
              (fetches ? "" : "resuming an interrupted run: ")
                  + Count.of(files, "file")
                  + ", "
                  + size(bytes)
                  + (files == 1 ? " is" : " are")
                  + " there already");
    }
  }

  /** Says what became of all that was found. */
  public void account(Account account) {
    event("account", "account", account);
    account
        .amounts()
        .forEach((result, each) -> context.out().count(result, each.files(), each.bytes()));
    if (!quiet && !json) {
      context.err().println(account.sentence());
    }
  }

  /** Says that an earlier run had archived all of it. */
  public void alreadyDone(@Nullable Receipt receipt) {
    String message =
        receipt == null
            ? "there is no file to archive; nothing was done"
            : "nothing has changed since batch "
                + receipt.batchId()
                + " was archived; nothing was sent";
    event("unchanged", "message", message);
    if (!quiet && !json) {
      context.err().println(message);
    }
  }

  @Override
  public void sent(long count) {
    state.sent(count);
  }

  @Override
  public void completed() {
    state.completed(1);
  }

  @Override
  public synchronized void note(String message) {
    event("note", "message", message);
    if (!quiet) {
      context.show(message);
    }
  }

  @Override
  public synchronized void problem(String message) {
    event("problem", "message", message);
    context.show(message);
  }

  /** Says how a run failed, for machines; the line for people is the caller's. */
  public void failed(ArchiveException e, int exit) {
    close();
    context.out().outcome().put("code", e.code().name());
    context.out().outcome().put("message", e.getMessage());
    if (json) {
      context.printFailure(e.code().name(), e.getMessage(), exit);
    }
  }

  /**
   * Prints the receipt.
   *
   * @param server its name
   * @param home the root of the embedded archive, or null
   */
  public void receipt(Receipt receipt, String server, @Nullable Path home) {
    close();
    context.out().outcome().put("receipt", ReceiptDocument.fields(receipt));
    if (json) {
      context.out().println(Json.text(ReceiptDocument.fields(receipt)));
      return;
    }
    if (quiet) {
      return;
    }
    context.row("receipt", "batch " + receipt.batchId());
    context.row("files", String.format(Locale.ROOT, "%,d", receipt.files()));
    context.row("bytes", String.format(Locale.ROOT, "%,d", receipt.bytes()));
    context.row("manifest", "sha256:" + receipt.manifestSha256());
    if (receipt.attributesSha256() != null) {
      context.row("recorded", "attributes sha256:" + receipt.attributesSha256());
    }
    if (receipt.version() != null) {
      context.row("version", receipt.version().toString());
    }
    context.row("status", receipt.status().toString());
    context.row("server", Text.printable(server));
    if (home != null) {
      context.row(
          "bag", Text.printable(IngestServer.bag(home, receipt.batchId().value()).toString()));
    }
  }

  private void event(String name, Object... fields) {
    context.out().event(EventLine.of(name, fields), json && !quiet);
  }

  private void print(Map<String, Object> event) {
    context.out().println(Json.text(event));
  }

  /** Bytes in the decimal unit that fits. */
  public static String size(long bytes) {
    if (bytes < 1000) {
      return Count.of(bytes, "byte");
    }
    double value = bytes;
    String units = "kMGTPE";
    int unit = -1;
    while (value >= 999.95 && unit < units.length() - 1) {
      value /= 1000;
      unit++;
    }
    return String.format(Locale.ROOT, "%.1f %sB", value, units.charAt(unit));
  }

  @Override
  public void close() {
    view.close();
  }
}
