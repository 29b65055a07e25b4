package dev.archive.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.archive.testing.Exchange.Fault;
import dev.archive.testing.FaultSink.Cut;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.util.Arrays;
import java.util.Map;

/** Reads the requests of one connection, has their faults decided, and forwards them. */
final class RequestPump {
  /** Requests with bodies up to about this size can be duplicated, or outlive their client. */
  static final int CAPTURE_LIMIT = 8 << 20;

  private final ProxyConnection connection;
  private final Counters counters;
  private final HttpInput input;

  /** What has been read ahead of a body, and what of it is payload. */
  private record Captured(byte[] bytes, byte[] payload) {
    static final Captured NOTHING = new Captured(new byte[0], new byte[0]);

    Captured and(Captured more) {
      if (bytes.length == 0) {
        return more;
      }
      return new Captured(joined(bytes, more.bytes), joined(payload, more.payload));
    }

    private static byte[] joined(byte[] one, byte[] other) {
      byte[] all = Arrays.copyOf(one, one.length + other.length);
      System.arraycopy(other, 0, all, one.length, other.length);
      return all;
    }
  }

  RequestPump(ProxyConnection connection, InputStream from) {
    this.connection = connection;
    this.counters = connection.proxy().counters();
    this.input = new HttpInput(from);
  }

  void run() throws IOException {
    boolean more = true;
    while (more) {
      HttpHead head = input.readHead();
      more = head != null && handle(head);
    }
    if (connection.inFlight() != null) {
      connection.endUpstream();
    }
  }

  /** Returns whether another request may follow. */
  private boolean handle(HttpHead head) throws IOException {
    connection.awaitAnswer();
    counters.received(head.bytes().length, 0);
    input.expect(head.requestFraming());
    if (head.opaque()) {
      return forward(new Exchange("", "", null, null), head, Captured.NOTHING);
    }
    counters.requests.increment();
    Exchange exchange = connection.decide(head);
    Captured captured = Captured.NOTHING;
    Observer observer = connection.proxy().observer();
    if (observer != null) {
      if (exchange.method().equals("POST")) {
        captured = capture();
        exchange = exchange.with(captured.payload);
      }
      observer.asked(exchange.line(), exchange.body());
    }
    Fault fault = exchange.onRequest();
    if (fault != null && fault.action() instanceof Action.Reply reply) {
      return reply(reply, head);
    }
    if (fault != null && fault.action() instanceof Action.Hold hold) {
      captured = captured.and(capture());
      String regex = hold.regex().isEmpty() ? fault.regex() : hold.regex();
      Gate gate = Gate.hold(connection.number(), exchange, hold.others(), regex);
      connection.await(gate, hold.maxMillis(), hold);
    } else if (fault != null && fault.action() instanceof Action.Dup) {
      captured = captured.and(capture());
      if (input.complete()) {
        deliverFirst(exchange, head, captured);
      }
    }
    return forward(exchange, head, captured);
  }

  private boolean forward(Exchange exchange, HttpHead head, Captured captured) throws IOException {
    connection.sending(exchange);
    FaultSink sink =
        new FaultSink(
            connection,
            connection.upstream(),
            Direction.REQUEST,
            exchange.onRequest(),
            head.bytes().length,
            input.framing().known());
    sink.begin();
    sink.write(head.bytes(), 0, head.bytes().length, false);
    counters.forwarded(0, captured.payload.length);
    sink.write(captured.bytes, 0, captured.bytes.length, false);
    while (next()) {
      sink.write(input.buffer(), input.start(), input.length(), input.payload());
    }
    if (!input.complete()) {
      connection.endUpstream();
      return false;
    }
    sink.end();
    return !sink.cutShort() && input.framing().kind() != HttpHead.Framing.Kind.UNTIL_CLOSE;
  }

  private boolean next() throws IOException {
    boolean more = input.next();
    if (more) {
      counters.received(input.length(), input.payload() ? input.length() : 0);
    }
    return more;
  }

  private boolean reply(Action.Reply reply, HttpHead head) throws IOException {
    while (next()) {
      // an answer made up here still takes the whole request
    }
    byte[] body = reply.body().getBytes(UTF_8);
    StringBuilder text = new StringBuilder("HTTP/1.1 " + reply.status() + " Fault\r\n");
    boolean sized = false;
    boolean closes = head.wantsClose() || !input.complete();
    for (Map.Entry<String, String> header : reply.headers().entrySet()) {
      text.append(header.getKey()).append(": ").append(header.getValue()).append("\r\n");
      sized |= header.getKey().equalsIgnoreCase("Content-Length");
      closes |=
          header.getKey().equalsIgnoreCase("Connection")
              && header.getValue().equalsIgnoreCase("close");
    }
    if (!sized) {
      text.append("Content-Length: ").append(body.length).append("\r\n");
    }
    ByteArrayOutputStream answer = new ByteArrayOutputStream();
    answer.writeBytes(text.append("\r\n").toString().getBytes(ISO_8859_1));
    if (!head.method().equals("HEAD")) {
      answer.writeBytes(body);
    }
    connection.made(reply);
    connection.client().write(answer.toByteArray());
    return !closes;
  }

  /** Delivers a request on a connection of its own and throws its answer away. */
  private void deliverFirst(Exchange exchange, HttpHead head, Captured captured)
      throws IOException {
    try (Socket socket = connection.secondUpstream()) {
      counters.forwarded(
          (long) head.bytes().length + captured.bytes.length, captured.payload.length);
      socket.getOutputStream().write(head.bytes());
      socket.getOutputStream().write(captured.bytes);
      connection.made(exchange.onRequest().action());
      HttpInput answers = new HttpInput(socket.getInputStream());
      HttpHead answer = answers.readHead();
      while (answer != null && answer.isInterim()) {
        answer = answers.readHead();
      }
      if (answer != null) {
        answers.expect(answer.responseFraming(exchange.method()));
        answers.skipBody();
      }
    } catch (Cut e) {
      throw e;
    } catch (IOException e) {
      connection.checkOpen(); // the second delivery may fare better
    }
  }

  private Captured capture() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ByteArrayOutputStream payload = new ByteArrayOutputStream();
    while (bytes.size() < CAPTURE_LIMIT && next()) {
      bytes.write(input.buffer(), input.start(), input.length());
      if (input.payload()) {
        payload.write(input.buffer(), input.start(), input.length());
      }
    }
    return new Captured(bytes.toByteArray(), payload.toByteArray());
  }
}
