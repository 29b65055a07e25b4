package dev.archive.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LogWriterTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-01-01T00:00:00Z"), ZoneOffset.UTC);

  private static final int MAX_WAITING = 20_000;

  private final List<String> written = new ArrayList<>();
  private boolean full;

  private final LogWriter writer =
      new LogWriter(
          lines -> {
            if (full) {
              throw new IOException("No space left on device");
            }
            written.add(lines);
          },
          "the log",
          CLOCK,
          MAX_WAITING);

  private String all() {
    return String.join("", written);
  }

  @Test
  void whatCouldNotBeWrittenIsCountedAndTold() {
    full = true;
    writer.add("{1}");
    writer.add("{2}");
    writer.run();
    assertEquals(2, writer.lost());
    full = false;
    writer.add("{3}");
    writer.run();
    writer.add("{4}");
    writer.run();
    assertEquals("{\"time\":\"2026-01-01T00:00:00Z\",\"lost_lines\":2}\n{3}\n{4}\n", all());
    assertEquals(2, writer.lost());
  }

  @Test
  void whoHandsOverALineNeverWaits() {
    for (int i = 0; i < MAX_WAITING + 7; i++) {
      writer.add("{}");
    }
    assertEquals(7, writer.lost());
    writer.run();
    assertTrue(all().startsWith("{\"time\":\"2026-01-01T00:00:00Z\",\"lost_lines\":7}\n{}\n"));
    assertEquals(MAX_WAITING + 1, all().lines().count());
  }
}
