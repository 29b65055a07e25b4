package dev.archive.testing;

/**
 * One request on its way and what has been decided for it.
 *
 * @param line "METHOD target"
 * @param onRequest what is done to the request, or null
 * @param onResponse what is done to the answer, or null
 * @param body what an observer was told of the request's body
 */
record Exchange(String method, String line, Fault onRequest, Fault onResponse, byte[] body) {
  private static final byte[] NONE = new byte[0];

  Exchange(String method, String line, Fault onRequest, Fault onResponse) {
    this(method, line, onRequest, onResponse, NONE);
  }

  Exchange with(byte[] observed) {
    return new Exchange(method, line, onRequest, onResponse, observed);
  }

  /**
   * An action with its chances drawn.
   *
   * @param regex the expression of the rule's match
   * @param seed for random bytes
   */
  record Fault(Action action, Offset offset, String regex, long seed) {}
}
