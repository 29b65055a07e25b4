package dev.archive.history;

import dev.archive.model.Sha256;

/**
 * One call of a client, as the client saw it.
 *
 * @param operation its idempotency key; a call that is repeated has the same again
 * @param path of the file, for {@link Kind#REGISTER} and {@link Kind#COMPLETE}
 * @param size that was registered or completed, in bytes
 * @param sha256 likewise, or null where a registration named none
 * @param invoked when it was sent, by {@link System#nanoTime}
 * @param returned when its answer had come, or was given up
 */
record Call(
    String operation,
    Kind kind,
    String path,
    long size,
    Sha256 sha256,
    long invoked,
    long returned,
    Outcome outcome) {
  enum Kind {
    CREATE,
    REGISTER,
    COMPLETE,
    FINALIZE,
    READ
  }

  /** What a client knows afterwards. */
  sealed interface Outcome permits Ok, Refused, Unknown {}

  /** It was answered with this version. */
  record Ok(long version) implements Outcome {}

  /** The server said no: nothing may have changed by this call. */
  record Refused(int status) implements Outcome {}

  /** No answer, or one that tells nothing: it may have taken effect, or will, or never. */
  record Unknown(String why) implements Outcome {}

  /** The version it was answered with, or 0. */
  long version() {
    return outcome instanceof Ok ok ? ok.version() : 0;
  }
}
