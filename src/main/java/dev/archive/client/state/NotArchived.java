package dev.archive.client.state;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * One name that was to be archived and is not.
 *
 * @param file where it lies; null where this run did not find it
 * @param reason in words, with the name
 */
public record NotArchived(@Nullable Path file, String reason) {}
