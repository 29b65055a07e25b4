package dev.archive.source;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Times that are younger than the steps in which file systems count are not trusted. */
class StampTest {
  private static final Instant NOW = Instant.parse("2026-02-03T04:05:06Z");

  @ParameterizedTest
  @CsvSource({
    // milliseconds before now: of change, of modification | young
    "0, 0, true",
    "1999, 1999, true",
    "2000, 2000, false",
    "1999, 100000, true",
    "100000, 1999, true",
    "100000, 100000, false",
    // A clock that was set back, or of another machine.
    "-3600000, 100000, true",
    // A time that somebody set far ahead.
    "100000, -3600000, false",
    "100000, -1000, true",
  })
  void isYoungBelowTwoSeconds(long changedAgo, long modifiedAgo, boolean young) {
    Stamp stamp =
        Stamp.at(
            NOW.toEpochMilli(),
            1,
            FileTime.from(NOW.minusMillis(modifiedAgo)),
            FileTime.from(NOW.minusMillis(changedAgo)),
            1);
    assertEquals(young, stamp.young());
  }
}
