package dev.archive.wire;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import dev.archive.model.Text;
import java.util.Collection;
import java.util.Map;

/** What is wrong with JSON that cannot be read, in our own words. */
final class JsonFaults {
  /** What our own readers say of a text. */
  static final String NOT_UNICODE = "text that is not valid Unicode";

  private JsonFaults() {}

  /** One clause, such as {@code file_size is not a whole number (at character 13)}. */
  static String explain(JacksonException e) {
    String where =
        e.getLocation() == null || e.getLocation().getCharOffset() < 0
            ? ""
            : " (at character " + e.getLocation().getCharOffset() + ")";
    return what(e) + where;
  }

  private static String what(JacksonException e) {
    if (e instanceof StreamConstraintsException) {
      return "the JSON is nested too deeply, or has a name, text or number that is too long";
    }
    if (e.getCause() instanceof IllegalArgumentException wrong) {
      return String.valueOf(wrong.getMessage());
    }
    if (e instanceof JsonEOFException) {
      return "the JSON ends too early";
    }
    String message = String.valueOf(e.getOriginalMessage());
    if (message.startsWith("Duplicate field")) {
      return "the JSON has a key twice in one object";
    }
    if (e instanceof InputCoercionException || e.getCause() instanceof InputCoercionException) {
      return field(e) + " is a number out of range";
    }
    if (e instanceof MismatchedInputException mismatch) {
      if (message.equals(NOT_UNICODE)) {
        return field(e) + " is " + NOT_UNICODE;
      }
      if (message.startsWith("Trailing token")) {
        return "text follows the JSON";
      }
      if (message.startsWith("No content")) {
        return "the body is empty, not JSON";
      }
      return field(e) + " is not " + kind(mismatch.getTargetType());
    }
    return e.getCause() instanceof JacksonException inner
        ? what(inner)
        : "the text is not valid JSON";
  }

  private static String field(JacksonException e) {
    StringBuilder path = new StringBuilder();
    if (e instanceof JsonMappingException mapping) {
      for (JsonMappingException.Reference step : mapping.getPath()) {
        if (step.getFieldName() == null) {
          path.append('[').append(step.getIndex()).append(']');
        } else {
          path.append(path.isEmpty() ? "" : ".").append(step.getFieldName());
        }
      }
    }
    return path.isEmpty() ? "the body" : Text.printable(path.toString());
  }

  private static String kind(Class<?> type) {
    if (type == null) {
      return "as expected";
    }
    if (type == String.class) {
      return "a text";
    }
    if (type == Boolean.class || type == boolean.class) {
      return "true or false";
    }
    if (Number.class.isAssignableFrom(type) || type.isPrimitive()) {
      return "a whole number in range";
    }
    if (Collection.class.isAssignableFrom(type) && !Map.class.isAssignableFrom(type)) {
      return "a list";
    }
    return "a JSON object";
  }
}
