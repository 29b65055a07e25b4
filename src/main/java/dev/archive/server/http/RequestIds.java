package dev.archive.server.http;

import java.util.concurrent.atomic.AtomicLong;

/** The numbers of a server's requests: no other request has the same. */
public final class RequestIds {
  /** The header of an answer that carries the number. */
  static final String HEADER = "X-Request-Id";

  /** The field of an error answer that carries it. */
  static final String FIELD = "request_id";

  private final String instance;
  private final AtomicLong requests = new AtomicLong();

  /**
   * None so far.
   *
   * @param instance begins the numbers of this server's requests, so that no other run has them
   */
  public RequestIds(String instance) {
    this.instance = instance;
  }

  String next() {
    return instance + "-" + requests.incrementAndGet();
  }
}
