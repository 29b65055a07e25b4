package dev.archive.testing;

import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.archive.testing.RawClient.Ending;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A proxy before an echoing server, and one request to try. */
abstract class ProxyFixture {
  static final String BODY = "0123456789".repeat(20);
  static final byte[] PUT = RawClient.request("PUT /a", BODY);

  /** Length of the head of {@link #PUT}. */
  static final int HEAD = PUT.length - BODY.length();

  EchoServer server;
  FaultProxy proxy;

  @BeforeEach
  void start() throws IOException {
    server = new EchoServer();
    proxy = FaultProxy.start(server.address(), 1, Rules.none());
  }

  @AfterEach
  void stop() {
    proxy.close();
    server.close();
  }

  RawClient client() throws IOException {
    return new RawClient(proxy.address());
  }

  void rules(Rule... rules) {
    proxy.setRules(Rules.of(rules));
  }

  static String expected(int number) {
    return EchoServer.expected("PUT /a", BODY) + " #" + number;
  }

  /** Asks on a connection of its own and returns every byte of the answer. */
  byte[] exchange(String line) throws IOException {
    try (RawClient client = client()) {
      client.send(line + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      Ending ending = client.readToEnd();
      assertFalse(ending.reset());
      return ending.bytes();
    }
  }
}
