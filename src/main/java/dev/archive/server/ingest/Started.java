package dev.archive.server.ingest;

import dev.archive.wire.Json;
import dev.archive.wire.JsonObjectWriter;
import dev.archive.wire.Messages.StartAnswer;
import java.io.IOException;
import java.io.OutputStream;

/**
 * What {@code start} of one file answers.
 *
 * @param answer the whole answer, or its head where more parts follow than are held at once
 * @param pages null where the answer is whole, like parts
 */
public record Started(StartAnswer answer, PartPages pages, PartPages.Upload parts) {
  public boolean isWhole() {
    return pages == null;
  }

  /** Writes an answer that is not whole. */
  public void write(OutputStream out) throws IOException {
    JsonObjectWriter writer = Json.writeObject(out, answer, "presigned_urls");
    pages.write(parts, writer);
    writer.end(null, null);
  }
}
