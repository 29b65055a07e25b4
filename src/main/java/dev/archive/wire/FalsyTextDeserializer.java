package dev.archive.wire;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Reads a text that callers of the base API leave out as the empty text, false or 0 too. */
final class FalsyTextDeserializer extends StdScalarDeserializer<String> {
  FalsyTextDeserializer() {
    super(String.class);
  }

  @Override
  public @Nullable String deserialize(JsonParser parser, DeserializationContext context)
      throws IOException {
    boolean falsy =
        parser.hasToken(JsonToken.VALUE_FALSE)
            || parser.currentToken().isNumeric() && parser.getText().matches("-?0(\\.0+)?");
    String text = falsy ? null : context.readValue(parser, String.class);
    return text == null || text.isEmpty() ? null : text;
  }
}
