package dev.archive.storage;

import org.jspecify.annotations.Nullable;

/**
 * A piece of a large object.
 *
 * @param name of the loose part that it is; null where it lies at its place among the others
 * @param offset of that place; 0 in a loose part
 * @param size in bytes
 * @param mark of its content
 */
public record Piece(@Nullable String name, long offset, long size, String mark) {}
