package dev.archive.client.api;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.function.LongSupplier;

/** How slowly an answer may come: a server that trickles would otherwise be waited for for ever. */
enum AnswerRate {
  /** {@value #MIN_BYTES_PER_SECOND} bytes a second, beyond {@link #GRACE}. */
  MIN,
  /** Any rate, as long as the server is not silent for longer than the read timeout. */
  ANY;

  /** How long no rate is asked for: a small answer has to be whole by then. */
  static final Duration GRACE = Duration.ofSeconds(30);

  private static final long MIN_BYTES_PER_SECOND = 1024;

  /** That an answer came more slowly. */
  static final class TooSlow extends IOException {
    private TooSlow() {
      super("slower than " + MIN_BYTES_PER_SECOND + " bytes a second");
    }
  }

  /** The body of an answer, whose reading fails where it does not keep the rate. */
  InputStream keptBy(InputStream body) {
    return keptBy(body, System::nanoTime);
  }

  /** The same, by another clock, in nanoseconds. */
  InputStream keptBy(InputStream body, LongSupplier clock) {
    return this == ANY ? body : new Measured(body, clock);
  }

  /** Counts only the time that is spent in reads: what its reader does is not the server's. */
  private static final class Measured extends FilterInputStream {
    private final LongSupplier clock;
    private long nanos = -GRACE.toNanos();
    private long bytes;

    Measured(InputStream body, LongSupplier clock) {
      super(body);
      this.clock = clock;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      long began = clock.getAsLong();
      int read = in.read(buffer, offset, length);
      nanos += clock.getAsLong() - began;
      bytes += Math.max(0, read);
      if (read > 0 && nanos / 1_000_000 * MIN_BYTES_PER_SECOND / 1000 > bytes) {
        throw new TooSlow();
      }
      return read;
    }
  }
}
