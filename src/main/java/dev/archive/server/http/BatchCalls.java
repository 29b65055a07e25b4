package dev.archive.server.http;

import dev.archive.model.Limit;
import dev.archive.server.ingest.IngestService;
import dev.archive.wire.AttributeLines;
import dev.archive.wire.Json;
import dev.archive.wire.Messages.AbortAnswer;
import dev.archive.wire.Messages.AttributesAnswer;
import dev.archive.wire.Messages.FinalizeAnswer;
import dev.archive.wire.Messages.FinalizeRequest;
import dev.archive.wire.Messages.InitAnswer;
import dev.archive.wire.Messages.InitRequest;

/** The calls that open a batch and end it. */
final class BatchCalls {
  /** Finalize may name many files that were skipped. In bytes. */
  private final IngestService service;

  BatchCalls(IngestService service) {
    this.service = service;
  }

  void init(Exchange exchange) {
    exchange.whenArrived(
        body -> {
          InitAnswer answer =
              service.init(Json.read(body, InitRequest.class), exchange.operation(body));
          exchange.about(answer.batchId());
          exchange.send(201, answer.version(), Json.bytes(answer));
        });
  }

  void abort(Exchange exchange) {
    AbortAnswer answer = service.abort(exchange.batch(), exchange.operation());
    exchange.send(200, answer.version(), Json.bytes(answer));
  }

  void attributes(Exchange exchange) {
    Query query = exchange.query();
    int page = (int) query.number("page", AttributeLines.MAX_PAGES - 1L, 0);
    boolean last = "true".equals(query.text("last"));
    exchange.whenArrived(
        AttributeLines.MAX_PAGE_BYTES,
        body -> {
          long[] names = new long[1];
          AttributeLines.read(body, each -> names[0]++);
          service.putAttributes(exchange.batch(), page, last, body);
          exchange.send(200, Json.bytes(new AttributesAnswer(true, names[0])));
        });
  }

  void finalizeBatch(Exchange exchange) {
    exchange.whenArrived(
        exchange.limits().number(Limit.FINALIZE_BYTES),
        body -> {
          FinalizeRequest wanted = body.length == 0 ? null : Json.read(body, FinalizeRequest.class);
          FinalizeAnswer answer =
              service.finalizeBatch(exchange.batch(), wanted, exchange.operation(body));
          exchange.send(200, answer.version(), Json.bytes(answer));
        });
  }
}
