package dev.archive.testing;

import dev.archive.testing.Exchange.Fault;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Reads upstream's answers and relays them, with their faults, to the client. */
final class AnswerPump {
  private final ProxyConnection connection;
  private final HttpInput input;

  AnswerPump(ProxyConnection connection, InputStream from) {
    this.connection = connection;
    this.input = new HttpInput(from);
  }

  /** Runs until upstream has no more to say. */
  void run() throws IOException {
    HttpHead head = input.readHead();
    while (head != null && relay(head)) {
      head = input.readHead();
    }
  }

  /** A piece of an answer that was read ahead. */
  private record Piece(byte[] bytes, boolean payload) {}

  /** Reads the whole answer. */
  private List<Piece> readAhead() throws IOException {
    List<Piece> read = new ArrayList<>();
    while (input.next()) {
      byte[] piece =
          Arrays.copyOfRange(input.buffer(), input.start(), input.start() + input.length());
      read.add(new Piece(piece, input.payload()));
    }
    return read;
  }

  private static byte[] body(List<Piece> read) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    read.stream().filter(Piece::payload).forEach(piece -> body.writeBytes(piece.bytes));
    return body.toByteArray();
  }

  /** Returns whether another answer may follow. */
  private boolean relay(HttpHead head) throws IOException {
    if (head.isInterim()) {
      connection.client().write(head.bytes());
      return true;
    }
    Exchange exchange = connection.inFlight();
    if (exchange == null) {
      return false; // nobody asked
    }
    input.expect(head.responseFraming(exchange.method()));
    connection.proxy().passed(exchange);
    Observer observer = connection.proxy().observer();
    List<Piece> read = observer == null ? List.of() : readAhead();
    byte[] body = body(read);
    if (observer != null && input.complete()) {
      observer.answered(exchange.line(), exchange.body(), head.status(), body);
    }
    Fault fault = exchange.onResponse();
    if (fault != null && fault.action() instanceof Action.DropResponse drop) {
      input.skipBody();
      connection.made(drop);
      connection.resetClient();
      return false;
    }
    if (fault != null && fault.action() instanceof Action.Garbage garbage) {
      input.skipBody();
      connection.made(garbage);
      byte[] noise = new byte[garbage.bytes()];
      new SplittableRandom(fault.seed()).nextBytes(noise);
      connection.client().write(noise);
      return false;
    }
    FaultSink sink =
        new FaultSink(
            connection,
            connection.client(),
            Direction.RESPONSE,
            fault,
            head.bytes().length,
            input.framing().known());
    sink.begin();
    sink.write(head.bytes(), 0, head.bytes().length, false);
    for (Piece piece : read) {
      sink.write(piece.bytes, 0, piece.bytes.length, piece.payload);
    }
    while (input.next()) {
      sink.write(input.buffer(), input.start(), input.length(), input.payload());
    }
    if (!input.complete()) {
      return false;
    }
    sink.end();
    if (observer != null) {
      observer.relayed(exchange.line(), exchange.body(), head.status(), body);
    }
    return connection.answered() && input.framing().kind() != HttpHead.Framing.Kind.UNTIL_CLOSE;
  }
}
