package dev.archive.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The embedded archive: each command has a server of its own, which lives as long as it. */
class EmbeddedExpiryTest {
  private static final Duration WEEK = Duration.ofDays(7);
  private static final Duration HOUR = Duration.ofHours(1);

  @TempDir Path root;
  private final SettableClock clock = new SettableClock();

  private RunningServer command() {
    return RunningServer.on(
        new ServerOptions(root, "127.0.0.1", 0, null, "test", WEEK, true, null), clock);
  }

  private String begun() {
    try (RunningServer server = command()) {
      return server.api().init(2);
    }
  }

  /** What a command that only looks sees of a batch. */
  private String seen(String batch) {
    try (RunningServer server = command()) {
      server.housekeep();
      return server.api().status(batch, "?summary=true").text("status");
    }
  }

  @Test
  void aBatchEndsOnlyAfterACommandThatDidNotUseItAndOnlyIfItWasOverdueBefore() {
    String batch = begun();
    clock.advance(WEEK);
    assertEquals("uploading", seen(batch), "the first command notes it");
    clock.advance(HOUR.minusSeconds(1));
    assertEquals("uploading", seen(batch));
    clock.advance(Duration.ofSeconds(1));
    try (RunningServer server = command()) {
      server.api().start(batch, "/a", 5).expect(200);
    }
    assertEquals("uploading", seen(batch), "the last command used it");
    clock.advance(WEEK.plus(HOUR));
    assertEquals("uploading", seen(batch), "noted again");
    clock.advance(HOUR);
    assertEquals("uploading", seen(batch), "it ends when this command does");
    assertEquals("expired", seen(batch));
  }

  @Test
  void aClockThatWasAheadForAWhileEndsNothing() {
    String batch = begun();
    clock.jump(Duration.ofDays(4000));
    assertEquals("uploading", seen(batch));
    clock.jump(Duration.ofDays(-4000));
    assertEquals("uploading", seen(batch));
    clock.advance(Duration.ofDays(1));
    assertEquals("uploading", seen(batch));
    assertEquals("uploading", seen(batch));
  }
}
