package dev.archive.client.state;

import dev.archive.model.BatchId;
import dev.archive.wire.RawJson;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An interrupted run, or one that another process runs: what it takes to run it again.
 *
 * @param id of the run on this machine: 32 hex digits
 * @param server the server's name
 * @param sources as real, absolute paths
 * @param rootPath where in the batch everything goes
 * @param uploader the name under which the batch is opened
 * @param filters what of the sources is archived, as options of the command line
 * @param metadata of the batch, or null
 * @param allowSkipped whether its batch may be finalized without the files that fail
 * @param batch null where it was interrupted before the server named one
 * @param lastActive when its journal was last written
 */
public record UnfinishedRun(
    String id,
    String server,
    List<Path> sources,
    String rootPath,
    String uploader,
    List<String> filters,
    @Nullable RawJson metadata,
    boolean allowSkipped,
    @Nullable BatchId batch,
    Instant lastActive) {

  /** The sources that do not exist any more. */
  public List<Path> vanished() {
    return sources.stream().filter(Files::notExists).toList();
  }
}
