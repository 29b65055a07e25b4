package dev.archive.server;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * A body that must not come too slowly: one byte now and then would hold a thread for ever, and
 * never be silent for long enough to be cut. Only what is waited for it counts, not what is done
 * with it here.
 */
final class SteadyBody extends FilterInputStream {
  /** How long a body may take to get going. */
  static final Duration GRACE = Duration.ofSeconds(10);

  /** What must come in a second, on average over all the waiting. */
  static final long LEAST_BYTES_A_SECOND = 1024;

  private final LongSupplier nanos;
  private long bytes;
  private long waited;

  SteadyBody(InputStream body) {
    this(body, System::nanoTime);
  }

  SteadyBody(InputStream body, LongSupplier nanos) {
    super(body);
    this.nanos = nanos;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  /**
   * Reads on.
   *
   * @throws ArchiveException {@link ErrorCode#REQUEST_TIMEOUT} where the body comes too slowly
   */
  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    long began = nanos.getAsLong();
    int read = super.read(buffer, offset, length);
    waited += nanos.getAsLong() - began;
    bytes += Math.max(0, read);
    if (read >= 0
        && waited > GRACE.toNanos()
        && bytes < LEAST_BYTES_A_SECOND * Duration.ofNanos(waited).toSeconds()) {
      throw new ArchiveException(
          ErrorCode.REQUEST_TIMEOUT,
          "the body comes too slowly: "
              + bytes
              + " bytes in "
              + Duration.ofNanos(waited).toSeconds()
              + " seconds, where "
              + LEAST_BYTES_A_SECOND
              + " a second are the least");
    }
    return read;
  }
}
