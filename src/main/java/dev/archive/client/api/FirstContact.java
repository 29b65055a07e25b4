package dev.archive.client.api;

import dev.archive.client.work.Deadline;
import dev.archive.client.work.Pause;
import dev.archive.client.work.Progress;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import java.util.random.RandomGenerator;

/** Asks a server who it is, before anything is sent to it. */
public final class FirstContact {
  /** How often an answer that cannot be read is asked for: a network may have damaged one. */
  private static final int MAX_TRIES = 3;

  private FirstContact() {}

  /**
   * What the server can.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE} where something else answers there
   */
  public static ServerTraits with(
      IngestApi api, String server, Pause pause, RandomGenerator random, Deadline deadline) {
    IngestApi asking =
        new RetryingIngestApi(
            api, RetryPolicy.FIRST_CONTACT, pause, random, true, deadline, Progress.silent());
    for (int tries = 1; ; tries++) {
      try {
        return ServerTraits.of(asking.service());
      } catch (ArchiveException e) {
        if (e.code() != ErrorCode.BAD_ANSWER || tries == MAX_TRIES) {
          throw translated(e, server);
        }
      }
    }
  }

  private static ArchiveException translated(ArchiveException e, String server) {
    return switch (e.code()) {
      case BAD_ANSWER, NOT_FOUND, INVALID_REQUEST ->
          new ArchiveException(
              ErrorCode.USAGE,
              server + " does not speak the ingest API: " + e.getMessage() + "; check the URL",
              e);
      default -> e;
    };
  }
}
