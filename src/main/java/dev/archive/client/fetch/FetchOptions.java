package dev.archive.client.fetch;

import dev.archive.model.BatchId;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;

/**
 * What is fetched, and where to.
 *
 * @param paths files and directories of the batch; none for all
 * @param bag whether the target becomes a bag, with its tag files
 * @param overwrite whether files that differ are replaced
 * @param attributes whether dates, modes, directories and symlinks are restored
 * @param forbidden tells directories into which nothing is put
 * @param parallel how many calls are made at once
 */
public record FetchOptions(
    BatchId batch,
    List<String> paths,
    Path target,
    boolean bag,
    boolean overwrite,
    boolean attributes,
    Predicate<Path> forbidden,
    int parallel) {}
