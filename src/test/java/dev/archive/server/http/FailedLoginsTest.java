package dev.archive.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import org.junit.jupiter.api.Test;

/** Who guesses tokens is told to stop, and nobody else is. */
class FailedLoginsTest {
  private long now = Long.MAX_VALUE - 5;
  private static final int MAX = 600;
  private final FailedLogins failed = new FailedLogins(() -> now, MAX);

  @Test
  void tooManyInAMinuteAreRefusedByAddress() {
    for (int i = 0; i < MAX; i++) {
      failed.note("10.0.0.1");
    }
    for (int i = 0; i < 3; i++) {
      assertEquals(
          ErrorCode.TOO_MANY_REQUESTS,
          assertThrows(ArchiveException.class, () -> failed.note("10.0.0.1")).code());
    }
    failed.note("10.0.0.2");
    now += FailedLogins.WINDOW.toNanos() - 1;
    assertThrows(ArchiveException.class, () -> failed.note("10.0.0.1"));
    now++;
    failed.note("10.0.0.1");
  }
}
