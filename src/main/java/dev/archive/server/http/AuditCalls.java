package dev.archive.server.http;

import dev.archive.model.BatchId;
import dev.archive.model.Sample;
import dev.archive.server.audit.AuditCursor;
import dev.archive.server.audit.BatchAudit;
import dev.archive.server.ingest.Activity;
import dev.archive.wire.Json;
import dev.archive.wire.Messages.AuditPage;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;

/** The call that has stored bytes read again. */
final class AuditCalls {
  /** Of a read, in seconds: older than any archive. */
  private static final long MAX_AGE = 1L << 33;

  private final BatchAudit audit;
  private final Activity activity;

  AuditCalls(BatchAudit audit, Activity activity) {
    this.audit = audit;
    this.activity = activity;
  }

  /**
   * To read large objects takes long. As long as it goes on, a space comes every few seconds, which
   * means nothing in JSON, so that nobody takes the silence for the end.
   */
  void page(Exchange exchange) throws IOException {
    BatchId id = exchange.batch();
    Query query = exchange.query();
    AuditCursor after = AuditCursor.parse(query.text("after"));
    int max = query.limit(BatchAudit.MAX_LIMIT, BatchAudit.MAX_LIMIT);
    Long maxAge = query.number("max_age", MAX_AGE);
    Sample sample = query.sample();
    Instant readSince = maxAge == null ? null : audit.ago(maxAge);
    if (exchange.isHead()) {
      // To read objects for nobody would cost what the answer costs.
      audit.requireHeld(id);
      exchange.sendHead(null);
      return;
    }
    OutputStream out = exchange.stream();
    AuditPage page =
        audit.page(
            id,
            after,
            max,
            sample,
            readSince,
            !activity.isUnderWay(id),
            new BatchAudit.Watch() {
              @Override
              public void read(long bytes) {}

              @Override
              public void alive() throws IOException {
                exchange.head(200, null);
                out.write(' ');
                out.flush();
              }
            });
    exchange.head(200, null);
    exchange.end(Json.bytes(page));
  }
}
