package dev.archive.model;

import org.jspecify.annotations.Nullable;

/**
 * Every way to fail, said once for the wire, the log, the retry and the exit. A switch over it has
 * no default, so that a new way to fail does not compile until each of them has an answer.
 */
public enum ErrorCode {
  // Of a request, answered by the server.
  INVALID_REQUEST(400),
  NOT_UPLOADING(400),
  FILES_INCOMPLETE(400),
  NO_FILES(400),
  BODY_SIZE(400),
  /** A body that is not what its {@code Content-Digest} says: changed on the way. */
  BODY_DAMAGED(400),
  UNAUTHORIZED(401),
  FORBIDDEN(403),
  URL_EXPIRED(403),
  BATCH_NOT_FOUND(404),
  FILE_NOT_FOUND(404),
  NOT_FOUND(404),
  METHOD_NOT_ALLOWED(405),
  REQUEST_TIMEOUT(408),
  CONFLICT(409),
  BYTES_MISSING(409),
  CONTRACT_MISMATCH(409),
  VERSION_CONFLICT(412),
  TOO_LARGE(413),
  /** An owner would have more in the archive than it may. */
  QUOTA_EXCEEDED(413),
  RANGE_NOT_SATISFIABLE(416),
  FIXITY_MISMATCH(422),
  TOO_MANY_REQUESTS(429),
  INTERNAL(500),
  UNAVAILABLE(503),
  STORAGE_FULL(507),

  // Of the uploader's side; never sent.
  /** The command line or the settings make no sense. */
  USAGE(0),
  /** The server could not be reached: nothing was asked. */
  UNREACHABLE(0),
  /** A request went out and no answer came back: whether it took effect is unknown. */
  ANSWER_LOST(0),
  /** What answered does not speak the ingest API. */
  BAD_ANSWER(0),
  /** A local file or directory cannot be read, or has no name that can be sent. */
  SOURCE_UNREADABLE(0),
  /** A local file is not what it was when the batch was planned. */
  SOURCE_CHANGED(0),
  /** Some files could not be archived. */
  INCOMPLETE(0),
  /** The server's state differs from the plan and could not be brought to it. */
  STATE_DIFFERS(0),
  /** The work was done, and what it gives could not be written to where the caller wants it. */
  OUTPUT_FAILED(0),
  /** Another run, or another server, holds the lock. */
  LOCKED(0),
  /** A person or the system asked to stop. */
  INTERRUPTED(0),
  /** The time that the run was given is over. */
  TIMED_OUT(0),
  /** The server named a URL to which no bytes are sent. */
  UNSAFE_URL(0);

  private final int httpStatus;

  ErrorCode(int httpStatus) {
    this.httpStatus = httpStatus;
  }

  /**
   * The status code of an HTTP answer that says so; 0 where the code belongs to the uploader's side
   * alone.
   */
  public int httpStatus() {
    return httpStatus;
  }

  /** The code of this name that a server may answer with, or null where there is none. */
  public static @Nullable ErrorCode answered(String name) {
    for (ErrorCode code : values()) {
      if (code.name().equals(name) && code.httpStatus > 0) {
        return code;
      }
    }
    return null;
  }

  /** Whether the same request may succeed later without anybody changing anything. */
  public boolean retryable() {
    return switch (this) {
      case REQUEST_TIMEOUT,
          TOO_MANY_REQUESTS,
          INTERNAL,
          UNAVAILABLE,
          UNREACHABLE,
          ANSWER_LOST,
          STORAGE_FULL ->
          true;
      case INVALID_REQUEST,
          NOT_UPLOADING,
          FILES_INCOMPLETE,
          NO_FILES,
          BODY_SIZE,
          BODY_DAMAGED,
          UNAUTHORIZED,
          FORBIDDEN,
          URL_EXPIRED,
          BATCH_NOT_FOUND,
          FILE_NOT_FOUND,
          NOT_FOUND,
          METHOD_NOT_ALLOWED,
          CONFLICT,
          BYTES_MISSING,
          CONTRACT_MISMATCH,
          VERSION_CONFLICT,
          TOO_LARGE,
          QUOTA_EXCEEDED,
          RANGE_NOT_SATISFIABLE,
          FIXITY_MISMATCH,
          USAGE,
          BAD_ANSWER,
          SOURCE_UNREADABLE,
          SOURCE_CHANGED,
          INCOMPLETE,
          STATE_DIFFERS,
          OUTPUT_FAILED,
          LOCKED,
          INTERRUPTED,
          TIMED_OUT,
          UNSAFE_URL ->
          false;
    };
  }
}
