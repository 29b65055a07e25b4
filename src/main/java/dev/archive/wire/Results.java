package dev.archive.wire;

import dev.archive.model.Result;
import java.util.List;

/**
 * The answer of a call about many files: what came of each, in the order in which they were named.
 * An element that failed has {@code error} and {@code code} as a call of its own would.
 *
 * @param version of the batch afterwards
 */
public record Results<T>(List<Result<T>> files, Long version) {}
