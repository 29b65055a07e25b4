package dev.archive.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.Writer;

/** Copies JSON token by token, so that numbers keep their digits: 1.10 stays 1.10. */
final class JsonTokens {
  private static final JsonFactory FACTORY = new JsonFactory();

  private JsonTokens() {}

  /** Copies the value at which a parser stands, and leaves the parser at its last token. */
  static void copy(JsonParser parser, Writer out) throws IOException {
    try (JsonGenerator generator = FACTORY.createGenerator(out)) {
      copy(parser, generator);
    }
  }

  static void copy(JsonParser parser, JsonGenerator out) throws IOException {
    int depth = 0;
    for (JsonToken token = parser.currentToken(); ; token = parser.nextToken()) {
      if (token == JsonToken.VALUE_NUMBER_INT || token == JsonToken.VALUE_NUMBER_FLOAT) {
        out.writeNumber(parser.getText());
      } else {
        out.copyCurrentEvent(parser);
      }
      depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
      if (depth == 0) {
        return;
      }
    }
  }
}
