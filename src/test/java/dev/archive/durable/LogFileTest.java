package dev.archive.durable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogFileTest {
  private static final String LINE = "{\"time\":\"2026-01-01T00:00:00Z\",\"n\":%d}\n";

  @TempDir private Path dir;

  private Path log() {
    return dir.resolve("requests.log");
  }

  private static String line(int n) {
    return String.format(LINE, n);
  }

  @Test
  void itBeginsAgainWhenItIsLargeAndKeepsFiveOldFiles() throws IOException {
    try (LogFile file = new LogFile(log(), 2 * line(1).length())) {
      for (int n = 1; n <= 17; n++) {
        file.add(line(n));
      }
    }
    assertEquals(line(17), Files.readString(log()));
    for (int old = 1; old <= LogFile.MAX_OLD; old++) {
      assertEquals(
          line(17 - 2 * old) + line(18 - 2 * old),
          Files.readString(dir.resolve(log() + "." + old)));
    }
    assertFalse(Files.exists(dir.resolve(log() + ".6")));
    try (var all = Files.list(dir)) {
      for (Path each : all.toList()) {
        assertEquals(
            "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(each)));
      }
    }
  }

  @Test
  void whoMovesItAwayOrRemovesItGetsANewOne() throws IOException {
    try (LogFile file = new LogFile(log(), 1 << 20)) {
      file.add(line(1));
      Files.move(log(), dir.resolve("moved"));
      file.add(line(2));
      Files.delete(log());
      file.add(line(3));
    }
    assertEquals(line(1), Files.readString(dir.resolve("moved")));
    assertEquals(line(3), Files.readString(log()));
  }

  @Test
  void aLineThatACrashCutOffSpoilsNoOther() throws IOException {
    Files.writeString(log(), line(1) + line(2).substring(0, 20));
    try (LogFile file = new LogFile(log(), 1 << 20)) {
      file.add(line(3));
      file.add(line(4));
    }
    assertEquals(
        line(1) + line(2).substring(0, 20) + "\n" + line(3) + line(4), Files.readString(log()));
  }

  @Test
  void whatIsNoLogStaysAsItIs() throws IOException {
    Path ledger = Files.writeString(dir.resolve("state.db"), "SQLite format 3");
    Path link = Files.createSymbolicLink(dir.resolve("link"), dir.resolve("elsewhere"));
    Path directory = Files.createDirectory(dir.resolve("directory"));
    for (Path each : List.of(ledger, link, directory, dir.resolve("absent/log"))) {
      try (LogFile file = new LogFile(each, 1 << 20)) {
        assertThrows(IOException.class, () -> file.add(line(1)), each.toString());
        assertThrows(IOException.class, () -> file.add(line(1)), each.toString());
      }
    }
    assertEquals("SQLite format 3", Files.readString(ledger));
    assertFalse(Files.exists(dir.resolve("elsewhere")));
    Path old = Files.writeString(Path.of(log() + ".5"), "a letter");
    try (LogFile file = new LogFile(log(), 1)) {
      file.add(line(1));
      IOException refused = assertThrows(IOException.class, () -> file.add(line(2)));
      assertTrue(refused.getMessage().contains("requests.log.5"), refused.getMessage());
      assertEquals("a letter", Files.readString(old));
      assertEquals(line(1), Files.readString(log()));
      Files.delete(old);
      file.add(line(3));
    }
    assertEquals(line(3), Files.readString(log()));
    assertEquals(line(1), Files.readString(Path.of(log() + ".1")));
  }

  @Test
  void itGoesOnWhenTheTroubleIsOver() throws IOException {
    Path place = Files.createDirectory(log());
    try (LogFile file = new LogFile(place, 1 << 20)) {
      assertThrows(IOException.class, () -> file.add(line(1)));
      Files.delete(place);
      file.add(line(2));
    }
    assertEquals(line(2), Files.readString(log()));
  }

  @Test
  void aFullDiskIsAFailureEachTime() throws IOException {
    try (LogFile file = new LogFile(Path.of("/dev/full"), 1)) {
      assertThrows(IOException.class, () -> file.add(line(1)));
      assertThrows(IOException.class, () -> file.add(line(2)));
    }
  }
}
