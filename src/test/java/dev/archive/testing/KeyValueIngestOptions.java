package dev.archive.testing;

import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;

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
 * @param loseAnswerEvery every n-th answer to one of these calls is lost; 0 is never
 * @param loseAnswersOf the calls that are counted for that
 * @param assembly what goes wrong when a multipart upload is assembled
 * @param assemblyAfter how many uploads are assembled before that begins
 * @param assemblyTimes how many it then happens to
 * @param assemblyStatus what a gateway answers where assembling fails; 0 where the server does
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
    Set<Call> loseAnswersOf,
    AssemblyFault assembly,
    int assemblyAfter,
    int assemblyTimes,
    int assemblyStatus,
    int storageErrorsEvery,
    long multipartFrom,
    long partSize,
    long keepBytesUpTo,
    boolean refuseRootSlash,
    boolean allowAnyName,
    boolean allowEmptyFiles) {

  /** How an existing deployment keeps the state of a batch. */
  public enum Variant {
    /**
     * One document in a key-value store, overwritten without condition; no status call. A multipart
     * upload is assembled, and then its file is marked complete.
     */
    NAIVE,
    /**
     * The same with a version that is written but never compared, jitter, retries and status. A
     * file is marked complete, and then its upload is assembled: a repeated complete says success
     * whatever came of that.
     */
    UNCOMPARED_VERSION,
    /** One serialised object per batch, with status; it marks before it assembles as well. */
    DURABLE_OBJECT
  }

  /** The calls whose answers may get lost. */
  public enum Call {
    START,
    PUT,
    COMPLETE,
    FINALIZE
  }

  /** What may go wrong when a multipart upload is assembled. */
  public enum AssemblyFault {
    /** Nothing. */
    NONE(false, false),
    /** There is no object, and the answer is an error. */
    FAILS(true, false),
    /** There is no object and no answer. */
    FAILS_UNANSWERED(true, true),
    /** There is an object, and the answer gets lost. */
    UNANSWERED(false, true);

    private final boolean fails;
    private final boolean unanswered;

    AssemblyFault(boolean fails, boolean unanswered) {
      this.fails = fails;
      this.unanswered = unanswered;
    }

    boolean fails() {
      return fails;
    }

    boolean unanswered() {
      return unanswered;
    }
  }

  /** What goes wrong at the n-th assembling of the server, counted from 1. */
  AssemblyFault assembly(long n) {
    boolean hit = n > assemblyAfter && n <= (long) assemblyAfter + assemblyTimes;
    return hit ? assembly : AssemblyFault.NONE;
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
    private Set<Call> loseAnswersOf = EnumSet.allOf(Call.class);
    private AssemblyFault assembly = AssemblyFault.NONE;
    private int assemblyAfter;
    private int assemblyTimes;
    private int assemblyStatus;
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

    /** Every n-th answer to a call of this kind gets lost. */
    public Builder loseAnswerEvery(int answers, Call of) {
      loseAnswerEvery = answers;
      loseAnswersOf = EnumSet.of(of);
      return this;
    }

    /**
     * Something goes wrong with some multipart uploads when they are assembled.
     *
     * @param after how many are assembled first
     * @param times how many it happens to; {@link Integer#MAX_VALUE} for all
     */
    public Builder assembly(AssemblyFault fault, int after, int times) {
      assembly = fault;
      assemblyAfter = after;
      assemblyTimes = times;
      return this;
    }

    /** Where assembling fails, a gateway answers with this status in the server's place. */
    public Builder assemblyStatus(int status) {
      assemblyStatus = status;
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
          loseAnswersOf,
          assembly,
          assemblyAfter,
          assemblyTimes,
          assemblyStatus,
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
