package dev.archive.client.work;

import dev.archive.model.BatchId;
import dev.archive.model.Excluded;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** What a run tells while it goes on. Calls come from many threads. */
public interface Progress {
  /** How long a server may say nothing before a call is given up, and made again. */
  Duration MAX_SILENCE = Duration.ofSeconds(60);

  /** What a run is doing. */
  enum Phase {
    /** Walking the sources. */
    SCANNING,
    /** Asking the server what it holds. */
    COMPARING,
    /** Sending bytes. */
    SENDING,
    /** Getting bytes back. */
    FETCHING,
    /** Reading bytes again. */
    CHECKING,
    /** Waiting for the server to finalize the batch. */
    FINALIZING
  }

  /** Another phase began; the same again says nothing new. */
  default void phase(Phase phase) {}

  /** One more file was found; the plan follows when all are. */
  default void scanned(long bytes) {}

  /**
   * A file, or a bundle, begins to be sent. Its bytes are told to the result and not to {@link
   * #sent}.
   *
   * @param name for people
   */
  default Transfer sending(String name, long bytes) {
    return new Transfer() {
      @Override
      public void accept(long count) {
        sent(count);
      }

      @Override
      public void close() {}
    };
  }

  /** A call failed, and is made again after a while. */
  default void retrying(String why, Duration delay) {}

  /**
   * The plan stands.
   *
   * @param symlinks that were found and not followed
   * @param emptyDirectories that were found and have no place in a batch
   */
  default void planned(long files, long bytes, long symlinks, List<Path> emptyDirectories) {}

  /** What is excluded, by rule; after {@link #planned}, where anything is. */
  default void excluded(List<Excluded> byRule) {}

  /**
   * A name that is excluded, where only a plan was asked for.
   *
   * @param bytes of a regular file
   */
  default void excludedName(String path, long bytes, String rule) {}

  /** A batch was opened or resumed. */
  default void opened(BatchId batch, String server) {}

  /** The batch was begun by an earlier run, and holds this much already. */
  default void resumed(long files, long bytes) {}

  /** Bytes went out; negative where some have to go again. */
  default void sent(long bytes) {}

  /** A file is complete. */
  default void completed() {}

  /** Something a person may want to know, in one line. */
  default void note(String message) {}

  /** A file, or another thing, that stands between the run and its end, in one line. */
  default void problem(String message) {}

  /** Tells nobody. */
  static Progress silent() {
    return new Progress() {};
  }
}
