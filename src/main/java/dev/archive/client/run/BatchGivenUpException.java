package dev.archive.client.run;

import java.util.List;

/** That a batch of a server without versions cannot be brought to the plan any more. */
final class BatchGivenUpException extends Exception {
  private static final long serialVersionUID = 1;
  private static final int MAX_NAMED = 20;

  private final Reason reason;
  private final transient List<String> differences;

  /** Why, which decides what helps. */
  enum Reason {
    /** The parts of a file were not assembled, or nothing tells whether they were. */
    ASSEMBLY,
    /** The server answers with errors. */
    ERRORS,
    /** So does finalize: whether the batch was finalized is unknown. */
    FINALIZE,
    /** Its state differs from the plan. */
    STATE
  }

  /**
   * Gives a batch up.
   *
   * @param differences one sentence each, at least one; the message has the first 20
   */
  BatchGivenUpException(Reason reason, List<String> differences) {
    super(String.join("; ", differences.subList(0, Math.min(MAX_NAMED, differences.size()))));
    this.reason = reason;
    this.differences = differences;
  }

  Reason reason() {
    return reason;
  }

  List<String> differences() {
    return differences;
  }
}
