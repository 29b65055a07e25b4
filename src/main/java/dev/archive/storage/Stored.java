package dev.archive.storage;

import dev.archive.model.Sha256;
import org.jspecify.annotations.Nullable;

/**
 * An object's size and digest as this store wrote or read it.
 *
 * @param size in bytes
 */
public record Stored(long size, @Nullable Sha256 sha256) {}
