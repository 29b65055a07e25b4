package dev.archive.client.state;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads bytes as a journal. */
public final class JournalFuzz {
  private JournalFuzz() {}

  /** Reads all good lines, and those of the run alone: both must end at the same place. */
  public static void read(Path file, byte[] journal) throws IOException {
    Files.write(file, journal);
    try (JournalLines all = new JournalLines(file);
        JournalLines ofRun = new JournalLines(file)) {
      while (all.next() != null) {
        // Only that it is read.
      }
      while (ofRun.nextOfRun() != null) {
        // Likewise.
      }
      if (all.good() > journal.length || all.good() > ofRun.good()) {
        throw new AssertionError(all.good() + " bytes of lines in " + journal.length);
      }
    }
  }
}
