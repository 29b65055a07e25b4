package dev.archive.ledger;

import java.time.Instant;

/**
 * How much of the archive waits for something.
 *
 * @param open batches that are not finalized
 * @param messages about finalized batches that are not delivered, and not given up
 * @param oldest when the batch of the oldest of these messages was finalized, or null
 */
public record Standing(long open, long messages, Instant oldest) {}
