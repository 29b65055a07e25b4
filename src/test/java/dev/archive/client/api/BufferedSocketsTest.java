package dev.archive.client.api;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.Socket;
import org.junit.jupiter.api.Test;

class BufferedSocketsTest {
  /** Else each body of more than a buffer takes one round trip more. */
  @Test
  void endOfABodyDoesNotWaitForItsBeginToBeConfirmed() throws Exception {
    try (Socket socket = new BufferedSockets().createSocket()) {
      assertTrue(socket.getTcpNoDelay());
    }
  }
}
