package dev.archive.server.http;

import dev.archive.storage.Spool;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.function.Supplier;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * An answer of any length that is written as fast as the ledger is read, and sent as fast as its
 * reader takes it: the beginning in memory, a long one in a file.
 */
final class SpooledAnswer extends OutputStream {
  /** In bytes; what 200 readers may hold together is small. */
  private static final int IN_MEMORY = 1 << 16;

  private final Supplier<Spool> spools;
  private final HeldResponses held;
  private ByteArrayOutputStream memory = new ByteArrayOutputStream();
  private Spool spool;
  private long counted;

  /**
   * An answer without any byte.
   *
   * @param spools where a long one is kept
   * @param held counts what is kept there
   */
  SpooledAnswer(Supplier<Spool> spools, HeldResponses held) {
    this.spools = spools;
    this.held = held;
  }

  @Override
  public void write(int one) {
    write(new byte[] {(byte) one}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    if (spool == null && memory.size() + length <= IN_MEMORY) {
      memory.write(bytes, offset, length);
      return;
    }
    if (spool == null) {
      spool = spools.get();
      keep(ByteBuffer.wrap(memory.toByteArray()));
      memory = null;
    }
    keep(ByteBuffer.wrap(bytes, offset, length));
  }

  private void keep(ByteBuffer bytes) {
    int length = bytes.remaining();
    held.add(length, counted);
    counted += length;
    spool.write(bytes);
  }

  /** Sends all of it, then drops it. */
  void send(Response response, Callback callback) {
    if (spool == null) {
      AnswerWriter.write(response, memory.toByteArray(), callback);
    } else {
      AnswerWriter.write(response, spool, this::drop, callback);
    }
  }

  /** Drops what is not to be sent any more. */
  void drop() throws IOException {
    held.remove(counted);
    counted = 0;
    if (spool != null) {
      spool.close();
    }
  }
}
