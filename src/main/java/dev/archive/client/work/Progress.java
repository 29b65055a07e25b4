package dev.archive.client.work;

import dev.archive.model.BatchId;
import dev.archive.model.Excluded;
import java.nio.file.Path;
import java.util.List;

/** What a run tells while it goes on. Calls come from many threads. */
public interface Progress {
  /**
   * The plan stands.
   *
   * @param symlinks that were found and not followed
   * @param emptyDirectories that were found and have no place in a batch
   */
  void planned(long files, long bytes, long symlinks, List<Path> emptyDirectories);

  /** What is excluded, by rule; after {@link #planned}, where anything is. */
  void excluded(List<Excluded> byRule);

  /**
   * A name that is excluded, where only a plan was asked for.
   *
   * @param bytes of a regular file
   */
  void excludedName(String path, long bytes, String rule);

  /** A batch was opened or resumed. */
  void opened(BatchId batch, String server);

  /** The batch was begun by an earlier run, and holds this much already. */
  void resumed(long files, long bytes);

  /** Bytes went out; negative where some have to go again. */
  void sent(long bytes);

  /** A file is complete. */
  void completed();

  /** Something a person may want to know, in one line. */
  void note(String message);

  /** A file, or another thing, that stands between the run and its end, in one line. */
  void problem(String message);

  /** Tells nobody. */
  static Progress silent() {
    return new Progress() {
      @Override
      public void planned(long files, long bytes, long symlinks, List<Path> emptyDirectories) {}

      @Override
      public void excluded(List<Excluded> byRule) {}

      @Override
      public void excludedName(String path, long bytes, String rule) {}

      @Override
      public void opened(BatchId batch, String server) {}

      @Override
      public void resumed(long files, long bytes) {}

      @Override
      public void sent(long bytes) {}

      @Override
      public void completed() {}

      @Override
      public void note(String message) {}

      @Override
      public void problem(String message) {}
    };
  }
}
