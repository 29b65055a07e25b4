package dev.archive.client.run;

import dev.archive.client.api.Contact;
import dev.archive.client.api.Endpoint;
import dev.archive.client.work.Deadline;
import dev.archive.client.work.Pause;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;

/** Asks a server who it is, and nothing else. */
public final class ServerProbe {
  private static final Duration MAX_TIME = Duration.ofSeconds(20);

  private ServerProbe() {}

  /**
   * What answered.
   *
   * @param roundTrip what a small call takes
   * @param ahead how far the clock of this machine is ahead of the server's; null where it did not
   *     tell
   * @param capabilities beyond the base API, by the names of this program
   * @param archiveId null where it has none
   */
  public record Answer(
      Duration roundTrip, Duration ahead, List<String> capabilities, String archiveId) {}

  /**
   * Asks.
   *
   * @throws dev.archive.model.ArchiveException where no server of this kind answers in time
   */
  public static Answer of(Endpoint server, String version, Clock clock, RandomGenerator random) {
    try (Contact contact =
        new Contact(
            server,
            version,
            1,
            Set.of(),
            null,
            MAX_TIME,
            Deadline.in(MAX_TIME),
            clock,
            Pause.real(),
            random)) {
      Contact.Met met = contact.met();
      return new Answer(
          met.roundTrip(), met.ahead(), met.server().names(), met.server().archiveId());
    }
  }
}
