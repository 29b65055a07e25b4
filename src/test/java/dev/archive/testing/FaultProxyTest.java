package dev.archive.testing;

import static dev.archive.testing.Direction.REQUEST;
import static dev.archive.testing.Direction.RESPONSE;
import static dev.archive.testing.Match.any;
import static dev.archive.testing.Match.request;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.testing.Action.Kind;
import dev.archive.testing.RawClient.Answer;
import dev.archive.testing.RawClient.Ending;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class FaultProxyTest extends ProxyFixture {
  @Test
  void aStalledRequestWaitsUntilItIsReleased() throws Exception {
    rules(Rule.stall(any().nth(1), REQUEST, Offset.body(5)));
    try (RawClient stalled = client();
        RawClient other = client()) {
      stalled.send(PUT);
      assertTrue(proxy.awaitFaults(Kind.STALL, 1, 10_000));
      assertEquals(HEAD + 5, proxy.stats().requestBytes());
      assertEquals(expected(1), other.ask("PUT /a", BODY).text());
      proxy.release();
      assertEquals(expected(2), stalled.read().text());
    }
  }

  @Test
  void aStalledResponseGoesOnByItselfAfterItsTime() throws Exception {
    rules(Rule.stall(any(), RESPONSE, Offset.at(3), 50));
    try (RawClient client = client()) {
      long start = System.nanoTime();
      assertEquals(expected(1), client.ask("PUT /a", BODY).text());
      assertTrue(System.nanoTime() - start >= TimeUnit.MILLISECONDS.toNanos(45));
    }
  }

  @Test
  void closingTheProxyEndsWhatIsStalled() throws Exception {
    rules(Rule.stall(any(), REQUEST, Offset.at(0)));
    try (RawClient client = client()) {
      client.send(PUT);
      assertTrue(proxy.awaitFaults(Kind.STALL, 1, 10_000));
      proxy.close();
      assertEquals(0, client.readToEnd().bytes().length);
    }
  }

  @Test
  void aRateIsNotExceededInEitherDirection() throws Exception {
    rules(Rule.rate(any(), REQUEST, 1000), Rule.rate(any(), RESPONSE, 1000));
    try (RawClient client = client()) {
      long start = System.nanoTime();
      Answer answer = client.ask("PUT /a", BODY);
      assertEquals(expected(1), answer.text());
      int bytes = PUT.length + answer.head().length() + answer.body().length - 100;
      assertTrue(System.nanoTime() - start >= TimeUnit.MILLISECONDS.toNanos(bytes));
    }
  }

  @Test
  void singleBytesArriveUnchanged() throws Exception {
    rules(Rule.slice(any(), REQUEST), Rule.slice(any(), RESPONSE));
    try (RawClient client = client()) {
      assertEquals(expected(1), client.ask("PUT /a", BODY).text());
      assertEquals(expected(2), client.ask("PUT /a", BODY).text());
    }
    assertEquals(4, proxy.stats().faults(Kind.SLICE));
  }

  @Test
  void oneBitOfARequestBodyIsFlipped() throws Exception {
    byte[] flipped = BODY.getBytes(ISO_8859_1);
    flipped[17] ^= 4;
    rules(Rule.flip(any(), REQUEST, Offset.at(17), 2));
    try (RawClient client = client()) {
      String expected = EchoServer.expected("PUT /a", flipped);
      assertEquals(expected + " #1", client.ask("PUT /a", BODY).text());
      client.send("PUT /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
      client.send("A\r\n" + BODY.substring(0, 10) + "\r\nBE;x=y\r\n" + BODY.substring(10));
      client.send("\r\n0\r\n\r\n");
      assertEquals(expected + " #2", client.read().text());
    }
    assertEquals(2, proxy.stats().faults(Kind.FLIP));
    assertEquals(2 * BODY.length(), proxy.stats().bodyBytes());
  }

  @Test
  void oneBitOfAResponseBodyIsFlipped() throws Exception {
    for (Offset offset : List.of(Offset.lastByte(), Offset.random(), Offset.at(0))) {
      for (String target : List.of("/plain", "/chunked")) {
        rules(Rule.flip(any(), RESPONSE, offset, 7));
        byte[] flipped = exchange("GET " + target);
        int high = 0;
        for (byte b : flipped) {
          high += b < 0 ? 1 : 0;
        }
        assertEquals(1, high);
      }
    }
  }

  @Test
  void aDuplicateIsDeliveredTwiceAndTheSecondAnswerGiven() throws Exception {
    rules(Rule.dup(any().nth(2)));
    try (RawClient client = client()) {
      assertEquals(expected(1), client.ask("PUT /a", BODY).text());
      assertEquals(expected(3), client.ask("PUT /a", BODY).text());
      assertEquals(expected(4), client.ask("PUT /a", BODY).text());
    }
    assertEquals(4 * BODY.length(), proxy.stats().bodyBytes());
    assertEquals(3 * BODY.length(), proxy.stats().receivedBodyBytes());
  }

  @Test
  void aRequestTooLargeToDuplicateIsDeliveredOnce() throws Exception {
    byte[] large = new byte[RequestPump.CAPTURE_LIMIT + 100_000];
    rules(Rule.dup(any()));
    try (RawClient client = client()) {
      client.send(RawClient.request("PUT /a", large));
      assertEquals(EchoServer.expected("PUT /a", large) + " #1", client.read().text());
    }
    assertEquals(0, proxy.stats().faults(Kind.DUP));
  }

  @Test
  void aHeldRequestPassesAfterTheOthersEvenWithoutItsClient() throws Exception {
    rules(Rule.hold(request("PUT /old"), 2, "PUT /new.*", 0));
    try (RawClient next = client()) {
      try (RawClient held = client()) {
        held.send(RawClient.request("PUT /old", BODY));
        assertTrue(proxy.awaitFaults(Kind.HOLD, 1, 10_000));
      }
      next.ask("PUT /new1", BODY);
      next.ask("GET /unrelated", "");
      assertEquals(2, server.seen().size());
      next.ask("PUT /new2", BODY);
      assertEquals(EchoServer.expected("PUT /old", BODY), server.awaitSeen(4).get(3));
    }
  }

  @Test
  void aReplyIsGivenWithoutAskingTheServerAndTheConnectionKept() throws Exception {
    rules(
        Rule.status(request("PUT .*").first(1), 503, "3"),
        Rule.html(request("PUT .*").nth(2), 200, "<html>log in</html>"),
        Rule.redirect(request("PUT .*").nth(3), 302, "http://127.0.0.1:1/"),
        Rule.reply(request("HEAD .*"), 418, Map.of("Connection", "close"), "tea"));
    try (RawClient client = client()) {
      Answer busy = client.ask("PUT /a", BODY);
      assertEquals(503, busy.status());
      assertTrue(busy.head().contains("\r\nRetry-After: 3\r\n"));
      assertEquals("<html>log in</html>", client.ask("PUT /a", BODY).text());
      assertEquals(302, client.ask("PUT /a", BODY).status());
      assertEquals(expected(1), client.ask("PUT /a", BODY).text());
      client.send("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n");
      Ending last = client.readToEnd();
      assertTrue(last.text().endsWith("Content-Length: 3\r\n\r\n"), last.text());
    }
    assertEquals(1, server.seen().size());
  }

  @Test
  void garbageIsTheSameForTheSameSeed() throws Exception {
    byte[] first = garbage(proxy);
    try (FaultProxy same = FaultProxy.start(server.address(), 1, Rules.none())) {
      assertArrayEquals(first, garbage(same));
    }
    assertEquals(100, first.length);
    assertEquals(2, server.seen().size());
  }

  private static byte[] garbage(FaultProxy proxy) throws IOException {
    proxy.setRules(Rules.of(Rule.garbage(any(), 100)));
    try (RawClient client = new RawClient(proxy.address())) {
      client.send(PUT);
      return client.readToEnd().bytes();
    }
  }

  @Test
  void aRuleOfOneConnectionLeavesOthersAlone() throws Exception {
    rules(Rule.status(any().onConnection(2), 500, ""));
    try (RawClient first = client()) {
      assertEquals(200, first.ask("PUT /a", BODY).status());
      try (RawClient second = client()) {
        assertEquals(500, second.ask("PUT /a", BODY).status());
      }
      assertEquals(200, first.ask("PUT /a", BODY).status());
    }
  }

  @Test
  void anotherServerCanBePutBehindTheSameAddress() throws Exception {
    try (RawClient client = client()) {
      client.ask("PUT /a", BODY);
      server.close();
      assertEquals(0, client.readToEnd().bytes().length);
    }
    try (RawClient client = client()) {
      assertThrows(IOException.class, () -> client.ask("PUT /a", BODY));
    }
    assertEquals(1, proxy.stats().upstreamFailures());
    server = new EchoServer();
    proxy.setUpstream("127.0.0.1", server.port());
    try (RawClient client = client()) {
      assertEquals(expected(1), client.ask("PUT /a", BODY).text());
    }
  }

  @Test
  void anObserverSeesRequestsAndAnswersAsTheyWereBeforeAnyFault() throws Exception {
    List<String> seen = new CopyOnWriteArrayList<>();
    proxy.observe(
        new Observer() {
          @Override
          public void asked(String line, byte[] body) {
            seen.add("asked " + line + " " + new String(body, ISO_8859_1));
          }

          @Override
          public void answered(String line, byte[] asked, int status, byte[] answer) {
            String texts = new String(asked, ISO_8859_1) + " " + new String(answer, ISO_8859_1);
            seen.add("answered " + line + " " + status + " " + texts);
          }

          @Override
          public void relayed(String line, byte[] asked, int status, byte[] answer) {
            seen.add("relayed " + line);
          }
        });
    rules(Rule.dropResponse(request("POST .*")));
    try (RawClient client = client()) {
      client.ask("PUT /a", BODY);
      client.send(RawClient.request("POST /b", "hello"));
      assertEquals(0, client.readToEnd().bytes().length);
    }
    String answer = EchoServer.expected("POST /b", "hello") + " #2";
    assertEquals(
        List.of(
            "asked PUT /a ",
            "answered PUT /a 200  " + expected(1),
            "relayed PUT /a",
            "asked POST /b hello",
            "answered POST /b 200 hello " + answer),
        seen);
  }
}
