package dev.archive.client.api;

import dev.archive.model.ErrorCode;

/** Tells failures that end a run from those of one file, which leave the other files to be sent. */
public final class RunFailures {
  private RunFailures() {}

  /** Whether a failure is not of one file but of the run. */
  public static boolean endsTheRun(ErrorCode code) {
    return switch (code) {
      case UNAUTHORIZED,
          BATCH_NOT_FOUND,
          NOT_UPLOADING,
          NOT_FOUND,
          METHOD_NOT_ALLOWED,
          REQUEST_TIMEOUT,
          TOO_MANY_REQUESTS,
          INTERNAL,
          UNAVAILABLE,
          STORAGE_FULL,
          QUOTA_EXCEEDED,
          UNREACHABLE,
          ANSWER_LOST,
          BAD_ANSWER,
          USAGE,
          LOCKED,
          OUTPUT_FAILED,
          INTERRUPTED,
          TIMED_OUT,
          UNSAFE_URL ->
          true;
      case INVALID_REQUEST,
          FILES_INCOMPLETE,
          NO_FILES,
          BODY_SIZE,
          BODY_DAMAGED,
          FORBIDDEN,
          URL_EXPIRED,
          FILE_NOT_FOUND,
          CONFLICT,
          BYTES_MISSING,
          CONTRACT_MISMATCH,
          VERSION_CONFLICT,
          TOO_LARGE,
          RANGE_NOT_SATISFIABLE,
          FIXITY_MISMATCH,
          SOURCE_UNREADABLE,
          SOURCE_CHANGED,
          INCOMPLETE,
          STATE_DIFFERS ->
          false;
    };
  }
}
