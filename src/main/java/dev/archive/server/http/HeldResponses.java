package dev.archive.server.http;

import dev.archive.model.ArchiveException;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import dev.archive.model.Limit;
import dev.archive.model.Limits;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How many bytes of long responses wait on the disk until they are read. They are bounded together;
 * one alone may have any length, for a batch may have any number of files.
 */
final class HeldResponses {
  private static final long RETRY_SECONDS = 5;

  private final Limits limits;
  private final AtomicLong bytes = new AtomicLong();

  HeldResponses(Limits limits) {
    this.limits = limits;
  }

  /**
   * Counts more bytes of a response.
   *
   * @param own how many of it are counted already
   * @throws ArchiveException {@link ErrorCode#UNAVAILABLE} where others hold too many
   */
  void add(long more, long own) {
    long before = bytes.getAndAdd(more);
    if (before > own && before + more > limits.of(Limit.RESPONSE_BYTES)) {
      bytes.addAndGet(-more);
      throw new ArchiveException(
          ErrorCode.UNAVAILABLE,
          "other responses, of "
              + Count.of(before - own, "byte")
              + ", wait to be read; nothing was done. Ask again, or for fewer at a time",
          Map.of(Exchange.RETRY_AFTER, RETRY_SECONDS),
          null);
    }
  }

  /** Counts bytes no more. */
  void remove(long fewer) {
    bytes.addAndGet(-fewer);
  }
}
