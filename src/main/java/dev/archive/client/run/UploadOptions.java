package dev.archive.client.run;

import dev.archive.client.api.Endpoint;
import dev.archive.client.state.Trust;
import dev.archive.source.Filters;
import dev.archive.source.OwnPlaces;
import dev.archive.wire.RawJson;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * What a run is asked to do.
 *
 * @param sources directories and files
 * @param server where it answers and what it is called
 * @param uploader the name under which the batch is opened
 * @param rootPath where in the batch everything goes
 * @param metadata of the batch, or null
 * @param parallel files in flight, 1 or more
 * @param parallelParts parts of one large file in flight, 1 or more
 * @param bytesPerSecond the most bytes of files that are sent in a second, or null
 * @param repeat what is taken from earlier runs
 * @param allow what it may end without
 * @param waitForLock how long to wait for a run of the same sources; zero not to
 * @param timeout of the whole run, or null
 * @param version of the program, for the server's log
 * @param filters what of the sources is archived
 * @param own what of this program is left out where it lies inside a source
 */
public record UploadOptions(
    List<Path> sources,
    Server server,
    String uploader,
    String rootPath,
    RawJson metadata,
    int parallel,
    int parallelParts,
    Long bytesPerSecond,
    Repeat repeat,
    Allow allow,
    Duration waitForLock,
    Duration timeout,
    String version,
    OwnPlaces own,
    Filters filters) {

  /** How many connections are used at once at the most. */
  int connections() {
    return parallel * (1 + parallelParts);
  }

  /**
   * A server.
   *
   * @param name the same in every process and for every URL: it tells runs apart
   */
  public record Server(Endpoint endpoint, String name) {}

  /**
   * What a run takes from earlier ones.
   *
   * @param state where their journals lie
   * @param again to make a new batch even if nothing changed since the last
   * @param rehash to read every file again, even if it seems unchanged
   * @param trust by what a file is known that was read before
   */
  public record Repeat(Path state, boolean again, boolean rehash, Trust trust) {}

  /**
   * What a run may end without.
   *
   * @param empty to take sources without any file for a success
   * @param skipped to finalize without the files that cannot be archived, and name them in the
   *     batch
   * @param unportableNames to archive names that other tools stumble over
   * @param uploadHosts in lower case: hosts to which bytes may go wherever they are
   */
  public record Allow(
      boolean empty, boolean skipped, boolean unportableNames, Set<String> uploadHosts) {
    /** With all names, without hosts. */
    public Allow(boolean empty, boolean skipped) {
      this(empty, skipped, true, Set.of());
    }
  }
}
