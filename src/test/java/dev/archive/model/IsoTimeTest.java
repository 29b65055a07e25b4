package dev.archive.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class IsoTimeTest {
  @Test
  void textIsThatOfInstantsAndIsRead() {
    Random random = new Random(7);
    for (int i = 0; i < 10_000; i++) {
      long second = random.nextLong(-62_167_219_200L * 3, 253_402_300_800L * 3);
      int nano = random.nextInt(4) == 0 ? 0 : random.nextInt(1000) * (int) Math.pow(1000, i % 3);
      Instant time = Instant.ofEpochSecond(i % 5 == 0 ? second - second % 60 : second, nano);
      assertEquals(time.toString(), IsoTime.text(time));
      assertEquals(time, IsoTime.parse(time.toString()));
    }
  }

  @Test
  void datesBeyondAllCalendarsAreWrittenToo() {
    for (Instant time : List.of(Instant.MIN, Instant.MAX, Instant.ofEpochSecond(1L << 54, 1))) {
      assertEquals(time.toString(), IsoTime.text(time));
      assertEquals(time, IsoTime.parse(IsoTime.text(time)));
    }
  }

  @Test
  void whatIsReadOrRefusedIsWhatInstantsReadOrRefuse() {
    List<String> texts =
        List.of(
            "",
            "Z",
            "1999-05-05T00:00:00Z",
            "1999-05-05T00:00:00.1Z",
            "1999-05-05T00:00:00.Z",
            "1999-05-05T00:00:00.123456789Z",
            "1999-05-05T00:00:00.1234567890Z",
            "1999-02-29T00:00:00Z",
            "2000-02-29T23:59:59Z",
            "1999-05-05T24:00:00Z",
            "1999-05-05T24:00:01Z",
            "1999-05-05T23:59:60Z",
            "1999-05-05T23:60:00Z",
            "1999-13-05T00:00:00Z",
            "1999-00-05T00:00:00Z",
            "1999-05-00T00:00:00Z",
            "1999-05-05t00:00:00z",
            "1999-05-05T00:00:00+01:00",
            "+10000-01-01T00:00:00Z",
            "-0001-01-01T00:00:00Z",
            "0000-01-01T00:00:00Z",
            "1999-05-05 00:00:00Z",
            "1999-05-05T00:00Z",
            "1999-5-5T00:00:00Z",
            "1999-05-05T00:00:0-1Z",
            "\u0661999-05-05T00:00:00Z",
            "1999-05-05T00:00:00.12-Z",
            "1999-05-05T00:00:00Z ");
    for (String text : texts) {
      Instant expected;
      try {
        expected = Instant.parse(text);
      } catch (DateTimeException e) {
        assertThrows(DateTimeException.class, () -> IsoTime.parse(text), text);
        continue;
      }
      assertEquals(expected, IsoTime.parse(text), text);
    }
  }
}
