package dev.archive.testing;

import static dev.archive.testing.Direction.REQUEST;
import static dev.archive.testing.Direction.RESPONSE;
import static dev.archive.testing.Match.any;
import static dev.archive.testing.Match.request;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.testing.Action.Kind;
import dev.archive.testing.RawClient.Answer;
import dev.archive.testing.RawClient.Ending;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Faults that end a message before its time. */
@Timeout(60)
class FaultProxyCutTest extends ProxyFixture {
  @Test
  void aRequestResetAtAnyByteNeverReachesTheServerWhole() throws Exception {
    for (int at = 0; at < PUT.length; at += at < HEAD + 2 ? 1 : 37) {
      rules(Rule.rst(any(), REQUEST, Offset.at(at)));
      try (RawClient client = client()) {
        client.send(PUT);
        Ending ending = client.readToEnd();
        assertTrue(ending.reset(), "at " + at);
        assertEquals(0, ending.bytes().length);
      }
    }
    assertEquals(List.of(), server.seen());
    assertEquals(proxy.decisions().size(), proxy.stats().faults(Kind.RST));
  }

  @Test
  void aResetRequestHasBeenForwardedUpToTheByteAndIsResetAtTheServerToo() throws Exception {
    try (Sniffer sniffer = new Sniffer("")) {
      proxy.setUpstream("127.0.0.1", sniffer.address().getPort());
      for (Offset offset : List.of(Offset.at(HEAD + 7), Offset.headEnd(), Offset.lastByte())) {
        rules(Rule.rst(any(), REQUEST, offset));
        try (RawClient client = client()) {
          client.send(PUT);
          assertTrue(client.readToEnd().reset());
          assertTrue(sniffer.next().reset());
        }
      }
    }
    assertEquals(HEAD + 7 + HEAD + PUT.length - 1, proxy.stats().requestBytes());
    assertEquals(7 + BODY.length() - 1, proxy.stats().bodyBytes());
  }

  @Test
  void aResponseIsResetAfterExactlySoManyBytes() throws Exception {
    for (int at : new int[] {0, 1, 15, 40}) {
      rules(Rule.rst(any(), RESPONSE, Offset.at(at)));
      try (RawClient client = client()) {
        client.send(PUT);
        Ending ending = client.readToEnd();
        assertTrue(ending.reset());
        assertEquals(at, ending.bytes().length);
      }
    }
    assertEquals(4, server.seen().size());
  }

  @Test
  void aClosedRequestEndsBothSidesWithoutAReset() throws Exception {
    try (Sniffer sniffer = new Sniffer("HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n")) {
      proxy.setUpstream("127.0.0.1", sniffer.address().getPort());
      rules(Rule.fin(any(), REQUEST, Offset.body(10)));
      try (RawClient client = client()) {
        client.send(PUT);
        Ending ending = client.readToEnd();
        assertFalse(ending.reset());
        assertEquals("", ending.text());
        Ending request = sniffer.next();
        assertFalse(request.reset());
        assertArrayEquals(Arrays.copyOf(PUT, HEAD + 10), request.bytes());
      }
    }
  }

  @Test
  void aResponseClosedBeforeItsLastByteIsOneByteShort() throws Exception {
    for (String target : List.of("/plain", "/chunked")) {
      rules();
      byte[] whole = exchange("GET " + target);
      rules(Rule.fin(any(), RESPONSE, Offset.lastByte()));
      byte[] cut = exchange("GET " + target);
      assertEquals(whole.length - 1, cut.length, target);
      rules(Rule.fin(any(), RESPONSE, Offset.end()));
      assertEquals(whole.length, exchange("GET " + target).length, target);
    }
  }

  @Test
  void aTruncatedRequestIsStillAnswered() throws Exception {
    try (Sniffer sniffer = new Sniffer("HTTP/1.1 400 Bad\r\nContent-Length: 5\r\n\r\nshort")) {
      proxy.setUpstream("127.0.0.1", sniffer.address().getPort());
      rules(Rule.trunc(any(), REQUEST, Offset.body(3)));
      try (RawClient client = client()) {
        Answer answer = client.ask("PUT /a", BODY);
        assertEquals(400, answer.status());
        assertEquals("short", answer.text());
        assertArrayEquals(Arrays.copyOf(PUT, HEAD + 3), sniffer.next().bytes());
      }
    }
  }

  @Test
  void aTruncatedResponseEndsEarly() throws Exception {
    rules(Rule.trunc(any(), RESPONSE, Offset.body(3)));
    try (RawClient client = client()) {
      client.send(PUT);
      Ending ending = client.readToEnd();
      assertFalse(ending.reset());
      assertTrue(ending.text().endsWith("\r\n\r\nPUT"), ending.text());
    }
  }

  @Test
  void aDroppedResponseLeavesTheRequestDoneAndTheClientReset() throws Exception {
    rules(Rule.dropResponse(any().nth(1)));
    try (RawClient client = client()) {
      client.send(PUT);
      Ending ending = client.readToEnd();
      assertTrue(ending.reset());
      assertEquals(0, ending.bytes().length);
    }
    assertEquals(List.of(EchoServer.expected("PUT /a", BODY)), server.seen());
  }

  @Test
  void everyConnectionIsCutAfterSoManyRequestBytes() throws Exception {
    proxy.cutEvery(2L * PUT.length + 10);
    for (int round = 1; round <= 2; round++) {
      try (RawClient client = client()) {
        client.ask("PUT /a", BODY);
        client.ask("PUT /a", BODY);
        assertThrows(IOException.class, () -> client.ask("PUT /a", BODY));
      }
      assertEquals(round, proxy.stats().faults(Kind.RST));
    }
    assertEquals(4, server.seen().size());
    assertEquals(2 * (2L * PUT.length + 10), proxy.stats().requestBytes());
  }
}
