package dev.archive.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;

/** The part of JSON Schema that the schemas of the program use. */
public final class Schemas {
  private Schemas() {}

  /** Proves that a value holds to a schema. */
  public static void requireHeld(JsonNode value, JsonNode schema, String at) {
    if (schema.has("const")) {
      assertEquals(schema.get("const"), value, at);
    }
    String types = String.valueOf(schema.get("type"));
    if (!types.equals("null")) {
      String type =
          value.isBoolean()
              ? "boolean"
              : value.isTextual()
                  ? "string"
                  : value.isIntegralNumber()
                      ? "integer"
                      : value.isArray() ? "array" : value.isNull() ? "null" : "object";
      assertTrue(types.contains("\"" + type + "\""), at + " is " + type);
    }
    if (schema.has("pattern")) {
      assertTrue(value.asText().matches(schema.get("pattern").asText()), at + ": " + value);
    }
    for (JsonNode each : schema.path("required")) {
      assertTrue(value.has(each.asText()), at + " lacks " + each);
    }
    if (schema.has("properties")) {
      value
          .properties()
          .forEach(
              each -> {
                JsonNode of = schema.get("properties").get(each.getKey());
                assertTrue(of != null, at + "/" + each.getKey() + " is not in the schema");
                requireHeld(each.getValue(), of, at + "/" + each.getKey());
              });
    }
    if (schema.has("items")) {
      value.forEach(each -> requireHeld(each, schema.get("items"), at + "[]"));
    }
  }

  /** Proves that an event holds to the one schema that is of events of its name. */
  public static void requireEvent(JsonNode event, JsonNode schema) {
    String name = event.path("event").asText();
    for (JsonNode each : schema.get("oneOf")) {
      if (each.at("/properties/event/const").asText().equals(name)) {
        requireHeld(event, each, name);
        return;
      }
    }
    throw new AssertionError("the schema has no event " + name + ": " + event);
  }
}
