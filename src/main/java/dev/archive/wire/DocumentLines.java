package dev.archive.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
import java.io.IOException;

/**
 * Breaks a document into lines: a field of the whole on each, and an element of a long array. The
 * first two fields stay on the first line: by them an earlier document is known.
 */
final class DocumentLines extends MinimalPrettyPrinter {
  private static final long serialVersionUID = 1;

  private int depth;
  private int fields;

  @Override
  public void writeStartObject(JsonGenerator generator) throws IOException {
    depth++;
    super.writeStartObject(generator);
  }

  @Override
  public void writeEndObject(JsonGenerator generator, int entries) throws IOException {
    depth--;
    super.writeEndObject(generator, entries);
  }

  @Override
  public void writeStartArray(JsonGenerator generator) throws IOException {
    depth++;
    super.writeStartArray(generator);
  }

  @Override
  public void writeEndArray(JsonGenerator generator, int values) throws IOException {
    depth--;
    super.writeEndArray(generator, values);
  }

  @Override
  public void writeObjectEntrySeparator(JsonGenerator generator) throws IOException {
    super.writeObjectEntrySeparator(generator);
    if (depth == 1 && ++fields > 1) {
      generator.writeRaw("\n  ");
    }
  }

  @Override
  public void writeArrayValueSeparator(JsonGenerator generator) throws IOException {
    super.writeArrayValueSeparator(generator);
    if (depth == 2) {
      generator.writeRaw("\n    ");
    }
  }
}
