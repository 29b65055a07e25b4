package dev.archive.model;

import org.jspecify.annotations.Nullable;

/**
 * Errors that end the process, because nobody knows what they stopped: out of memory, in the heap,
 * for classes, or for a new thread. Code that catches all errors hands them here first.
 */
public final class FatalErrors {
  /** Causes are not followed for ever, for they may form a ring. */
  private static final int MAX_CAUSES = 16;

  private FatalErrors() {}

  /**
   * The error of this kind among a failure and its causes, or null.
   *
   * @param failure may be null
   */
  public static @Nullable OutOfMemoryError in(@Nullable Throwable failure) {
    Throwable each = failure;
    for (int i = 0; each != null && i < MAX_CAUSES; i++) {
      if (each instanceof OutOfMemoryError fatal) {
        return fatal;
      }
      each = each.getCause();
    }
    return null;
  }

  /**
   * Hands an error of this kind, if there is one, to the thread's handler of uncaught errors. That
   * of the program ends the process; with another one this returns.
   */
  public static void report(@Nullable Throwable failure) {
    OutOfMemoryError fatal = in(failure);
    if (fatal != null) {
      Thread thread = Thread.currentThread();
      thread.getUncaughtExceptionHandler().uncaughtException(thread, fatal);
    }
  }
}
