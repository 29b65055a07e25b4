package dev.archive.cli.command;

import dev.archive.cli.option.RunOptions;
import dev.archive.cli.process.Output;
import dev.archive.cli.process.TargetFile;
import dev.archive.cli.process.TargetFile.Kind;
import dev.archive.cli.view.FailedList;
import dev.archive.client.run.RunReport;
import dev.archive.client.state.ReceiptPage;
import dev.archive.client.state.ReceiptPremis;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The files that a run writes for its caller: each is tried before any work. */
final class RunFiles implements AutoCloseable {
  private final Map<Kind, TargetFile> files = new LinkedHashMap<>();

  /**
   * Opens them.
   *
   * @param others what they must not lie in
   */
  RunFiles(RunOptions options, List<Path> others, Output output) {
    if (options.json) {
      output.claim(TargetFile.STDOUT);
    }
    open(options.receipt, Kind.RECEIPT, others, options, output);
    open(options.report, Kind.PAGE, others, options, output);
    open(options.premis, Kind.PREMIS, others, options, output);
    open(options.failedList, Kind.FAILED_LIST, others, options, output);
  }

  private void open(Path named, Kind kind, List<Path> others, RunOptions options, Output output) {
    if (named != null) {
      output.claim(named);
      files.put(kind, TargetFile.open(named, kind, others, options.timeout()));
    }
  }

  /** The files that are written only where there is a receipt. */
  List<TargetFile> ofReceipt() {
    return files.entrySet().stream()
        .filter(each -> each.getKey() != Kind.FAILED_LIST)
        .map(Map.Entry::getValue)
        .toList();
  }

  /** Writes what there is to write; what could not be written, in words. */
  List<String> write(RunReport report, Output output) {
    List<String> failed = new ArrayList<>();
    files.forEach(
        (kind, file) -> {
          boolean due = kind == Kind.FAILED_LIST || report.receipt() != null;
          if (due && !write(kind, file, report, output)) {
            failed.add("the " + kind + " could not be written to " + file);
          }
        });
    return failed;
  }

  private static boolean write(Kind kind, TargetFile file, RunReport report, Output output) {
    return output.write(
        file,
        "the " + kind,
        out -> {
          switch (kind) {
            case RECEIPT, REPORT, METRICS -> report.writeReceipt(out);
            case PAGE -> ReceiptPage.write(report.content(), out);
            case PREMIS -> ReceiptPremis.write(report.content(), out);
            case FAILED_LIST -> FailedList.write(report.notArchived(), out);
          }
        });
  }

  @Override
  public void close() {
    files.values().forEach(TargetFile::close);
  }
}
