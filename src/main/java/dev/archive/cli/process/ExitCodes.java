package dev.archive.cli.process;

import dev.archive.client.plan.Failure;
import dev.archive.model.Defect;
import dev.archive.model.ErrorCode;
import dev.archive.server.audit.AuditTotals;
import java.util.List;

/**
 * What the process ends with. Scripts rely on it: any code that is not in the manual's table is a
 * failure.
 */
public final class ExitCodes {
  /** Everything is archived and receipted, or already was. */
  public static final int OK = 0;

  public static final int UNEXPECTED = 1;
  public static final int USAGE = 2;

  /** Some files could not be archived; nothing was finalized. */
  public static final int INCOMPLETE = 3;

  /** The server's state differs from the plan, or verify found differences. */
  public static final int DIFFERENT = 4;

  /** The server could not be reached or kept failing: run again. */
  static final int TEMPORARY = 5;

  /** Bytes differ from their digest. */
  public static final int FIXITY = 6;

  /** All was done, but what was to be printed or written could not be. */
  public static final int OUTPUT_FAILED = 7;

  /** Another run holds the lock. */
  static final int LOCKED = 11;

  static final int UNAUTHORIZED = 12;
  static final int INTERRUPTED = 130;

  private ExitCodes() {}

  /** The exit code of a run that ended with this error. */
  public static int of(ErrorCode code) {
    return switch (code) {
      case USAGE, INVALID_REQUEST, NOT_FOUND, METHOD_NOT_ALLOWED -> USAGE;
      case SOURCE_UNREADABLE, SOURCE_CHANGED, INCOMPLETE, TOO_LARGE -> INCOMPLETE;
      case STATE_DIFFERS,
          BATCH_NOT_FOUND,
          FILES_INCOMPLETE,
          NO_FILES,
          NOT_UPLOADING,
          FILE_NOT_FOUND,
          CONFLICT,
          BYTES_MISSING,
          CONTRACT_MISMATCH,
          VERSION_CONFLICT,
          RANGE_NOT_SATISFIABLE,
          UNSAFE_URL ->
          DIFFERENT;
      case UNREACHABLE,
          ANSWER_LOST,
          BAD_ANSWER,
          REQUEST_TIMEOUT,
          TOO_MANY_REQUESTS,
          UNAVAILABLE,
          STORAGE_FULL,
          QUOTA_EXCEEDED,
          INTERNAL,
          BODY_SIZE,
          BODY_DAMAGED,
          TIMED_OUT ->
          TEMPORARY;
      case FIXITY_MISMATCH -> FIXITY;
      case OUTPUT_FAILED -> OUTPUT_FAILED;
      case LOCKED -> LOCKED;
      case UNAUTHORIZED, FORBIDDEN, URL_EXPIRED -> UNAUTHORIZED;
      case INTERRUPTED -> INTERRUPTED;
    };
  }

  /**
   * The exit code of an audit, the gravest first: bytes that differ or cannot be read, then what is
   * missing or extra.
   */
  public static int of(AuditTotals totals) {
    if (totals.of(Defect.ALTERED) + totals.of(Defect.UNREADABLE) > 0) {
      return FIXITY;
    }
    return totals.of(Defect.MISSING) + totals.of(Defect.EXTRA) > 0 ? DIFFERENT : OK;
  }

  /** Of two, the graver one: fixity, then differences, then files that are not there yet. */
  public static int graver(int one, int other) {
    for (int each : new int[] {FIXITY, DIFFERENT, INCOMPLETE}) {
      if (one == each || other == each) {
        return each;
      }
    }
    return OK;
  }

  /**
   * The exit code of a fetch in which these files failed: bytes that differ, then bytes that the
   * server has lost, then what is in the way here.
   */
  public static int ofFetch(List<Failure> failures) {
    int exit = OK;
    for (Failure each : failures) {
      int own = of(each.code());
      exit = graver(exit, own == FIXITY || own == DIFFERENT ? own : INCOMPLETE);
    }
    return exit;
  }

  /**
   * The exit code of a run in which these files failed: fixity before all, for it is the gravest.
   */
  public static int ofFiles(List<Failure> failures) {
    return failures.stream().anyMatch(each -> each.code() == ErrorCode.FIXITY_MISMATCH)
        ? FIXITY
        : INCOMPLETE;
  }
}
