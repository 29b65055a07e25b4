package dev.archive.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;

/** Lies made out of true answers. */
public final class Lies {
  /** What a terminal would obey: a colour, a title, a C1 escape, a line turned round. */
  public static final String ESCAPES = "\u001b[31m\u001b]0;t\u0007\u009b2J\u202e\u2028\r\n";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MAX_ENDLESS_BYTES = 200 << 20;

  private Lies() {}

  /** The kinds of lies. */
  public enum Kind {
    NULL_FIELD,
    MISSING_FIELD,
    HUGE_NUMBER,
    NEGATIVE,
    OTHER_TYPE,
    ESCAPES,
    LONG_TEXT,
    NULL_ELEMENT,
    REPEATED,
    ENDLESS_ARRAY,
    ENDLESS_TEXT,
    ENDLESS_FIELDS,
    ENDLESS_SPACE,
    NOTHING,
    NULL,
    NOT_UTF8,
    CUT,
    DEEP,
    SLOW,
    LONG_ERROR,
    BUSY
  }

  /** A lie of a kind about any true answer. */
  public static LyingProxy.Lie of(Kind kind, RandomGenerator random) {
    return switch (kind) {
      case NULL_FIELD -> altered(random, (object, name) -> object.putNull(name));
      case MISSING_FIELD -> altered(random, (object, name) -> object.remove(name));
      case HUGE_NUMBER ->
          altered(
              random,
              (object, name) ->
                  object.put(
                      name,
                      random.nextBoolean()
                          ? BigInteger.valueOf(Long.MAX_VALUE)
                          : BigInteger.TEN.pow(19)));
      case NEGATIVE -> altered(random, (object, name) -> object.put(name, -1L));
      case OTHER_TYPE ->
          altered(
              random,
              (object, name) -> object.set(name, JSON.createArrayNode().add(1.5).addObject()));
      case ESCAPES ->
          (exchange, status, truth) ->
              LyingProxy.answer(exchange, status, bytes(escaped(JSON.readTree(truth))));
      case LONG_TEXT -> altered(random, (object, name) -> object.put(name, "x".repeat(250_000)));
      case NULL_ELEMENT -> arrays(array -> array.insertNull(0));
      case REPEATED -> arrays(array -> array.addAll(array.deepCopy()));
      case ENDLESS_ARRAY -> Lies::endlessArray;
      case ENDLESS_TEXT -> endless("{\"x\":\"", "y".repeat(1000));
      case ENDLESS_FIELDS -> Lies::endlessFields;
      case ENDLESS_SPACE -> endless("{", " ".repeat(1000));
      case NOTHING -> LyingProxy.Lie.body(new byte[0]);
      case NULL -> LyingProxy.Lie.body(bytes("null"));
      case NOT_UTF8 -> LyingProxy.Lie.body(new byte[] {'{', '"', (byte) 0xff, '"', ':', '1', '}'});
      case CUT ->
          (exchange, status, truth) ->
              LyingProxy.answer(
                  exchange,
                  status,
                  java.util.Arrays.copyOf(
                      truth, truth.length == 0 ? 0 : random.nextInt(truth.length)));
      case DEEP -> LyingProxy.Lie.body(bytes("{\"files\":" + "[".repeat(100_000)));
      case SLOW -> Lies::slow;
      case LONG_ERROR ->
          (exchange, status, truth) ->
              LyingProxy.answer(
                  exchange, 500, bytes("{\"error\":\"" + "bad \\u001b[31m".repeat(20_000) + "\"}"));
      case BUSY ->
          (exchange, status, truth) ->
              LyingProxy.answer(exchange, 503, bytes("{\"error\":\"busy\"}"));
    };
  }

  private interface Alteration {
    void alter(ObjectNode object, String name);
  }

  /** Alters one field of one object of the answer. */
  private static LyingProxy.Lie altered(RandomGenerator random, Alteration alteration) {
    return (exchange, status, truth) -> {
      JsonNode answer = JSON.readTree(truth);
      List<ObjectNode> objects = new ArrayList<>();
      collect(answer, objects);
      objects.removeIf(ObjectNode::isEmpty);
      if (!objects.isEmpty()) {
        ObjectNode object = objects.get(random.nextInt(objects.size()));
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        alteration.alter(object, names.get(random.nextInt(names.size())));
      }
      LyingProxy.answer(exchange, status, bytes(answer));
    };
  }

  private static void collect(JsonNode node, List<ObjectNode> objects) {
    if (node instanceof ObjectNode object) {
      objects.add(object);
    }
    node.forEach(each -> collect(each, objects));
  }

  private interface ArrayAlteration {
    void alter(ArrayNode array);
  }

  private static LyingProxy.Lie arrays(ArrayAlteration alteration) {
    return (exchange, status, truth) -> {
      JsonNode answer = JSON.readTree(truth);
      answer.forEach(
          each -> {
            if (each instanceof ArrayNode array) {
              alteration.alter(array);
            }
          });
      LyingProxy.answer(exchange, status, bytes(answer));
    };
  }

  /** Every text with escapes behind it; the ids of batches stay, or nothing else would be read. */
  public static JsonNode escaped(JsonNode node) {
    if (node instanceof ObjectNode object) {
      List<String> names = new ArrayList<>();
      object.fieldNames().forEachRemaining(names::add);
      for (String name : names) {
        JsonNode value = object.get(name);
        if (value.isTextual() && !name.equals("batch_id") && !name.equals("next")) {
          object.put(name, value.asText() + ESCAPES);
        } else {
          escaped(value);
        }
      }
    } else {
      node.forEach(Lies::escaped);
    }
    return node;
  }

  private static void endlessArray(
      com.sun.net.httpserver.HttpExchange exchange, int status, byte[] truth) throws IOException {
    JsonNode answer = JSON.readTree(truth);
    String name = null;
    JsonNode element = JSON.createObjectNode();
    for (var field : answer.properties()) {
      if (field.getValue().isArray()) {
        name = field.getKey();
        element = field.getValue().isEmpty() ? element : field.getValue().get(0);
      }
    }
    String text = JSON.writeValueAsString(element);
    endless("{\"" + (name == null ? "files" : name) + "\":[" + text, "," + text)
        .tell(exchange, status, truth);
  }

  private static void endlessFields(
      com.sun.net.httpserver.HttpExchange exchange, int status, byte[] truth) throws IOException {
    try (OutputStream out = LyingProxy.stream(exchange)) {
      out.write('{');
      for (int i = 0; i < 10_000_000; i++) {
        out.write(bytes("\"f" + i + "\":[[],[],[],[]],"));
      }
    }
  }

  private static LyingProxy.Lie endless(String begin, String more) {
    return (exchange, status, truth) -> {
      try (OutputStream out = LyingProxy.stream(exchange)) {
        out.write(bytes(begin));
        byte[] again = bytes(more.repeat(1 + 8000 / more.length()));
        for (int sent = 0; sent < MAX_ENDLESS_BYTES; sent += again.length) {
          out.write(again);
        }
      }
    };
  }

  /** A byte now and then. */
  private static void slow(com.sun.net.httpserver.HttpExchange exchange, int status, byte[] truth)
      throws IOException {
    try (OutputStream out = LyingProxy.stream(exchange)) {
      for (byte each : truth) {
        out.write(each);
        out.flush();
        LockSupport.parkNanos(200_000_000);
      }
    }
  }

  private static byte[] bytes(JsonNode node) throws IOException {
    return JSON.writeValueAsBytes(node);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
