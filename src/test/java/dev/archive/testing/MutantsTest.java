package dev.archive.testing;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** A change whose old text has left the code would be tried no more, and nobody would notice. */
class MutantsTest {
  @Test
  void everyChangeCanStillBeMade() throws IOException {
    assertTrue(Mutants.requireCurrent(Path.of("scripts/mutants.txt")) >= 80);
  }
}
