package dev.archive.server.http;

import dev.archive.durable.Failpoint;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.server.ingest.IngestService;
import dev.archive.server.ingest.Started;
import dev.archive.wire.Json;
import dev.archive.wire.Messages.BulkCompleteRequest;
import dev.archive.wire.Messages.BulkStartRequest;
import dev.archive.wire.Messages.CompleteAnswer;
import dev.archive.wire.Messages.CompleteRequest;
import dev.archive.wire.Messages.ForgetAnswer;
import dev.archive.wire.Messages.ForgetRequest;
import dev.archive.wire.Messages.PartsAnswer;
import dev.archive.wire.Messages.PartsRequest;
import dev.archive.wire.Messages.StartAnswer;
import dev.archive.wire.Messages.StartRequest;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/** The calls that register files of a batch and complete them. */
final class FileCalls {
  static final int MAX_IN_BULK = 1000;

  private final IngestService service;

  FileCalls(IngestService service) {
    this.service = service;
  }

  void start(Exchange exchange) {
    exchange.whenArrived(body -> start(exchange.batch(), body, exchange));
  }

  private void start(BatchId id, byte[] body, Exchange exchange) throws IOException {
    List<StartRequest> files = Json.read(body, BulkStartRequest.class).files();
    if (files != null) {
      requireNotTooMany(files);
      exchange.send(service.startAll(id, files, exchange.baseUrl(), exchange.operation(body)));
      return;
    }
    Started started =
        service.start(
            id, Json.read(body, StartRequest.class), exchange.baseUrl(), exchange.operation(body));
    StartAnswer answer = started.answer();
    if (started.isWhole()) {
      exchange.send(200, answer.version(), Json.bytes(answer));
    } else {
      Failpoint.reach("answer");
      exchange.spool(
          open -> {
            try (OutputStream out = open.apply(answer.version())) {
              started.write(out);
            }
          });
    }
  }

  void parts(Exchange exchange) {
    exchange.whenArrived(
        body -> {
          PartsAnswer answer =
              service.parts(
                  exchange.batch(), Json.read(body, PartsRequest.class), exchange.baseUrl());
          exchange.send(200, answer.version(), Json.bytes(answer));
        });
  }

  void complete(Exchange exchange) {
    exchange.whenArrived(
        body -> {
          List<CompleteRequest> files = Json.read(body, BulkCompleteRequest.class).files();
          if (files != null) {
            requireNotTooMany(files);
            exchange.send(service.completeAll(exchange.batch(), files, exchange.operation(body)));
          } else {
            CompleteAnswer answer =
                service.complete(
                    exchange.batch(),
                    Json.read(body, CompleteRequest.class),
                    exchange.operation(body));
            exchange.send(200, answer.version(), Json.bytes(answer));
          }
        });
  }

  void bundle(Exchange exchange) {
    exchange.whenArrived(service.bundle(exchange.batch(), exchange.operation()), exchange::send);
  }

  void forget(Exchange exchange) {
    exchange.whenArrived(
        body -> {
          ForgetAnswer answer =
              service.forget(
                  exchange.batch(), Json.read(body, ForgetRequest.class), exchange.operation(body));
          exchange.send(200, answer.version(), Json.bytes(answer));
        });
  }

  private static void requireNotTooMany(List<?> files) {
    if (files.size() > MAX_IN_BULK) {
      throw new ArchiveException(
          ErrorCode.TOO_LARGE, "one call is about " + MAX_IN_BULK + " files at most");
    }
  }
}
