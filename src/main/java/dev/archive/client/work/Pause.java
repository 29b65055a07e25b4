package dev.archive.client.work;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import java.time.Duration;

/** Waits; the only place on the uploader's side that does, so that tests need not. */
public interface Pause {
  /**
   * Lets the time pass.
   *
   * @throws ArchiveException {@link ErrorCode#INTERRUPTED}
   */
  void last(Duration time);

  /** The pause that really lasts. */
  static Pause real() {
    return time -> {
      try {
        Thread.sleep(time.toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new ArchiveException(ErrorCode.INTERRUPTED, "interrupted while waiting", e);
      }
    };
  }
}
