package dev.archive.server;

import dev.archive.durable.DurableFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The directory's half of the mark that ledger and directory share, in the file {@code generation}
 * of the root.
 *
 * @param generation counts the marks, from 1
 * @param mark that the ledger has too, unless it is older or younger than the directory
 */
record RootMark(long generation, String mark) {
  static final String FILE = "generation";
  private static final String SYNTAX = "[0-9]{1,18} [0-9A-Z]{26}";

  /** The mark of a root, or null where it has none that can be read. */
  static @Nullable RootMark read(Path root) throws IOException {
    try {
      String line = Files.readString(root.resolve(FILE), StandardCharsets.ISO_8859_1).strip();
      if (!line.matches(SYNTAX)) {
        return null;
      }
      int space = line.indexOf(' ');
      return new RootMark(Long.parseLong(line.substring(0, space)), line.substring(space + 1));
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  /** Gives a root this mark; returns once that survives a power cut. */
  void write(Path root) throws IOException {
    byte[] line = (generation + " " + mark + "\n").getBytes(StandardCharsets.US_ASCII);
    DurableFiles.publish(root.resolve(FILE), out -> out.write(line), "marked");
  }
}
