package dev.archive.server.ingest;

import dev.archive.model.ArchiveException;
import dev.archive.storage.Incoming;
import dev.archive.storage.Spool;
import dev.archive.wire.Messages.BundledFile;
import dev.archive.wire.Results;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.util.function.Function;

/**
 * A bundle on its way: a tar is read only when it is there, because its reader would wait for a
 * silent sender with a thread. Where it breaks off, the files that came before are stored.
 */
final class IncomingBundle implements Incoming<Results<BundledFile>> {
  private final Spool spool;
  private final Function<InputStream, Results<BundledFile>> take;

  /**
   * Begins.
   *
   * @param spool is closed with this
   */
  IncomingBundle(Spool spool, Function<InputStream, Results<BundledFile>> take) {
    this.spool = spool;
    this.take = take;
  }

  @Override
  public void write(ByteBuffer bytes) {
    spool.write(bytes);
  }

  @Override
  public Results<BundledFile> finish() {
    return take.apply(spool.input());
  }

  @Override
  public ArchiveException broken(ArchiveException why) {
    try {
      var unused = take.apply(new SequenceInputStream(spool.input(), new Broken(why)));
    } catch (ArchiveException e) {
      // The end of what came; its sender is told why there is not more.
    }
    return why;
  }

  @Override
  public void close() {
    try {
      spool.close();
    } catch (IOException e) {
      // What is left of it is swept when the server starts again.
    }
  }

  /** Where a body was cut off. */
  private static final class Broken extends InputStream {
    private final ArchiveException why;

    Broken(ArchiveException why) {
      this.why = why;
    }

    @Override
    public int read() throws IOException {
      throw new IOException(why);
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      throw new IOException(why);
    }
  }
}
