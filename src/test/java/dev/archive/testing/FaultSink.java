package dev.archive.testing;

import dev.archive.testing.Exchange.Fault;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.TimeUnit;

/** Writes one message to one peer and lets its fault, if any, act on the bytes. */
final class FaultSink {
  private static final long NEVER = Long.MAX_VALUE;

  /** Where a message of unknown length is cut by chance: within this many bytes of body. */
  private static final long GUESSED_BODY = 16 * 1024;

  private final ProxyConnection connection;
  private final OutputStream out;
  private final Direction direction;
  private final Fault fault;
  private final long bodyLength;
  private final int pieceLimit;
  private final long nanosPerByte;

  private long cutAt = NEVER;
  private boolean cutAtEnd;
  private boolean withholds;
  private int withheld = -1;
  private boolean flips;

  private long sent;
  private long body;
  private long started;
  private boolean discards;

  /**
   * @param fault may be null
   * @param bodyLength length of the body on the wire, -1 if not known
   */
  FaultSink(
      ProxyConnection connection,
      OutputStream out,
      Direction direction,
      Fault fault,
      long headLength,
      long bodyLength) {
    this.connection = connection;
    this.out = out;
    this.direction = direction;
    this.fault = fault;
    this.bodyLength = bodyLength;
    int limit = Integer.MAX_VALUE;
    long pace = 0;
    if (fault != null) {
      switch (fault.action().kind()) {
        case RST, FIN, STALL, TRUNC -> placeCut(headLength);
        case SLICE -> limit = 1;
        case RATE -> {
          long rate = ((Action.Rate) fault.action()).bytesPerSecond();
          limit = (int) Math.max(1, Math.min(rate / 20, 1 << 20));
          pace = Math.max(1, TimeUnit.SECONDS.toNanos(1) / rate);
        }
        case FLIP -> flips = true;
        case DROP_RESPONSE, DUP, HOLD, REPLY, GARBAGE -> {
          // done by the connection
        }
      }
    }
    pieceLimit = limit;
    nanosPerByte = pace;
  }

  /** Starts the message; a cut before its first byte happens here. */
  void begin() throws IOException {
    started = System.nanoTime();
    if (pieceLimit < Integer.MAX_VALUE) {
      connection.made(fault.action());
    }
    if (cutAt == 0) {
      cut();
    }
  }

  /**
   * Writes a piece of the message. The bytes may be changed in place.
   *
   * @throws Cut if the message ends here
   */
  void write(byte[] bytes, int offset, int length, boolean payload) throws IOException {
    if (length == 0) {
      return;
    }
    if (flips && payload) {
      flip(bytes, offset, length);
    }
    int passed = length;
    if (withholds) {
      flushWithheld();
      passed--;
      withheld = bytes[offset + passed] & 0xff;
    }
    int from = offset;
    int end = offset + passed;
    while (from < end && !discards) {
      int n = (int) Math.min(end - from, cutAt - sent);
      put(bytes, from, n, payload);
      from += n;
      if (sent == cutAt) {
        cut();
      }
    }
  }

  /** Ends the message; a cut at its end happens here. */
  void end() throws IOException {
    if (cutAtEnd) {
      cut();
    }
    flushWithheld();
  }

  /** Whether the message ended before its time, and nothing can follow it. */
  boolean cutShort() {
    return discards;
  }

  private void placeCut(long headLength) {
    Offset offset = fault.offset();
    long total = bodyLength < 0 ? -1 : headLength + bodyLength;
    if (offset instanceof Offset.At at) {
      cutAt = at.bytes();
    } else if (offset instanceof Offset.Body at) {
      cutAt = headLength + at.bytes();
    } else if (offset instanceof Offset.Fraction part) {
      cutAt = (long) (part.of() * (total < 0 ? headLength + GUESSED_BODY : total));
      cutAtEnd = true;
    } else if (offset instanceof Offset.Last && total >= 0) {
      cutAt = total - 1;
    } else {
      withholds = offset instanceof Offset.Last;
      cutAtEnd = true;
    }
  }

  private void cut() throws IOException {
    cutAt = NEVER;
    cutAtEnd = false;
    withholds = false;
    if (fault.action() instanceof Action.Stall stall) {
      connection.stall(stall);
      return;
    }
    connection.made(fault.action());
    if (fault.action() instanceof Action.Rst) {
      connection.reset();
      throw new Cut();
    } else if (fault.action() instanceof Action.Trunc && direction == Direction.REQUEST) {
      withheld = -1;
      discards = true;
      connection.endUpstream();
    } else {
      connection.finish();
      throw new Cut();
    }
  }

  private void flip(byte[] bytes, int offset, int length) throws IOException {
    long place = flipPlace(bodyLength < 0 ? length : bodyLength);
    if (place >= body && place < body + length) {
      bytes[offset + (int) (place - body)] ^= (byte) (1 << ((Action.Flip) fault.action()).bit());
      flips = false;
      connection.made(fault.action());
    }
    body += length;
  }

  private long flipPlace(long length) {
    Offset offset = fault.offset();
    if (offset instanceof Offset.At at) {
      return at.bytes();
    }
    if (offset instanceof Offset.Body at) {
      return at.bytes();
    }
    if (offset instanceof Offset.Fraction part) {
      return (long) (part.of() * length);
    }
    return length - 1;
  }

  private void flushWithheld() throws IOException {
    if (withheld >= 0) {
      byte[] one = {(byte) withheld};
      withheld = -1;
      put(one, 0, 1, false);
    }
  }

  private void put(byte[] bytes, int offset, int length, boolean payload) throws IOException {
    int from = offset;
    int end = offset + length;
    while (from < end && !discards) {
      int n = Math.min(end - from, pieceLimit);
      if (direction == Direction.REQUEST) {
        n = connection.allowance(n);
      }
      if (nanosPerByte > 0) {
        connection.pause(started + sent * nanosPerByte - System.nanoTime());
      }
      emit(bytes, from, n, payload);
      from += n;
      sent += n;
    }
  }

  /**
   * A request whose upstream has gone is read to its end and thrown away: upstream may have
   * answered before, and then that answer is what the client should get.
   */
  private void emit(byte[] bytes, int offset, int length, boolean payload) throws IOException {
    if (direction == Direction.RESPONSE) {
      out.write(bytes, offset, length);
      return;
    }
    // Counted first: whoever has the answer must find the request in the counts.
    Counters counters = connection.proxy().counters();
    counters.forwarded(length, payload ? length : 0);
    try {
      out.write(bytes, offset, length);
    } catch (IOException e) {
      counters.forwarded(-length, payload ? -length : 0);
      discards = true;
      return;
    }
    connection.forwarded(length);
  }

  /** Says that a connection was ended on purpose. */
  static final class Cut extends IOException {
    private static final long serialVersionUID = 1L;

    Cut() {
      super("cut by the fault proxy");
    }

    @Override
    public Throwable fillInStackTrace() {
      return this;
    }
  }
}
