package dev.archive.server.http;

import java.io.IOException;

/**
 * One call of the API.
 *
 * @param path as requests have it; {@code {batch}} stands for the id of a batch, and {@code {file}}
 *     for the rest of an upload URL's path
 * @param access what it asks of its caller
 * @param handler answers it
 */
record Route(String method, String path, Access access, Handler handler) {
  /** Answers one request. */
  @FunctionalInterface
  interface Handler {
    /** What it throws becomes the answer. */
    void handle(Exchange exchange) throws IOException;
  }

  /** Whether a request's method is that of this call. */
  boolean answers(String requested) {
    // What can be had by GET can be asked for by HEAD (RFC 9110, 9.3.2); Jetty leaves out the body.
    return requested.equals(method) || method.equals("GET") && requested.equals("HEAD");
  }
}
