package dev.archive.server.http;

import dev.archive.model.FatalErrors;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.IteratingCallback;

/**
 * Writes bytes piece by piece as their reader takes them: a slow one holds no thread. A failure
 * between pieces ends the connection, so that what was sent never looks whole. {@link
 * ConnectionWatch} ends a reader that takes no piece for too long.
 */
final class PieceWriter extends IteratingCallback {
  /**
   * In bytes. With the time that a piece may take, the least rate of a reader: about 4 KiB per
   * second.
   */
  static final int PIECE = 1 << 16;

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  /** What is written. */
  interface Pieces extends Closeable {
    /**
     * The next bytes, which are the writer's until it asks again; null at the end.
     *
     * @throws IOException where what was given so far must not look whole
     */
    ByteBuffer next() throws IOException;
  }

  private final Response response;
  private final Callback callback;
  private final Pieces pieces;
  private ByteBuffer next;
  private boolean last;

  private PieceWriter(Response response, Callback callback, Pieces pieces, ByteBuffer first) {
    this.response = response;
    this.callback = callback;
    this.pieces = pieces;
    this.next = first;
  }

  /**
   * Writes all pieces, and closes what gives them. Where the first piece fails nothing has been
   * written, and the failure is the caller's.
   */
  static void write(Response response, Callback callback, Pieces pieces) throws IOException {
    ByteBuffer first;
    try {
      first = pieces.next();
    } catch (IOException | RuntimeException e) {
      pieces.close();
      throw e;
    }
    new PieceWriter(response, callback, pieces, first).iterate();
  }

  /** The same, where the failure of the first piece ends the connection, too. */
  static void begin(Response response, Callback callback, Pieces pieces) {
    new PieceWriter(response, callback, pieces, null).iterate();
  }

  @Override
  protected Action process() throws IOException {
    if (last) {
      return Action.SUCCEEDED;
    }
    ByteBuffer piece = next == null ? pieces.next() : next;
    next = null;
    last = piece == null;
    response.write(last, last ? NOTHING : piece, this);
    return Action.SCHEDULED;
  }

  @Override
  protected void onCompleted(Throwable failure) {
    try {
      pieces.close();
    } catch (IOException e) {
      // It was only read.
    }
    if (failure == null) {
      callback.succeeded();
    } else {
      FatalErrors.report(failure);
      callback.failed(failure);
    }
  }
}
