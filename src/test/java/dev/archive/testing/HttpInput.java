package dev.archive.testing;

import dev.archive.testing.HttpHead.Framing;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Reads messages from a connection in pieces that lie in one small buffer, telling payload from
 * chunk framing. What it does not understand it gives out unchanged until the connection ends.
 */
final class HttpInput {
  private static final int MAX_HEAD = 256 * 1024;

  private enum Chunk {
    SIZE,
    EXTENSION,
    DATA,
    DATA_END,
    TRAILER
  }

  private final InputStream in;
  private byte[] buffer = new byte[32 * 1024];
  private int position;
  private int limit;

  private Framing framing = Framing.NONE;
  private boolean done = true;
  private boolean truncated;
  private Chunk chunk;
  private long remaining;
  private int lineLength;

  private int start;
  private boolean payload;

  HttpInput(InputStream in) {
    this.in = in;
  }

  /** Reads a head; returns null if the connection ended before its first byte. */
  HttpHead readHead() throws IOException {
    int scanned = position;
    while (true) {
      for (; scanned < limit; scanned++) {
        if (buffer[scanned] == '\n' && endsHead(scanned)) {
          return head(scanned + 1, true);
        }
      }
      if (limit - position >= MAX_HEAD) {
        return head(limit, false);
      }
      scanned -= makeRoom();
      int n = in.read(buffer, limit, buffer.length - limit);
      if (n < 0) {
        return limit == position ? null : head(limit, false);
      }
      limit += n;
    }
  }

  /** Says how the body that follows ends. */
  void expect(Framing bodyFraming) {
    framing = bodyFraming;
    done = framing.known() == 0;
    truncated = false;
    remaining = Math.max(0, framing.length());
    chunk = Chunk.SIZE;
    lineLength = 0;
  }

  /** Reads the next piece of the body; returns false at its end. */
  boolean next() throws IOException {
    if (done) {
      return false;
    }
    if (position == limit) {
      position = 0;
      limit = Math.max(0, in.read(buffer, 0, buffer.length));
      if (limit == 0) {
        truncated = framing.kind() != Framing.Kind.UNTIL_CLOSE;
        done = true;
        return false;
      }
    }
    start = position;
    payload = true;
    switch (framing.kind()) {
      case UNTIL_CLOSE -> position = limit;
      case LENGTH -> {
        take();
        done = remaining == 0;
      }
      case CHUNKED -> nextOfChunk();
    }
    return true;
  }

  byte[] buffer() {
    return buffer;
  }

  /** Returns where the piece starts in the buffer. */
  int start() {
    return start;
  }

  int length() {
    return position - start;
  }

  /** Returns whether the piece is payload rather than chunk framing. */
  boolean payload() {
    return payload;
  }

  Framing framing() {
    return framing;
  }

  /** Returns whether the whole message has been read. */
  boolean complete() {
    return done && !truncated;
  }

  /** Reads and forgets the rest of the body. */
  void skipBody() throws IOException {
    while (next()) {
      // nothing to keep
    }
  }

  private boolean endsHead(int newline) {
    int before = newline - 1;
    if (before >= position && buffer[before] == '\r') {
      before--;
    }
    return before >= position && buffer[before] == '\n';
  }

  private HttpHead head(int end, boolean complete) {
    HttpHead head = HttpHead.of(Arrays.copyOfRange(buffer, position, end), complete);
    position = end;
    return head;
  }

  /** Returns by how much the bytes moved down. */
  private int makeRoom() {
    int moved = 0;
    if (position > 0) {
      System.arraycopy(buffer, position, buffer, 0, limit - position);
      moved = position;
      limit -= position;
      position = 0;
    }
    if (limit == buffer.length) {
      buffer = Arrays.copyOf(buffer, 2 * limit);
    }
    return moved;
  }

  private void take() {
    int n = (int) Math.min(limit - position, remaining);
    position += n;
    remaining -= n;
  }

  private void nextOfChunk() {
    if (chunk == Chunk.DATA) {
      take();
      if (remaining == 0) {
        chunk = Chunk.DATA_END;
      }
      return;
    }
    payload = false;
    while (position < limit && chunk != Chunk.DATA && !done && framing == Framing.CHUNKED) {
      step(buffer[position++]);
    }
  }

  private void step(byte b) {
    switch (chunk) {
      case SIZE -> {
        int digit = Character.digit(b, 16);
        if (digit >= 0 && lineLength < 15) {
          remaining = 16 * remaining + digit;
          lineLength++;
        } else if (b == '\n' && lineLength > 0) {
          sizeRead();
        } else if (b == ';') {
          chunk = Chunk.EXTENSION;
        } else if (b != '\r') {
          framing = Framing.UNTIL_CLOSE;
        }
      }
      case EXTENSION -> {
        if (b == '\n') {
          sizeRead();
        }
      }
      case DATA_END -> {
        if (b == '\n') {
          chunk = Chunk.SIZE;
          lineLength = 0;
        } else if (b != '\r') {
          framing = Framing.UNTIL_CLOSE;
        }
      }
      case TRAILER -> {
        if (b == '\n') {
          done = lineLength == 0;
          lineLength = 0;
        } else if (b != '\r') {
          lineLength++;
        }
      }
      case DATA -> throw new IllegalStateException("payload is not framing");
    }
  }

  private void sizeRead() {
    chunk = remaining == 0 ? Chunk.TRAILER : Chunk.DATA;
    lineLength = 0;
  }
}
