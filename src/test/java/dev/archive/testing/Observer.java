package dev.archive.testing;

/**
 * Sees what goes through a proxy: each request as it comes from the client, and each whole answer
 * as it comes from upstream, before any fault touches them, and again when it went through. Called
 * by many threads.
 */
public interface Observer {
  /**
   * A request has come.
   *
   * @param line "METHOD target"
   * @param body of a POST, up to what the proxy keeps of it; else empty
   */
  void asked(String line, byte[] body);

  /**
   * Upstream has answered.
   *
   * @param line "METHOD target" of the request
   * @param asked its body, as told before
   */
  void answered(String line, byte[] asked, int status, byte[] answer);

  /** An answer that was told of before has gone to the client whole. */
  void relayed(String line, byte[] asked, int status, byte[] answer);
}
