package dev.archive.client.work;

import java.util.function.LongConsumer;

/**
 * The bytes of a file, or of a bundle of them, on their way: told how many went out, negative where
 * some have to go again, and closed when the way is over.
 */
public interface Transfer extends LongConsumer, AutoCloseable {
  @Override
  void close();
}
