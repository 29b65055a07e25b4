package dev.archive.storage;

import java.nio.ByteBuffer;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Takes an exact number of bytes into a sum of theirs, and keeps none of them. */
final class IncomingSum<R> implements Incoming<R> {
  private final ExactSize count;
  private final Consumer<ByteBuffer> sum;
  private final Supplier<R> result;

  IncomingSum(long size, Consumer<ByteBuffer> sum, Supplier<R> result) {
    this.count = new ExactSize(size);
    this.sum = sum;
    this.result = result;
  }

  @Override
  public void write(ByteBuffer bytes) {
    count.add(bytes);
    sum.accept(bytes);
  }

  @Override
  public R finish() {
    count.requireAll();
    return result.get();
  }

  @Override
  public void close() {
    // Nothing is held.
  }
}
