package dev.archive.client.state;

import dev.archive.model.Entry;
import dev.archive.model.Receipt;
import dev.archive.wire.JournalMessages.ReceiptEntry;
import dev.archive.wire.Json;
import dev.archive.wire.JsonObjectWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.util.LinkedHashMap;
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
    if (receipt.attributesSha256() != null) {
      fields.put("attributes_sha256", receipt.attributesSha256().hex());
    }
    fields.put("status", receipt.status().toString());
    fields.put("server", receipt.server());
    return fields;
  }

  /** Writes the receipt with every file's path, size and digest, and what is not in the batch. */
  public static void write(ReceiptContent content, OutputStream out) throws IOException {
    Map<String, Object> head = fields(content.receipt());
    content.record().addTo(head);
    head.put("account", content.account());
    if (!content.skipped().isEmpty()) {
      head.put("skipped", content.skipped());
    }
    if (!content.outdated().isEmpty()) {
      head.put("outdated", content.outdated());
    }
    JsonObjectWriter writer = Json.writeDocument(out, head, "entries");
    for (Entry entry : content.entries()) {
      writer.item(new ReceiptEntry(entry.path().toString(), entry.size(), entry.digest().hex()));
    }
    writer.end(null, null);
  }
}
