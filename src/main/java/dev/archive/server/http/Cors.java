package dev.archive.server.http;

import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;

/**
 * Lets pages of one origin call the API from a browser (Fetch standard, CORS protocol). Every other
 * origin is served as if there were no such thing, so that its browser keeps the answers from it.
 */
public final class Cors {
  private static final String METHODS = "GET, POST, PUT, DELETE";
  private static final String HEADERS =
      "Authorization, Content-Digest, Content-Type, Idempotency-Key, If-Match, Repr-Digest";

  /** In seconds, for how long a browser need not ask again. */
  private static final int MAX_AGE = 600;

  private final String origin;

  /**
   * The rule.
   *
   * @param origin scheme, host and port; null where no other origin may call
   */
  public Cors(String origin) {
    this.origin = origin;
  }

  /** Says in an answer that its caller may read it, where it may. */
  void allow(Request request, Response response) {
    if (origin == null) {
      return;
    }
    HttpFields.Mutable headers = response.getHeaders();
    headers.put(HttpHeader.VARY, "Origin");
    if (comesFromIt(request)) {
      headers.put(HttpHeader.ACCESS_CONTROL_ALLOW_ORIGIN, origin);
      headers.put(HttpHeader.ACCESS_CONTROL_EXPOSE_HEADERS, "ETag, Retry-After");
    }
  }

  /** Whether a request only asks what it may ask; the answer then says it, and has no body. */
  boolean isPreflight(Request request, Response response) {
    if (origin == null
        || !request.getMethod().equals("OPTIONS")
        || !request.getHeaders().contains(HttpHeader.ACCESS_CONTROL_REQUEST_METHOD)
        || !comesFromIt(request)) {
      return false;
    }
    response.setStatus(204);
    HttpFields.Mutable headers = response.getHeaders();
    headers.put(HttpHeader.ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.put(HttpHeader.ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
    headers.put(HttpHeader.ACCESS_CONTROL_MAX_AGE, String.valueOf(MAX_AGE));
    return true;
  }

  private boolean comesFromIt(Request request) {
    return origin.equals(request.getHeaders().get(HttpHeader.ORIGIN));
  }
}
