package dev.archive.server.http;

import dev.archive.ledger.BatchLedger;
import dev.archive.ledger.Standing;
import dev.archive.model.ArchiveException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.function.LongSupplier;
import org.eclipse.jetty.http.HttpHeader;

/** The call that tells the figures of this process and its archive to a monitor. */
public final class MetricsCalls {
  private static final double NANOS = 1e9;

  private final Metrics metrics;
  private final BatchLedger ledger;
  private final boolean notifies;
  private final LongSupplier lostLines;
  private final String version;
  private final Clock clock;

  /**
   * Sets it up.
   *
   * @param notifies whether finalized batches are told to anybody
   * @param lostLines how many lines of the log could not be written
   */
  public MetricsCalls(
      Metrics metrics,
      BatchLedger ledger,
      boolean notifies,
      LongSupplier lostLines,
      String version,
      Clock clock) {
    this.metrics = metrics;
    this.ledger = ledger;
    this.notifies = notifies;
    this.lostLines = lostLines;
    this.version = version;
    this.clock = clock;
  }

  void all(Exchange exchange) {
    byte[] text = text().getBytes(StandardCharsets.UTF_8);
    exchange.head(200, null);
    exchange.put(HttpHeader.CONTENT_TYPE, PrometheusText.CONTENT_TYPE);
    exchange.put(HttpHeader.CACHE_CONTROL, "no-store");
    exchange.end(text);
  }

  private String text() {
    PrometheusText text = new PrometheusText();
    text.gauge("archive_info", "The program that serves.").with(1, "version", version);
    requests(text);
    text.counter("archive_log_lost_lines_total", "Lines of the log that could not be written.")
        .with((double) lostLines.getAsLong());
    text.histogram(
        "archive_commit_changes",
        "Changes made durable by one commit.",
        ledger.commits().sizes(),
        1);
    text.histogram(
        "archive_commit_seconds", "Time of one commit.", ledger.commits().times(), NANOS);
    text.histogram(
        "archive_commit_wait_seconds",
        "Time that a change waited until it was durable.",
        ledger.commits().waits(),
        NANOS);
    text.gauge("archive_commit_waiting_changes", "Changes that wait for the next commit.")
        .with(ledger.waiting());
    standing(text);
    return text.toString();
  }

  private void requests(PrometheusText text) {
    text.counter("archive_requests_total", "Requests that have ended, by route and status.");
    metrics
        .routes()
        .forEach(
            (route, counters) ->
                counters
                    .statuses()
                    .forEach(
                        (status, count) ->
                            text.with(
                                count,
                                "method",
                                route.method(),
                                "route",
                                route.path(),
                                "status",
                                String.valueOf(status))));
    text.counter("archive_request_bytes_total", "Bytes of request bodies.");
    metrics.routes().forEach((route, each) -> text.of(route, (double) each.bytesIn.sum()));
    text.counter("archive_response_bytes_total", "Bytes of response bodies.");
    metrics.routes().forEach((route, each) -> text.of(route, (double) each.bytesOut.sum()));
    text.counter("archive_request_seconds_total", "Time from the head to the end of requests.");
    metrics.routes().forEach((route, each) -> text.of(route, each.nanos.sum() / NANOS));
    text.counter("archive_errors_total", "Requests that failed, by the code of their error.");
    metrics.errors().forEach((code, count) -> text.with(count, "code", code));
  }

  /** What the ledger says; while it cannot be read, the rest is told without it. */
  private void standing(PrometheusText text) {
    Standing standing;
    try {
      standing = ledger.standing(notifies);
    } catch (ArchiveException e) {
      return;
    }
    text.gauge("archive_open_uploads", "Batches that are not finalized.")
        .with((double) standing.open());
    if (notifies) {
      text.gauge("archive_outbox_messages", "Notifications that are not delivered yet.")
          .with((double) standing.messages());
      text.gauge(
              "archive_outbox_oldest_seconds",
              "Time since the batch of the oldest of these notifications was finalized.")
          .with(
              standing.oldest() == null
                  ? 0
                  : Math.max(0, clock.millis() - standing.oldest().toEpochMilli()) / 1000.0);
    }
  }
}
