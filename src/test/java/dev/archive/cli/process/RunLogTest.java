package dev.archive.cli.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.FileOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run that is stopped, and one whose output fails, leaves in its records. */
class RunLogTest {
  @TempDir Path directory;

  @Test
  void interruptedThreadStillWritesItsLines() throws Exception {
    Path file = directory.resolve("log");
    try (RunLog log = RunLog.open(file, "upload", List.of(), Clock.systemUTC())) {
      Thread.currentThread().interrupt();
      log.message("stopped");
      assertTrue(Thread.interrupted(), "the thread stays interrupted");
      log.message("after");
      assertNull(log.problem());
    }
    List<String> lines = Files.readAllLines(file);
    assertEquals(3, lines.size(), lines::toString);
    assertTrue(lines.get(1).contains("stopped"), lines::toString);
  }

  @Test
  void metricsThatStandardOutputDoesNotTakeAreLost() throws Exception {
    for (Output.Purpose purpose : Output.Purpose.values()) {
      List<String> said = new ArrayList<>();
      try (FileOutputStream full = new FileOutputStream("/dev/full")) {
        Output output = new Output(full);
        output.are(purpose);
        output.record("upload", null, Path.of("-"), List.of(), Clock.systemUTC());
        assertEquals(ExitCodes.OUTPUT_FAILED, output.end(0, said::add), said::toString);
      }
      assertEquals(1, said.size(), said::toString);
    }
  }

  @Test
  void lossOfTheLastLineIsSaid() throws Exception {
    Path file = directory.resolve("log");
    List<String> said = new ArrayList<>();
    Output output = new Output(new java.io.ByteArrayOutputStream());
    output.record("upload", file, null, List.of(), Clock.systemUTC());
    // The next line finds a directory in the place of the log.
    Files.delete(file);
    Files.createDirectory(file);
    assertEquals(ExitCodes.OUTPUT_FAILED, output.end(0, said::add), said::toString);
    assertTrue(said.get(0).contains("the log could not be written"), said::toString);
    output.log(Map.of("event", "none"));
  }
}
