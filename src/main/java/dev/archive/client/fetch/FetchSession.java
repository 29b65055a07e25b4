package dev.archive.client.fetch;

import dev.archive.client.api.Contact;
import dev.archive.client.api.Endpoint;
import dev.archive.client.api.HttpIngestApi;
import dev.archive.client.api.IngestApi;
import dev.archive.client.api.RetryPolicy;
import dev.archive.client.api.RetryingIngestApi;
import dev.archive.client.work.Deadline;
import dev.archive.client.work.Pause;
import dev.archive.client.work.Progress;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import java.time.Clock;
import java.time.Duration;
import java.util.Set;
import java.util.random.RandomGenerator;

/** A server from which files are fetched, and how long that may take. */
public final class FetchSession implements AutoCloseable {
  private final String server;
  private final Contact contact;
  private final Deadline deadline;
  private final Progress progress;
  private final RandomGenerator random;

  /**
   * A session that asks nothing yet.
   *
   * @param connections how many are used at once
   * @param timeout for all of it; null for none
   */
  public FetchSession(
      Endpoint server,
      String version,
      int connections,
      Duration timeout,
      Progress progress,
      Clock clock,
      RandomGenerator random) {
    this.server = server.url();
    this.deadline = Deadline.in(timeout);
    this.progress = progress;
    this.random = random;
    this.contact =
        new Contact(
            server,
            version,
            connections,
            Set.of(),
            null,
            HttpIngestApi.SILENCE,
            deadline,
            clock,
            Pause.real(),
            random);
  }

  /**
   * The calls.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE} where the server does not give back what it
   *     stores
   */
  IngestApi api() {
    Contact.Met met = contact.met();
    if (!met.server().content()) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "this server does not give back the files that it stores; nothing was fetched. Copy them"
              + " from the bag of the batch on the server's machine");
    }
    return new RetryingIngestApi(
        met.http(), RetryPolicy.NORMAL, Pause.real(), random, true, deadline, progress);
  }

  String server() {
    return server;
  }

  Deadline deadline() {
    return deadline;
  }

  Progress progress() {
    return progress;
  }

  /** Breaks off what waits for the server, from any thread. */
  public void stop() {
    contact.stop();
  }

  @Override
  public void close() {
    contact.close();
  }
}
