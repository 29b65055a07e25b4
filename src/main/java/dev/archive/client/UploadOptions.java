package dev.archive.client;

import dev.archive.wire.RawJson;
import java.nio.file.Path;
import java.util.List;

/**
 * What a run is asked to do.
 *
 * @param sources directories and files
 * @param server URL of the server, without a slash at the end
 * @param uploader the name under which the batch is opened
 * @param rootPath where in the batch everything goes
 * @param metadata of the batch, or null
 * @param parallel files in flight, 1 or more
 * @param parallelParts parts of one large file in flight, 1 or more
 * @param dryRun whether to stop after the plan
 * @param version of the program, for the server's log
 */
public record UploadOptions(
    List<Path> sources,
    String server,
    String uploader,
    String rootPath,
    RawJson metadata,
    int parallel,
    int parallelParts,
    boolean dryRun,
    String version) {}
