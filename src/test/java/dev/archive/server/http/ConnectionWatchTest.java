package dev.archive.server.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.Limit;
import dev.archive.model.Limits;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which connections end when a server is about to stop. */
class ConnectionWatchTest {
  private static final int MAX_MILLIS = 20_000;

  private final ConnectionWatch connections =
      new ConnectionWatch(
          System::nanoTime,
          Limits.USUAL.with(Limit.CONNECTIONS, 100).with(Limit.CONNECTIONS_PER_ADDRESS, 50),
          new PeerAddresses(List.of()));
  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch mayEnd = new CountDownLatch(1);
  private final Server jetty = new Server();
  private final ServerConnector connector = new ServerConnector(jetty, 1, 1);

  @BeforeEach
  void start() throws Exception {
    connector.addEventListener(connections);
    jetty.addConnector(connector);
    jetty.setHandler(connections.watching(answering()));
    jetty.start();
  }

  private Handler answering() {
    return new Handler.Abstract() {
      @Override
      public boolean handle(Request request, Response response, Callback callback)
          throws Exception {
        if (request.getHttpURI().getPath().equals("/slow")) {
          begun.countDown();
          mayEnd.await();
        }
        if (request.getHttpURI().getPath().equals("/begun")) {
          Content.Sink.write(response, false, "first", Callback.from(begun::countDown));
          mayEnd.await();
          Content.Sink.write(response, true, "last", callback);
          return true;
        }
        if (request.getHttpURI().getPath().equals("/upload")) {
          String all = Content.Source.asString(request);
          Content.Sink.write(response, true, all, callback);
          return true;
        }
        callback.succeeded();
        return true;
      }
    };
  }

  @Test
  void answersThatHaveBegunAreNotCutOff() throws Exception {
    try (Socket socket = asks("/begun")) {
      begun.await();
      connections.closeIdle();
      mayEnd.countDown();
      StringBuilder all = new StringBuilder();
      BufferedReader in = answer(socket);
      while (all.indexOf("last") < 0) {
        int next = in.read();
        assertTrue(next >= 0, "the answer ends with " + all);
        all.append((char) next);
      }
    }
  }

  @Test
  void bodiesThatWereToBeSentAreNotCutOff() throws Exception {
    try (Socket socket = new Socket("127.0.0.1", connector.getLocalPort())) {
      socket.setSoTimeout(MAX_MILLIS);
      String head =
          "PUT /upload HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";
      socket.getOutputStream().write(head.getBytes(UTF_8));
      BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
      assertEquals("HTTP/1.1 100 Continue", in.readLine());
      assertEquals("", in.readLine());
      connections.closeIdle();
      socket.getOutputStream().write("body".getBytes(UTF_8));
      assertEquals("HTTP/1.1 200 OK", in.readLine());
    }
  }

  @AfterEach
  void stop() throws Exception {
    mayEnd.countDown();
    jetty.stop();
  }

  private Socket asks(String path) throws IOException {
    Socket socket = new Socket("127.0.0.1", connector.getLocalPort());
    socket.setSoTimeout(MAX_MILLIS);
    socket
        .getOutputStream()
        .write(("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n").getBytes(UTF_8));
    return socket;
  }

  private static BufferedReader answer(Socket socket) throws IOException {
    BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
    assertEquals("HTTP/1.1 200 OK", in.readLine());
    return in;
  }

  @Test
  void idleConnectionsAreClosedAndThoseWithARequestInWorkAreAnswered() throws Exception {
    try (Socket idle = asks("/");
        Socket slow = asks("/slow")) {
      BufferedReader rest = answer(idle);
      begun.await();
      String line = rest.readLine();
      while (!line.isEmpty()) {
        line = rest.readLine();
      }
      idle.setSoTimeout(5);
      boolean ended = false;
      // The answer is here a moment before Jetty counts it.
      for (int i = 0; i < 4000 && !ended; i++) {
        connections.closeIdle();
        ended = ended(rest);
      }
      assertTrue(ended, "the idle connection is closed");
      mayEnd.countDown();
      answer(slow);
    }
  }

  private static boolean ended(BufferedReader in) throws IOException {
    try {
      return in.read() < 0;
    } catch (SocketTimeoutException e) {
      return false;
    }
  }
}
