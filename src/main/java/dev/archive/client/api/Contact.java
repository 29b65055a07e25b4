package dev.archive.client.api;

import dev.archive.client.work.Deadline;
import dev.archive.client.work.Pause;
import dev.archive.client.work.WorkPool;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.random.RandomGenerator;

/**
 * The server of a run. It is asked who it is on a thread of its own, beside the walk: so neither
 * its distance nor the first call of a young process is waited for.
 */
public final class Contact implements AutoCloseable {
  private final Endpoint server;
  private final String version;
  private final int connections;
  private final Set<String> uploadHosts;
  private final Long bytesPerSecond;
  private final Duration silence;
  private final Deadline deadline;
  private final Clock clock;
  private final Pause pause;
  private final RandomGenerator random;
  private final WorkPool thread;
  private volatile HttpIngestApi http;
  private Future<Met> met;

  /**
   * Who answered.
   *
   * @param roundTrip what a small call takes
   * @param ahead how far the clock of this machine is ahead of the server's; null where it did not
   *     tell
   */
  public record Met(HttpIngestApi http, ServerTraits server, Duration roundTrip, Duration ahead) {}

  /**
   * A server that is not asked yet.
   *
   * @param version of the program, for the server's log
   * @param connections how many are used at once at the most
   * @param uploadHosts in lower case: hosts to which bytes may go wherever they are
   * @param bytesPerSecond the most bytes of files in a second, or null
   */
  public Contact(
      Endpoint server,
      String version,
      int connections,
      Set<String> uploadHosts,
      Long bytesPerSecond,
      Duration silence,
      Deadline deadline,
      Clock clock,
      Pause pause,
      RandomGenerator random) {
    this.server = server;
    this.version = version;
    this.connections = connections;
    this.uploadHosts = uploadHosts;
    this.bytesPerSecond = bytesPerSecond;
    this.silence = silence;
    this.deadline = deadline;
    this.clock = clock;
    this.pause = pause;
    this.random = random;
    this.thread = new WorkPool(1, "contact", this::stop, deadline);
  }

  /** Begins to ask, where that has not begun. */
  public void begin() {
    if (met == null) {
      met = thread.submit(this::meet);
    }
  }

  /**
   * Who is there.
   *
   * @throws dev.archive.model.ArchiveException as {@link FirstContact#with} does
   */
  public Met met() {
    begin();
    return thread.join(met);
  }

  private Met meet() {
    http =
        new HttpIngestApi(
            server,
            version,
            connections,
            silence,
            deadline,
            UploadUrls.of(server.url(), uploadHosts),
            bytesPerSecond);
    ServerTraits traits = FirstContact.with(http, server.url(), pause, random, deadline);
    Instant there = http.serverTime();
    Duration ahead = there == null ? null : Duration.between(there, clock.instant());
    return new Met(http, traits, http.roundTrip(), ahead);
  }

  /** Whether finalize was called. */
  public boolean mayHaveFinalized() {
    HttpIngestApi now = http;
    return now != null && now.mayHaveFinalized();
  }

  /** Breaks off what waits for the server, from any thread. */
  public void stop() {
    HttpIngestApi now = http;
    if (now != null) {
      now.stop();
    }
  }

  @Override
  public void close() {
    stop();
    thread.close();
    HttpIngestApi now = http;
    if (now != null) {
      now.close();
    }
  }
}
