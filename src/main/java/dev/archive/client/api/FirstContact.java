package dev.archive.client.api;

import dev.archive.client.work.Deadline;
import dev.archive.client.work.Pause;
import dev.archive.client.work.Progress;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import java.util.random.RandomGenerator;

/** Asks a server who it is, before anything is sent to it. */
public final class FirstContact {
  private FirstContact() {}

  /**
   * What the server can.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE} where something else answers there
   */
  public static ServerTraits with(
      IngestApi api, String server, Pause pause, RandomGenerator random, Deadline deadline) {
    try {
      return ServerTraits.of(
          new RetryingIngestApi(
                  api, RetryPolicy.FIRST_CONTACT, pause, random, true, deadline, Progress.silent())
              .service());
    } catch (ArchiveException e) {
      if (e.code() == ErrorCode.BAD_ANSWER
          || e.code() == ErrorCode.NOT_FOUND
          || e.code() == ErrorCode.INVALID_REQUEST) {
        throw new ArchiveException(
            ErrorCode.USAGE,
            server + " does not speak the ingest API: " + e.getMessage() + "; check the URL",
            e);
      }
      if (e.code() == ErrorCode.ANSWER_LOST && server.startsWith("http:")) {
        throw new ArchiveException(
            e.code(), e.getMessage() + "; if it speaks TLS, its URL begins with https", e);
      }
      throw e;
    }
  }
}
