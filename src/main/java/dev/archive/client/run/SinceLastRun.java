package dev.archive.client.run;

import dev.archive.client.state.LastRun;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;

/**
 * Decides what a run does that finds the journal of an earlier one: nothing, because all is
 * archived and the server still holds it; go on with its batch; or begin a new one. "Unchanged" is
 * never a local opinion: the server is asked who it is, and in one call what it says of the batch.
 *
 * <p>The rows are tried in this order. The request is metadata, root path, uploader and sources;
 * root path, uploader and sources have a journal of their own for each value.
 *
 * <pre>
 * journal     archive        request   server says of the batch  the run
 * ----------  -------------  --------  ------------------------  ------------------------------------
 * none        any            any       (not asked)               begins
 * any         another id     any       (not asked)               ends with 4; with --again: begins
 * unfinished  same, unknown  changed   (not asked)               begins
 * unfinished  same, unknown  the same  (asked when it goes on)   resumes
 * receipt     same, unknown  any       (not asked)               with --again: begins
 * receipt     same, unknown  changed   (not asked)               begins
 * receipt     same           the same  lost                      says so, begins
 * receipt     unknown        the same  lost                      ends with 4
 * receipt     same, unknown  the same  aborted                   ends with 4
 * receipt     same, unknown  the same  differs                   ends with 4
 * receipt     same, unknown  the same  held                      reads what its stamps do not prove:
 *                                                                the same bytes: unchanged; else begins
 * receipt     same, unknown  the same  cannot be asked           the same, and says so
 * </pre>
 *
 * <p>A server that cannot be reached ends the run with 5. What was lost is lost by the archive that
 * took it: with an unknown archive the reason may as well be a wrong server or a disk that is not
 * mounted, and nothing is sent there without being told.
 */
final class SinceLastRun {
  private SinceLastRun() {}

  /** What the run does. */
  enum Next {
    BEGIN,
    RESUME,
    UNCHANGED
  }

  /** What the server says of a batch that has a receipt. */
  enum Held {
    /** It is finalized with the receipt's manifest, at its version or a later one. */
    HELD,
    /** There is no such batch, or an older state of it. */
    LOST,
    /** It was given up. */
    ABORTED,
    /** It holds something else. */
    DIFFERS,
    /** The server has no call to ask. */
    CANNOT_TELL
  }

  /** What is asked, each at most once and only where it counts. */
  interface Evidence {
    /** The id of the server's archive, or null where it tells none. */
    String archive();

    /** Whether metadata, paths and sizes are those of the last run. */
    boolean sameRequest();

    /** What the server says of the last run's batch. */
    Held held();

    /** Whether the server is shown a token, and so tells of the batches of its owner alone. */
    boolean showsToken();

    /** Whether the bytes of all files are those of the receipt. */
    boolean sameBytes();

    /** Tells a person. */
    void note(String message);
  }

  /**
   * Decides.
   *
   * @param last null where there was none
   * @throws ArchiveException {@link ErrorCode#STATE_DIFFERS}, with what to do next
   */
  static Next decide(LastRun last, boolean again, Evidence evidence) {
    if (last == null) {
      return Next.BEGIN;
    }
    boolean sameArchive = isSameArchive(last, again, evidence);
    if (again && (last.receipted() || last.archive() != null && !sameArchive)) {
      return Next.BEGIN;
    }
    if (!evidence.sameRequest()) {
      return Next.BEGIN;
    }
    if (!last.receipted()) {
      return Next.RESUME;
    }
    switch (evidence.held()) {
      case HELD -> {}
      case CANNOT_TELL ->
          evidence.note(
              "this server cannot be asked what it holds: that batch "
                  + last.batch()
                  + " is still there was not checked");
      case LOST -> {
        if (!sameArchive) {
          throw differs(
              "the server does not hold batch "
                  + last.batch()
                  + " of the last run, and does not tell whether it is the same archive");
        }
        evidence.note(
            evidence.showsToken()
                ? "the archive does not show batch "
                    + last.batch()
                    + " of the last run: it belongs to the owner of another token, or is lost."
                    + " Archiving everything again in a new batch"
                : "the archive has lost batch "
                    + last.batch()
                    + " of the last run: archiving everything again in a new batch");
        return Next.BEGIN;
      }
      case ABORTED -> throw differs("batch " + last.batch() + " of the last run was aborted");
      case DIFFERS ->
          throw differs("batch " + last.batch() + " on the server is not what its receipt says");
    }
    return evidence.sameBytes() ? Next.UNCHANGED : Next.BEGIN;
  }

  /** Whether it is proved; false where one of the two is not known, or with --again. */
  private static boolean isSameArchive(LastRun last, boolean again, Evidence evidence) {
    if (last.archive() == null) {
      return false;
    }
    String now = evidence.archive();
    if (now != null && !now.equals(last.archive()) && !again) {
      throw differs(
          "the server is another archive ("
              + now
              + ") than the one of the last run ("
              + last.archive()
              + "): a wrong server, or a disk that is not mounted?");
    }
    return last.archive().equals(now);
  }

  private static ArchiveException differs(String what) {
    return new ArchiveException(
        ErrorCode.STATE_DIFFERS,
        what + "; nothing was sent. Check the server, or archive there all the same with --again");
  }
}
