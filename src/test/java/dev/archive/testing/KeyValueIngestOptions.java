package dev.archive.testing;

import java.time.Duration;

/**
 * Which existing deployment {@link KeyValueIngestServer} imitates, and with which faults.
 *
 * @param variant how the state of a batch is kept
 * @param seed of everything random: jitter, stale reads, identifiers
 * @param interleave how many read-modify-write windows are made to overlap; 1 forces nothing
 * @param quiet how long a window stays open for a further caller when none is on its way
 * @param staleReads how many reads after each write may still see the document before it
 * @param jitter the longest random wait before a read of {@link Variant#UNCOMPARED_VERSION}
 * @param failFromFiles files from which on a {@link Variant#DURABLE_OBJECT} answers 500; 0 is never
 * @param loseAnswerEvery every n-th answer to start, complete, PUT or finalize is lost; 0 is never
 * @param storageErrorsEvery every n-th PUT is answered 500 and stores nothing; 0 is never
 * @param multipartFrom size in bytes from which a file is uploaded in parts
 * @param partSize size in bytes of a part
 * @param keepBytesUpTo objects up to this size keep their bytes; of others only size and digest
 * @param refuseRootSlash whether init refuses the root path {@code /}
 * @param allowAnyName whether the characters {@code < > : " | ? *} are accepted in a path
 * @param allowEmptyFiles whether files of zero bytes are accepted
 */
public record KeyValueIngestOptions(
    Variant variant,
    long seed,
    int interleave,
    Duration quiet,
    int staleReads,
    Duration jitter,
    int failFromFiles,
    int loseAnswerEvery,
    int storageErrorsEvery,
    long multipartFrom,
    long partSize,
    long keepBytesUpTo,
    boolean refuseRootSlash,
    boolean allowAnyName,
    boolean allowEmptyFiles) {

  /** How an existing deployment keeps the state of a batch. */
  public enum Variant {
    /** One document in a key-value store, overwritten without condition; no status call. */
    NAIVE,
    /** The same with a version that is written but never compared, jitter, retries and status. */
    UNCOMPARED_VERSION,
    /** One serialised object per batch, with status. */
    DURABLE_OBJECT
  }

  /** Options of a deployment as it is found, without any forced fault. */
  public static Builder of(Variant variant) {
    return new Builder(variant);
  }

  /** Collects the options that differ from those of a deployment as it is found. */
  public static final class Builder {
    private final Variant variant;
    private long seed = 1;
    private int interleave = 1;
    private Duration quiet = Duration.ofMillis(3);
    private int staleReads;
    private Duration jitter = Duration.ofMillis(5);
    private int failFromFiles;
    private int loseAnswerEvery;
    private int storageErrorsEvery;
    private long multipartFrom = 5L << 20;
    private long partSize = 10L << 20;
    private long keepBytesUpTo = 1L << 20;
    private boolean refuseRootSlash;
    private boolean allowAnyName;
    private boolean allowEmptyFiles;

    private Builder(Variant variant) {
      this.variant = variant;
    }

    public Builder seed(long value) {
      seed = value;
      return this;
    }

    public Builder interleave(int callers) {
      interleave = callers;
      return this;
    }

    /** Every call made alone then takes at least this long, so this is short by default. */
    public Builder quiet(Duration wait) {
      quiet = wait;
      return this;
    }

    public Builder staleReads(int reads) {
      staleReads = reads;
      return this;
    }

    public Builder jitter(Duration longest) {
      jitter = longest;
      return this;
    }

    public Builder failFromFiles(int files) {
      failFromFiles = files;
      return this;
    }

    public Builder loseAnswerEvery(int answers) {
      loseAnswerEvery = answers;
      return this;
    }

    public Builder storageErrorsEvery(int puts) {
      storageErrorsEvery = puts;
      return this;
    }

    public Builder multipart(long fromSize, long sizeOfPart) {
      multipartFrom = fromSize;
      partSize = sizeOfPart;
      return this;
    }

    public Builder keepBytesUpTo(long size) {
      keepBytesUpTo = size;
      return this;
    }

    public Builder refuseRootSlash() {
      refuseRootSlash = true;
      return this;
    }

    public Builder allowAnyName() {
      allowAnyName = true;
      return this;
    }

    public Builder allowEmptyFiles() {
      allowEmptyFiles = true;
      return this;
    }

    public KeyValueIngestOptions build() {
      return new KeyValueIngestOptions(
          variant,
          seed,
          interleave,
          quiet,
          staleReads,
          jitter,
          failFromFiles,
          loseAnswerEvery,
          storageErrorsEvery,
          multipartFrom,
          partSize,
          keepBytesUpTo,
          refuseRootSlash,
          allowAnyName,
          allowEmptyFiles);
    }
  }
}
