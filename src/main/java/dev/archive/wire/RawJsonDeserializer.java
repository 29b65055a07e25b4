package dev.archive.wire;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import dev.archive.model.Text;
import java.io.IOException;
import java.io.StringWriter;

/**
 * Cuts a JSON object out of the text that is read, without a change to it. Where the text is not at
 * hand, because it comes as a stream, the tokens are copied: then only spaces between them, and how
 * characters are escaped, may differ. Numbers keep their digits either way.
 */
final class RawJsonDeserializer extends StdScalarDeserializer<RawJson> {
  /** The attribute that holds the whole text that is read. */
  static final String TEXT = "archive.text";

  RawJsonDeserializer() {
    super(RawJson.class);
  }

  @Override
  public RawJson deserialize(JsonParser parser, DeserializationContext context) throws IOException {
    if (!parser.hasToken(JsonToken.START_OBJECT)) {
      return context.reportInputMismatch(RawJson.class, "not a JSON object");
    }
    if (!(context.getAttribute(TEXT) instanceof String whole)) {
      StringWriter copy = new StringWriter();
      JsonTokens.copy(parser, copy);
      return checked(copy.toString(), true, context);
    }
    long start = parser.currentTokenLocation().getCharOffset();
    boolean unicode = true;
    for (int depth = 1; depth > 0; ) {
      JsonToken token = parser.nextToken();
      depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
      if (token == JsonToken.FIELD_NAME || token == JsonToken.VALUE_STRING) {
        unicode &= Text.isUnicode(parser.getText());
      }
    }
    long end = parser.currentTokenLocation().getCharOffset() + 1;
    return checked(whole.substring((int) start, (int) end), unicode, context);
  }

  private static RawJson checked(String text, boolean unicode, DeserializationContext context)
      throws IOException {
    return unicode && Text.isUnicode(text)
        ? new RawJson(text)
        : context.reportInputMismatch(RawJson.class, JsonFaults.NOT_UNICODE);
  }
}
