package dev.archive.client.state;

import dev.archive.model.Count;
import dev.archive.model.Entry;
import dev.archive.model.Excluded;
import dev.archive.model.Text;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/**
 * The receipt as one page of HTML that needs nothing else, and can be printed: who, what and when,
 * totals as charts, what is not in the batch, and the files.
 */
public final class ReceiptPage {
  /** Browsers get slow beyond so many rows; the JSON receipt has all. */
  private static final int MAX_FILES = 10_000;

  private static final int MAX_BARS = 10;
  private static final int MAX_GROUPS = 100_000;

  private static final String STYLE =
      """
      body{font:15px/1.45 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;\
      color:#111;background:#fff}
      h1{font-size:1.5rem;overflow-wrap:anywhere}h2{font-size:1.15rem;margin-top:2rem}
      table{border-collapse:collapse;width:100%}
      th,td{text-align:left;vertical-align:top;padding:.2rem .6rem .2rem 0;\
      border-bottom:1px solid #ddd;overflow-wrap:anywhere}
      th{font-weight:600;white-space:nowrap}
      .n{text-align:right;white-space:nowrap}
      .d{font:12px/1.4 ui-monospace,monospace}
      svg{width:100%;height:.8rem;min-width:4rem}
      @media (max-width:40rem){.files thead{display:none}.files td{display:block;border:0;\
      padding:0}.files tr{display:block;border-bottom:1px solid #ddd;padding:.3rem 0}\
      .files .n{text-align:left}.files .n::after{content:' bytes'}}
      @media print{body{margin:0;max-width:none;font-size:11px}h2{break-after:avoid}\
      tr{break-inside:avoid}thead{display:table-header-group}}
      """;

  private final ReceiptContent content;
  private final Writer out;

  private ReceiptPage(ReceiptContent content, Writer out) {
    this.content = content;
    this.out = out;
  }

  /** Writes it. */
  public static void write(ReceiptContent content, OutputStream out) throws IOException {
    Writer writer = new OutputStreamWriter(out, StandardCharsets.UTF_8);
    new ReceiptPage(content, writer).write();
    writer.flush();
  }

  private static String text(String foreign) {
    return Markup.text(Text.escaped(foreign));
  }

  private void write() throws IOException {
    String batch = content.receipt().batchId().value();
    out.write(
        "<!DOCTYPE html>\n<!-- archive receipt of batch "
            + batch
            + " -->\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
            + "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
            + "<meta http-equiv=\"Content-Security-Policy\""
            + " content=\"default-src 'none'; style-src 'unsafe-inline'\">"
            + "<title>Receipt of batch "
            + batch
            + "</title><style>\n"
            + STYLE
            + "</style></head><body>\n<h1>Receipt of batch "
            + batch
            + "</h1>\n");
    facts();
    chart("By type", entry -> type(entry.path().fileName()));
    chart("By directory", entry -> directory(entry.path().relative()));
    list("Not in the batch", content.skipped());
    list("In the batch as they were earlier", content.outdated());
    excluded();
    files();
    out.write("</body></html>\n");
  }

  private void facts() throws IOException {
    RunRecord record = content.record();
    out.write("<table>\n");
    fact("Finished", record.finished() == null ? "unknown" : record.finished());
    fact("Uploader", record.uploader());
    fact("Machine", record.host());
    fact("Program", record.program());
    fact("Server", content.receipt().server());
    fact("Sources as given", String.join(", ", record.given()));
    fact("Sources resolved", String.join(", ", record.origin().sources()));
    fact("Root path", record.origin().rootPath());
    if (!record.filters().isEmpty()) {
      fact("Filters", String.join(" ", record.filters()));
    }
    if (record.metadata() != null) {
      fact("Metadata", record.metadata());
    }
    fact("Files", Count.number(content.receipt().files()));
    fact("Bytes", Count.number(content.receipt().bytes()));
    fact("Account", content.account().sentence());
    fact("Manifest SHA-256", content.receipt().manifestSha256().hex());
    Long version = content.receipt().version();
    fact("Version", version == null ? "unknown" : version.toString());
    fact("Status", content.receipt().status().toString());
    out.write("</table>\n");
  }

  private void fact(String name, String value) throws IOException {
    out.write("<tr><th>" + name + "</th><td>" + text(value) + "</td></tr>\n");
  }

