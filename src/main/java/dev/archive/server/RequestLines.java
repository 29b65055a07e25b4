package dev.archive.server;

import java.io.PrintStream;
import java.nio.file.Path;

/** Where a server writes one line of JSON for each request. */
public sealed interface RequestLines {
  /** Nowhere. */
  record Nowhere() implements RequestLines {}

  /** To a stream, beside what others write there. */
  record ToStream(PrintStream stream) implements RequestLines {}

  /**
   * To a file.
   *
   * @param maxBytes from this size on it is renamed, and another begun
   */
  record ToFile(Path file, long maxBytes) implements RequestLines {}
}
