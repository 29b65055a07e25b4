package dev.archive.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.PrettyPrinter;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.archive.model.ArchiveException;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes a JSON object that ends in long arrays, such as a batch with its files, without holding
 * them.
 */
public final class JsonObjectWriter {
  private final ObjectMapper mapper;
  private final JsonGenerator generator;

  JsonObjectWriter(
      ObjectMapper mapper,
      OutputStream out,
      Object head,
      String array,
      @Nullable PrettyPrinter lines)
      throws IOException {
    this.mapper = mapper;
    this.generator = mapper.createGenerator(out);
    if (lines != null) {
      generator.setPrettyPrinter(lines);
    }
    generator.writeStartObject();
    ObjectNode fields = mapper.valueToTree(head);
    for (Map.Entry<String, JsonNode> field : fields.properties()) {
      generator.writeFieldName(field.getKey());
      mapper.writeTree(generator, field.getValue());
    }
    generator.writeArrayFieldStart(array);
  }

  /**
   * Adds an element to the array.
   *
   * @throws ArchiveException where the stream takes no more, as it said itself
   */
  public void item(Object value) throws IOException {
    try {
      mapper.writeValue(generator, value);
    } catch (JsonMappingException e) {
      if (e.getCause() instanceof ArchiveException refusal) {
        throw refusal;
      }
      throw e;
    }
  }

  /** Ends the array and begins another. */
  public void array(String name) throws IOException {
    generator.writeEndArray();
    generator.writeArrayFieldStart(name);
  }

  /**
   * Ends array and object, with one more number behind the array where there is one, and closes the
   * stream.
   */
  public void end(@Nullable String name, @Nullable Long number) throws IOException {
    generator.writeEndArray();
    if (number != null) {
      generator.writeNumberField(name, number);
    }
    generator.writeEndObject();
    generator.close();
  }
}
