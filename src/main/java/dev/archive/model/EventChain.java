package dev.archive.model;

/** Proves, event by event, that the history of a batch has no gap and was not altered. */
public final class EventChain {
  /** What the first event is chained to. */
  public static final Sha256 START = Sha256.parse("0".repeat(64));

  private final BatchId batch;
  private long version;
  private Sha256 hash = START;

  public EventChain(BatchId batch) {
    this.batch = batch;
  }

  /**
   * Takes the next event.
   *
   * @param said the hash that stands beside it
   * @throws ArchiveException {@link ErrorCode#STATE_DIFFERS} where it does not follow from those
   *     before
   */
  public void accept(Event event, Sha256 said) {
    boolean begins = version == 0 && event.kind() == EventKind.ADOPTED;
    if (!begins && event.version() != version + 1) {
      throw broken(
          "version " + (version + 1) + " is missing: version " + event.version() + " stands there");
    }
    if (!event.hash(batch, hash).equals(said)) {
      throw broken(
          "version " + event.version() + " does not follow from what is before it: it was altered");
    }
    version = event.version();
    hash = said;
  }

  /**
   * Ends the chain.
   *
   * @param present the version that the batch has
   * @throws ArchiveException {@link ErrorCode#STATE_DIFFERS} where its last events are missing
   */
  public void end(long present) {
    if (version != present) {
      throw broken("version " + (version + 1) + " is missing: the batch is at version " + present);
    }
  }

  /** The version of the last event, 0 before the first. */
  public long version() {
    return version;
  }

  /** The hash of the last event, which vouches for all of them. */
  public Sha256 hash() {
    return hash;
  }

  private ArchiveException broken(String what) {
    return new ArchiveException(
        ErrorCode.STATE_DIFFERS, "the history of batch " + batch + " is broken: " + what);
  }
}
