package dev.archive.storage;

import dev.archive.model.ArchiveException;
import java.nio.ByteBuffer;
import java.util.function.Function;

/** Bytes that arrive, and what is made of their result. */
record IncomingThen<R, T>(Incoming<R> bytes, Function<? super R, ? extends T> next)
    implements Incoming<T> {
  @Override
  public void write(ByteBuffer more) {
    bytes.write(more);
  }

  @Override
  public T finish() {
    return next.apply(bytes.finish());
  }

  @Override
  public ArchiveException broken(ArchiveException why) {
    return bytes.broken(why);
  }

  @Override
  public void close() {
    bytes.close();
  }
}
