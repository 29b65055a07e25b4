package dev.archive.server.http;

import dev.archive.model.FatalErrors;
import dev.archive.storage.Spool;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.IteratingCallback;

/**
 * Writes an answer piece by piece as its reader takes it: a slow one holds no thread, and nothing
 * of the ledger. {@link ConnectionWatch} ends one that takes no piece for too long.
 */
final class AnswerWriter extends IteratingCallback {
  /**
   * With the time that a piece may take, the least rate of a reader: about 1 KiB per second. And
   * the most bytes that are written at once: Java copies them into memory of its own beside the
   * heap, as much of it as the longest write, and keeps that for each thread.
   */
  private static final int PIECE = 1 << 14;

  private interface Bytes extends Closeable {
    /** Up to {@link #PIECE} bytes from a position on. */
    ByteBuffer at(long position) throws IOException;
  }

  private final Response response;
  private final Callback callback;
  private final Bytes bytes;
  private final long size;
  private long position;
  private boolean last;

  private AnswerWriter(Response response, Callback callback, Bytes bytes, long size) {
    this.response = response;
    this.callback = callback;
    this.bytes = bytes;
    this.size = size;
  }

  /** Writes a whole body. */
  static void write(Response response, byte[] body, Callback callback) {
    if (body.length <= PIECE) {
      response.write(true, ByteBuffer.wrap(body), callback);
      return;
    }
    begin(
        response,
        callback,
        new Bytes() {
          @Override
          public ByteBuffer at(long position) {
            int begin = (int) position;
            return ByteBuffer.wrap(body, begin, Math.min(PIECE, body.length - begin));
          }

          @Override
          public void close() {
            // Memory needs no closing.
          }
        },
        body.length);
  }

  /** Writes a whole body, and closes what holds it. */
  static void write(Response response, Spool body, Callback callback) {
    ByteBuffer piece = ByteBuffer.allocate((int) Math.min(PIECE, body.size()));
    begin(
        response,
        callback,
        new Bytes() {
          @Override
          public ByteBuffer at(long position) throws IOException {
            body.read(piece.clear(), position);
            return piece.flip();
          }

          @Override
          public void close() throws IOException {
            body.close();
          }
        },
        body.size());
  }

  private static void begin(Response response, Callback callback, Bytes bytes, long size) {
    if (!response.isCommitted()) {
      response.getHeaders().put(HttpHeader.CONTENT_LENGTH, size);
    }
    new AnswerWriter(response, callback, bytes, size).iterate();
  }

  @Override
  protected Action process() throws IOException {
    if (last) {
      return Action.SUCCEEDED;
    }
    ByteBuffer piece = bytes.at(position);
    position += piece.remaining();
    last = position >= size;
    response.write(last, piece, this);
    return Action.SCHEDULED;
  }

  @Override
  protected void onCompleted(Throwable failure) {
    try {
      bytes.close();
    } catch (IOException e) {
      // It is read no more; its bytes go with the process at the latest.
    }
    if (failure == null) {
      callback.succeeded();
    } else {
      FatalErrors.report(failure);
      callback.failed(failure);
    }
  }
}
