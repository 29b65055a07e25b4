package dev.archive.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Slow bodies: those that are legal, and those that are cut (W8). */
class SteadyBodyTest {
  private final AtomicLong nanos = new AtomicLong();

  /** Every read takes its time and gives some bytes, until there are none left. */
  private SteadyBody body(int size, int each, Duration pace) {
    return new SteadyBody(
        new InputStream() {
          private int left = size;

          @Override
          public int read() {
            throw new AssertionError("nobody reads single bytes");
          }

          @Override
          public int read(byte[] buffer, int offset, int length) {
            if (length == 0) {
              return 0;
            }
            nanos.addAndGet(pace.toNanos());
            int read = Math.min(Math.min(each, length), left);
            left -= read;
            return read == 0 ? -1 : read;
          }
        },
        nanos::get);
  }

  @Test
  void aByteASecondIsCutSoonAfterTheGrace() {
    SteadyBody slow = body(1_000_000, 1, Duration.ofSeconds(1));
    ArchiveException cut = assertThrows(ArchiveException.class, slow::readAllBytes);
    assertEquals(ErrorCode.REQUEST_TIMEOUT, cut.code());
    assertEquals(11, Duration.ofNanos(nanos.get()).toSeconds());
    assertTrue(cut.getMessage().contains("11 bytes in 11 seconds"), cut.getMessage());
  }

  @Test
  void whatComesAtTheLeastRateOrBetterComesWhole() throws IOException {
    assertEquals(102_400, body(102_400, 1024, Duration.ofSeconds(1)).readAllBytes().length);
    assertEquals(100_000, body(100_000, 1, Duration.ofMillis(0)).readAllBytes().length);
  }

  @Test
  void aShortSlowBodyEndsWithinTheGrace() throws IOException {
    assertEquals(8, body(8, 1, Duration.ofSeconds(1)).readAllBytes().length);
  }

  @Test
  void whatIsDoneWithTheBytesHereIsNoSlownessOfTheSender() throws IOException {
    SteadyBody quick = body(10, 1, Duration.ofMillis(1));
    for (int i = 0; i < 10; i++) {
      assertEquals(0, quick.read(), "the bytes are zeros");
      nanos.addAndGet(Duration.ofMinutes(1).toNanos());
    }
    assertEquals(-1, quick.read());
  }
}
