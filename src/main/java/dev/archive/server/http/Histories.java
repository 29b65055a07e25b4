package dev.archive.server.http;

import dev.archive.ledger.BatchLedger;
import dev.archive.model.BatchId;
import dev.archive.wire.Json;
import dev.archive.wire.JsonObjectWriter;
import dev.archive.wire.Messages.HistoryEvent;
import dev.archive.wire.Messages.HistoryHead;
import java.io.IOException;
import java.io.OutputStream;
import java.util.function.LongFunction;

/** Tells the history of a batch on the wire: its changes in the order of their versions. */
public final class Histories {
  private final BatchLedger ledger;

  public Histories(BatchLedger ledger) {
    this.ledger = ledger;
  }

  /**
   * Streams the history as of one moment.
   *
   * @param since only changes after this version
   * @param limit the most of them; 0 for all
   * @param open begins the answer, given the batch's version
   */
  void write(BatchId id, long since, int limit, LongFunction<OutputStream> open)
      throws IOException {
    OutputStream[] out = new OutputStream[1];
    JsonObjectWriter[] writer = new JsonObjectWriter[1];
    long[] versions = {since, 0};
    ledger.history(
        id,
        since,
        limit == 0 ? Long.MAX_VALUE : limit,
        batch -> {
          versions[1] = batch.version();
          out[0] = open.apply(batch.version());
          writer[0] =
              Json.writeObject(
                  out[0],
                  new HistoryHead(id.value(), batch.status().toString(), batch.version(), null),
                  "events");
        },
        recorded -> {
          versions[0] = recorded.event().version();
          writer[0].item(HistoryEvent.of(recorded.event(), recorded.hash()));
        });
    boolean more = limit > 0 && versions[0] > since && versions[0] < versions[1];
    writer[0].end("next", more ? versions[0] : null);
    out[0].close();
  }
}
