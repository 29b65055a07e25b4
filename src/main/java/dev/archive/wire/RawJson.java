package dev.archive.wire;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.JsonNode;
import dev.archive.model.Text;

/**
 * A JSON object that the archive keeps and hands on without reading it: an uploader's metadata or
 * prompts.
 *
 * @param text the object in compact form
 */
public record RawJson(@JsonValue @JsonRawValue String text) {
  @JsonCreator
  static RawJson of(JsonNode node) {
    if (!node.isObject()) {
      throw new IllegalArgumentException("not a JSON object");
    }
    String text = node.toString();
    if (!Text.isUnicode(text)) {
      throw new IllegalArgumentException("text that is not valid Unicode");
    }
    return new RawJson(text);
  }
}
