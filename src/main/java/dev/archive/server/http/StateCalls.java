package dev.archive.server.http;

import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.ErrorCode;
import dev.archive.wire.Json;
import dev.archive.wire.Messages.BatchList;
import dev.archive.wire.Messages.StatusHead;
import java.io.IOException;

/** The calls that tell what the ledger holds. */
final class StateCalls {
  /** How many batches a list has unless told otherwise, and at most. */
  private static final int LIST = 100;

  static final int MAX_LIST_LENGTH = 1000;
  static final int MAX_PAGE_SIZE = 1_000_000;

  private final FileStatuses statuses;
  private final Histories histories;

  StateCalls(FileStatuses statuses, Histories histories) {
    this.statuses = statuses;
    this.histories = histories;
  }

  void list(Exchange exchange) {
    Query query = exchange.query();
    String status = query.text("status");
    String after = query.text("after");
    int max = query.limit(MAX_LIST_LENGTH, LIST);
    BatchList answer =
        statuses.list(
            exchange.caller().seesAll() ? null : exchange.caller().owner(),
            status == null ? null : status(status),
            after == null ? null : BatchId.parse(after),
            max);
    exchange.send(200, Json.bytes(answer));
  }

  private static BatchStatus status(String word) {
    try {
      return BatchStatus.parse(word);
    } catch (ArchiveException e) {
      throw new ArchiveException(ErrorCode.INVALID_REQUEST, e.getMessage(), e);
    }
  }

  void status(Exchange exchange) throws IOException {
    BatchId id = exchange.batch();
    Query query = exchange.query();
    if ("true".equals(query.text("summary"))) {
      StatusHead head = statuses.summary(id, query.number("skipped_from", Integer.MAX_VALUE, 0));
      exchange.send(200, head.version(), Json.bytes(head));
      return;
    }
    if (exchange.isHead()) {
      exchange.sendHead(statuses.summary(id, 0).version());
      return;
    }
    Long since = query.number("since", Long.MAX_VALUE);
    Long limit = query.number("limit", MAX_PAGE_SIZE);
    int max = limit == null ? 0 : limit.intValue();
    // Pages are in the order of versions, also from the first one on.
    Long from = since == null && limit != null ? Long.valueOf(0) : since;
    exchange.spooled(max, open -> statuses.write(id, from, max, open));
  }

  void history(Exchange exchange) throws IOException {
    BatchId id = exchange.batch();
    Query query = exchange.query();
    if (exchange.isHead()) {
      exchange.sendHead(statuses.summary(id, 0).version());
      return;
    }
    long from = query.number("since", Long.MAX_VALUE, 0);
    int max = (int) query.number("limit", MAX_PAGE_SIZE, 0);
    exchange.spooled(max, open -> histories.write(id, from, max, open));
  }
}
