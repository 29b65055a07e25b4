package dev.archive.model;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The one exception of ours: a code that machines act on, and a sentence that a person understands.
 */
public final class ArchiveException extends RuntimeException {
  private final ErrorCode code;
  private final String message;
  private final Map<String, Object> details;

  public ArchiveException(ErrorCode code, String message) {
    this(code, message, Map.of(), null);
  }

  public ArchiveException(ErrorCode code, String message, @Nullable Throwable cause) {
    this(code, message, Map.of(), cause);
  }

  /**
   * With details.
   *
   * @param details what helps to act on it, as JSON values by name; goes over the wire beside the
   *     message
   */
  public ArchiveException(
      ErrorCode code, String message, Map<String, Object> details, @Nullable Throwable cause) {
    super(message, cause);
    this.code = code;
    this.message = message;
    this.details = details;
  }

  /** The sentence; never null. */
  @Override
  public String getMessage() {
    return message;
  }

  public ErrorCode code() {
    return code;
  }

  public Map<String, Object> details() {
    return details;
  }
}
