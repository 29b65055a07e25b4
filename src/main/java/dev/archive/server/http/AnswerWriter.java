package dev.archive.server.http;

import dev.archive.storage.Spool;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * Writes answers whose length is known, as their reader takes them; nothing of the ledger waits.
 */
final class AnswerWriter {
  /**
   * With the time that a piece may take, the least rate of a reader: about 1 KiB per second. And
   * the most bytes that are written at once: Java copies them into memory of its own beside the
   * heap, as much of it as the longest write, and keeps that for each thread.
   */
  private static final int PIECE = 1 << 14;

  private AnswerWriter() {}

  /** Writes a whole body. */
  static void write(Response response, byte[] body, Callback callback) {
    if (body.length <= PIECE) {
      response.write(true, ByteBuffer.wrap(body), callback);
      return;
    }
    ByteBuffer whole = ByteBuffer.wrap(body);
    begin(
        response,
        callback,
        new PieceWriter.Pieces() {
          @Override
          public ByteBuffer next() {
            if (!whole.hasRemaining()) {
              return null;
            }
            ByteBuffer piece = whole.slice().limit(Math.min(PIECE, whole.remaining()));
            whole.position(whole.position() + piece.remaining());
            return piece;
          }

          @Override
          public void close() {
            // Memory needs no closing.
          }
        },
        body.length);
  }

  /**
   * Writes a whole body.
   *
   * @param end drops what holds it
   */
  static void write(Response response, Spool body, Closeable end, Callback callback) {
    ByteBuffer piece = ByteBuffer.allocate((int) Math.min(PIECE, body.size()));
    begin(
        response,
        callback,
        new PieceWriter.Pieces() {
          private long position;

          @Override
          public ByteBuffer next() throws IOException {
            if (position >= body.size()) {
              return null;
            }
            body.read(piece.clear(), position);
            position += piece.flip().remaining();
            return piece;
          }

          @Override
          public void close() throws IOException {
            end.close();
          }
        },
        body.size());
  }

  private static void begin(
      Response response, Callback callback, PieceWriter.Pieces pieces, long size) {
    if (!response.isCommitted()) {
      response.getHeaders().put(HttpHeader.CONTENT_LENGTH, size);
    }
    PieceWriter.begin(response, callback, pieces);
  }
}
