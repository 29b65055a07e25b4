package dev.archive.server;

import dev.archive.durable.LocalErrors;
import dev.archive.durable.LogFile;
import dev.archive.model.Text;
import java.io.IOException;
import java.time.Clock;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes lines that others hand over without waiting: no request is slower, or fails, because its
 * line cannot be written. Lines that find no room, or no disk, are counted, and the first line that
 * can be written after them says how many they were.
 */
final class LogWriter implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(LogWriter.class);

  /** In characters. */
  private static final int MAX_PIECE = 1 << 16;

  /** Takes whole lines. */
  @FunctionalInterface
  interface Target {
    void add(String lines) throws IOException;
  }

  private final Target target;
  private final String name;
  private final Clock clock;
  private final BlockingQueue<String> waiting;
  private final AtomicLong lost = new AtomicLong();
  private long told;
  private boolean failing;

  /**
   * Sets it up.
   *
   * @param name of what is written, for people
   * @param max how many lines wait; a busy server ends some thousands of requests between two
   *     rounds
   */
  LogWriter(Target target, String name, Clock clock, int max) {
    this.target = target;
    this.name = name;
    this.clock = clock;
    this.waiting = new ArrayBlockingQueue<>(max);
  }

  /** Takes a line, without its end; never waits. */
  void add(String line) {
    if (!waiting.offer(line)) {
      lost.incrementAndGet();
    }
  }

  /** How many lines were lost since the start. */
  long lost() {
    return lost.get();
  }

  /** Writes what waits. */
  @Override
  public synchronized void run() {
    String line = waiting.poll();
    while (line != null) {
      StringBuilder piece = new StringBuilder();
      int lines = 0;
      while (line != null && piece.length() < MAX_PIECE) {
        piece.append(line).append('\n');
        lines++;
        line = waiting.poll();
      }
      write(piece.toString(), lines);
    }
  }

  private void write(String piece, int lines) {
    long missing = lost.get();
    try {
      target.add(missing > told ? gap(missing - told) + piece : piece);
      told = missing;
      if (failing) {
        failing = false;
        LOG.warn("{} is written again", name);
      }
    } catch (IOException e) {
      lost.addAndGet(lines);
      if (!failing) {
        failing = true;
        LOG.warn(
            "{} cannot be written: {}; requests are served without it, and it is tried again",
            name,
            Text.brief(LocalErrors.reason(e)));
      }
    }
  }

  private String gap(long lines) {
    return LogFile.BEGIN + '"' + clock.instant() + "\",\"lost_lines\":" + lines + "}\n";
  }
}
