package dev.archive.client.state;

import dev.archive.client.plan.Failure;
import dev.archive.model.Entry;
import dev.archive.model.Receipt;
import dev.archive.wire.JournalMessages.ReceiptEntry;
import dev.archive.wire.Json;
import dev.archive.wire.JsonObjectWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The receipt as JSON: on one line for machines, or as a document with every file. */
public final class ReceiptDocument {
  private ReceiptDocument() {}

  /** The fields of a receipt by name. */
  public static Map<String, Object> fields(Receipt receipt) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("event", "receipt");
    fields.put("batch_id", receipt.batchId().value());
    fields.put("version", receipt.version());
    fields.put("files", receipt.files());
    fields.put("bytes", receipt.bytes());
    fields.put("manifest_sha256", receipt.manifestSha256().hex());
    fields.put("status", receipt.status().toString());
    fields.put("server", receipt.server());
    return fields;
  }

  /**
   * Writes the receipt with every file's path, size and digest, and what was skipped.
   *
   * @param outdated the files of which the batch holds what they were earlier
   * @param account what became of all that was found
   * @param record what is told of the run
   */
  public static void write(
      Receipt receipt,
      List<Entry> entries,
      List<Failure> skipped,
      List<Failure> outdated,
      Account account,
      RunRecord record,
      OutputStream out)
      throws IOException {
    Map<String, Object> head = fields(receipt);
    record.addTo(head);
    head.put("account", account);
    if (!skipped.isEmpty()) {
      head.put("skipped", skipped.stream().map(Failure::reason).toList());
    }
    if (!outdated.isEmpty()) {
      head.put("outdated", outdated.stream().map(Failure::reason).toList());
    }
    JsonObjectWriter writer = Json.writeObject(out, head, "entries");
    for (Entry entry : entries) {
      writer.item(new ReceiptEntry(entry.path().toString(), entry.size(), entry.sha256().hex()));
    }
    writer.end(null, null);
  }
}
