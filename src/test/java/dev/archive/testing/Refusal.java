package dev.archive.testing;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** An answer that is an error in the wire form of existing deployments: {@code {"error": "…"}}. */
final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final int status;
  private final ObjectNode body;

  private Refusal(int status, ObjectNode body) {
    super(status + " " + body);
    this.status = status;
    this.body = body;
  }

  static Refusal of(int status, String sentence) {
    return new Refusal(status, JsonNodeFactory.instance.objectNode().put("error", sentence));
  }

  static Refusal invalid(String sentence) {
    return of(400, sentence);
  }

  static Refusal notFound(String sentence) {
    return of(404, sentence);
  }

  static Refusal internal() {
    return of(500, "Internal server error");
  }

  static Refusal incomplete(Iterable<String> fileNames) {
    Refusal refusal = invalid("Not all files completed");
    var names = refusal.body.putArray("incomplete");
    fileNames.forEach(names::add);
    return refusal;
  }

  int status() {
    return status;
  }

  ObjectNode body() {
    return body;
  }
}
