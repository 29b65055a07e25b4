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
  private ByteArrayOutputStream memory = new ByteArrayOutputStream();
  private Spool spool;

  SpooledAnswer(Supplier<Spool> spools) {
    this.spools = spools;
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
      spool.write(ByteBuffer.wrap(memory.toByteArray()));
      memory = null;
    }
    spool.write(ByteBuffer.wrap(bytes, offset, length));
  }

  /** Sends all of it, then drops it. */
  void send(Response response, Callback callback) {
    if (spool == null) {
      AnswerWriter.write(response, memory.toByteArray(), callback);
    } else {
      AnswerWriter.write(response, spool, callback);
    }
  }

  /** Drops what is not to be sent. */
  void drop() throws IOException {
    if (spool != null) {
      spool.close();
    }
  }
}
