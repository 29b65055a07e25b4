package dev.archive.cli.view;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.cli.process.StatusArea;
import dev.archive.cli.view.RunState.Moment;
import dev.archive.client.work.Progress.Phase;
import dev.archive.client.work.Transfer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.LocalTime;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How a run is drawn, at all widths. */
class FrameTest {
  private static final LocalTime NOON = LocalTime.of(12, 0);

  private final AtomicLong now = new AtomicLong();
  private final RunState state = new RunState(now::get);

  private void pass(long seconds) {
    now.addAndGet(Duration.ofSeconds(seconds).toNanos());
  }

  private List<String> lines(int columns) {
    return new Frame(columns, NOON, Duration.ofSeconds(60)).lines(state.now());
  }

  /** Half a minute into a run of four files, one of which is a tenth done. */
  private Transfer sending() {
    state.planned(4, 1_000_000_000);
    Transfer first = state.open("/box/letter.tif", 500_000_000, state::sent);
    state.now();
    pass(10);
    first.accept(400_000_000);
    first.close();
    state.completed(1);
    Transfer second =
        state.open(
            "/a directory with a long name/and another/Brief \u6587\u66f8.tif",
            400_000_000,
            state::sent);
    second.accept(40_000_000);
    return second;
  }

  @Test
  void wideTerminal() {
    sending();
    assertEquals(
        List.of(
            "sending    [##########--------------]  44 %  1/4 files  44.0 MB/s  0:30 left",
            "  \u2026irectory with a long name/and another/Brief \u6587\u66f8.tif"
                + "  [#---------]  10 %  400.0 MB"),
        lines(90));
    assertEquals(2, lines(80).size());
    lines(80).forEach(line -> assertTrue(TextWidth.of(line) < 80, line));
  }

  @Test
  void narrowTerminalsHaveOneLine() {
    sending();
    assertEquals(List.of("sending 44 % 0:30 1/4"), lines(40));
    assertEquals(List.of("sending 44 % 0:30 \u2026"), lines(20));
  }

  @Test
  void manyFilesAreFiveAndANumber() {
    sending();
    for (int i = 0; i < 9; i++) {
      var unused = state.open("file " + i, 10, state::sent);
    }
    assertEquals(7, lines(120).size());
    assertEquals("  and 5 more", lines(120).get(6));
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 20, 40, 79, 80, 81, 120, 300})
  void noLineIsWiderThanTheTerminal(int columns) {
    SplittableRandom random = new SplittableRandom(columns);
    sending();
    for (int i = 0; i < 50; i++) {
      StringBuilder name = new StringBuilder();
      random.ints(random.nextInt(300), 0, 0x2ffff).forEach(name::appendCodePoint);
      var unused = state.open(name.toString(), random.nextLong(1, 1L << 50), state::sent);
    }
    pass(7);
    state.retrying("the server\u001b[2J said\nnothing", Duration.ofSeconds(3));
    for (String line : lines(columns)) {
      assertTrue(TextWidth.of(line) < columns, line);
      assertFalse(line.matches("(?s).*[\\p{Cntrl}].*"), line);
    }
  }

  @Test
  void eachPhaseHasItsFigures() {
    state.scanned(1500);
    state.scanned(500);
    assertEquals(List.of("scanning   2 files, 2.0 kB"), lines(80));
    state.planned(2, 2000);
    assertEquals(List.of("comparing  the plan with what the server holds"), lines(80));
    state.phase(Phase.CHECKING);
    assertTrue(lines(80).get(0).startsWith("checking   [------------------------]   0 %  0/2 "));
    state.phase(Phase.FINALIZING);
    assertEquals(List.of("finalizing waiting for the server"), lines(80));
  }

  @Test
  void silentServerIsSaidWithTheTimeOfTheNextTry() {
    sending();
    pass(4);
    assertEquals(2, lines(90).size());
    pass(3);
    assertEquals("no answer for 7 s; next try 12:00:53", lines(90).get(2));
    assertEquals(List.of("no answer for 7 s; next try 12:00:53"), lines(60));
    state.retrying("connection refused", Duration.ofSeconds(12));
    assertEquals("no answer for 7 s; next try 12:00:12 (connection refused)", lines(90).get(2));
    state.sent(1);
    assertEquals(2, lines(90).size());
  }

  @Test
  void theBarNeverRunsBackwards() {
    Transfer second = sending();
    String before = lines(90).get(0).substring(0, 44);
    second.accept(-40_000_000);
    assertEquals(before, lines(90).get(0).substring(0, 44));
    SplittableRandom random = new SplittableRandom(1);
    long last = 0;
    for (int i = 0; i < 1000; i++) {
      pass(1);
      second.accept(random.nextLong(-30_000_000, 31_000_000));
      Moment moment = state.now();
      assertTrue(moment.sent() >= last && moment.sent() <= moment.bytes());
      last = moment.sent();
    }
  }

  @Test
  void timeLeftIsThatOfTheFilesWhereTheseTakeLonger() {
    state.planned(1000, 1000);
    state.phase(Phase.SENDING);
    state.now();
    pass(10);
    state.sent(990);
    state.completed(10);
    assertEquals(990, state.now().secondsLeft());
    pass(60);
    state.now();
    pass(60);
    state.now();
    assertEquals(-1, state.now().secondsLeft());
  }

  @Test
  void nothingIsPrintedIntoTheLines() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    StatusArea area = new StatusArea(out);
    PrintStream err = new PrintStream(area, true, StandardCharsets.UTF_8);
    area.show(List.of("bar", "file"), 0);
    err.println("archive: a note");
    area.show(List.of("bar", "file"), 0);
    err.print("half a line");
    area.show(List.of("never"), 0);
    err.println();
    area.show(List.of(), 0);
    assertEquals(
        "\rbar\u001b[K\nfile\u001b[K\u001b[J"
            + "\r\u001b[1A\u001b[K\u001b[C\u001b[J\rarchive: a note\n"
            + "\rbar\u001b[K\nfile\u001b[K\u001b[J"
            + "\r\u001b[1A\u001b[K\u001b[C\u001b[J\rhalf a line\n"
            + "\r\u001b[K\u001b[C\u001b[J\r",
        out.toString(StandardCharsets.UTF_8));
  }

  @Test
  void aLineForALogSaysTheSame() {
    sending();
    assertEquals(
        "sending: 1 of 4 files, 440.0 MB of 1.0 GB, 44.0 MB/s, 0:30 left",
        LiveView.line(state.now()));
    assertNull(new Frame(80, NOON, Duration.ofSeconds(60)).silence(state.now()));
  }
}
