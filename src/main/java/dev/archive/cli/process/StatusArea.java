package dev.archive.cli.process;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A stream to a terminal whose last lines may be replaced: all else that is written to it comes
 * above them. Its lock is held over the write, so that nothing is ever printed into these lines.
 */
public final class StatusArea extends OutputStream {
  private static final String CLEAR_BELOW = "\u001b[J";
  private static final String CLEAR_LINE = "\u001b[K";

  /** Never from the first column: where that is the screen's first, tmux keeps what is cleared. */
  private static final String ERASE = CLEAR_LINE + "\u001b[C" + CLEAR_BELOW + "\r";

  private final OutputStream out;
  private List<String> shown = List.of();
  private int rows;
  private boolean midLine;

  public StatusArea(OutputStream out) {
    this.out = out;
  }

  /**
   * Replaces the lines.
   *
   * @param lines without control characters, none wider than the terminal; empty for none
   * @param rows how many rows the lines before take now: more of them than lines where the terminal
   *     became narrower and wrapped them
   */
  public synchronized void show(List<String> lines, int rows) {
    if (midLine) {
      return;
    }
    StringBuilder text = new StringBuilder();
    this.rows = shown.isEmpty() ? 0 : Math.max(rows, shown.size());
    text.append(home());
    for (int i = 0; i < lines.size(); i++) {
      text.append(i == 0 ? "" : "\n").append(lines.get(i)).append(CLEAR_LINE);
    }
    text.append(lines.isEmpty() ? ERASE : CLEAR_BELOW);
    shown = List.copyOf(lines);
    this.rows = shown.size();
    send(text.toString());
  }

  /** The lines that are shown. */
  public synchronized List<String> shown() {
    return shown;
  }

  private String home() {
    return "\r" + (rows > 1 ? "\u001b[" + (rows - 1) + "A" : "");
  }

  private void send(String text) {
    try {
      out.write(text.getBytes(StandardCharsets.UTF_8));
      out.flush();
    } catch (IOException e) {
      // A terminal that is gone shows nothing, and the run goes on.
      shown = List.of();
    }
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public synchronized void write(byte[] bytes, int offset, int length) throws IOException {
    if (length == 0) {
      return;
    }
    if (!shown.isEmpty()) {
      send(home() + ERASE);
      shown = List.of();
      rows = 0;
    }
    out.write(bytes, offset, length);
    midLine = bytes[offset + length - 1] != '\n';
  }

  @Override
  public synchronized void flush() throws IOException {
    out.flush();
  }
}