  private static String type(String name) {
    int dot = name.lastIndexOf('.');
    return dot < 1 || dot == name.length() - 1 || name.length() - dot > 12
        ? "no type"
        : name.substring(dot).toLowerCase(Locale.ROOT);
  }

  private static String directory(String path) {
    int slash = path.indexOf('/');
    return slash < 0 ? "/" : path.substring(0, slash + 1);
  }

  private void chart(String title, Function<Entry, String> group) throws IOException {
    Map<String, long[]> sums = new HashMap<>();
    for (Entry entry : content.entries()) {
      String name = group.apply(entry);
      String known = sums.containsKey(name) || sums.size() < MAX_GROUPS ? name : "others";
      long[] sum = sums.computeIfAbsent(known, each -> new long[2]);
      sum[0]++;
      sum[1] += entry.size();
    }
    List<Map.Entry<String, long[]>> largest =
        sums.entrySet().stream()
            .sorted(
                Map.Entry.<String, long[]>comparingByValue((a, b) -> Long.compare(b[1], a[1]))
                    .thenComparing(Map.Entry.comparingByKey()))
            .toList();
    long most = largest.isEmpty() ? 1 : Math.max(1, largest.get(0).getValue()[1]);
    out.write(
        "<h2>"
            + title
            + "</h2>\n<table><thead><tr><th>Name</th><th class=\"n\">Files</th>"
            + "<th class=\"n\">Bytes</th><th></th></tr></thead>\n");
    for (int i = 0; i < Math.min(MAX_BARS, largest.size()); i++) {
      row(largest.get(i).getKey(), largest.get(i).getValue(), most);
    }
    if (largest.size() > MAX_BARS) {
      long[] rest = new long[2];
      for (Map.Entry<String, long[]> each : largest.subList(MAX_BARS, largest.size())) {
        rest[0] += each.getValue()[0];
        rest[1] += each.getValue()[1];
      }
      row(Count.number(largest.size() - MAX_BARS) + " more", rest, Math.max(most, rest[1]));
    }
    out.write("</table>\n");
  }

  private void row(String name, long[] sum, long most) throws IOException {
    out.write(
        "<tr><td>"
            + text(name)
            + "</td><td class=\"n\">"
            + Count.number(sum[0])
            + "</td><td class=\"n\">"
            + Count.number(sum[1])
            + "</td><td style=\"width:40%\"><svg viewBox=\"0 0 100 4\""
            + " preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect width=\""
            + String.format(Locale.ROOT, "%.2f", 100.0 * sum[1] / most)
            + "\" height=\"4\" fill=\"#36648b\"/></svg></td></tr>\n");
  }

  private void list(String title, List<String> reasons) throws IOException {
    if (reasons.isEmpty()) {
      return;
    }
    out.write("<h2>" + title + " (" + Count.number(reasons.size()) + ")</h2>\n<ul>\n");
    for (String each : reasons) {
      out.write("<li>" + text(each) + "</li>\n");
    }
    out.write("</ul>\n");
  }

  private void excluded() throws IOException {
    if (content.record().excluded().isEmpty()) {
      return;
    }
    out.write("<h2>Excluded</h2>\n<table>\n");
    for (Excluded each : content.record().excluded()) {
      out.write(
          "<tr><td>"
              + text(each.rule())
              + "</td><td>"
              + each.counts()
              + "</td><td class=\"n\">"
              + Count.of(each.bytes(), "byte")
              + "</td></tr>\n");
    }
    out.write("</table>\n");
  }

  private void files() throws IOException {
    List<Entry> entries = content.entries();
    out.write(
        "<h2>Files</h2>\n<table class=\"files\"><thead><tr><th>Path</th>"
            + "<th class=\"n\">Bytes</th><th>SHA-256</th></tr></thead>\n");
    for (Entry entry : entries.subList(0, Math.min(MAX_FILES, entries.size()))) {
      out.write(
          "<tr><td>"
              + text(entry.path().toString())
              + "</td><td class=\"n\">"
              + Count.number(entry.size())
              + "</td><td class=\"d\">"
              + entry.digest().hex()
              + "</td></tr>\n");
    }
    out.write("</table>\n");
    if (entries.size() > MAX_FILES) {
      out.write(
          "<p>"
              + Count.of(entries.size() - MAX_FILES, "more file")
              + ": the receipt in JSON lists all.</p>\n");
    }
  }
}
