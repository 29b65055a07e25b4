package dev.archive.client.plan;

import dev.archive.model.ErrorCode;

/**
 * A file that could not be archived; it was told as a problem when it was met.
 *
 * @param name its path in the batch, or on the disk where it has none
 * @param reason a sentence
 */
public record Failure(String name, ErrorCode code, String reason) {}
