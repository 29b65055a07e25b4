package dev.archive.client.state;

import dev.archive.model.BatchId;
import org.jspecify.annotations.Nullable;

/**
 * What the journal knows of the last run.
 *
 * @param batch null where none was opened
 * @param receipted whether it ended with a receipt
 * @param archive the id of the archive that holds the batch, or null
 */
public record LastRun(@Nullable BatchId batch, boolean receipted, @Nullable String archive) {}
