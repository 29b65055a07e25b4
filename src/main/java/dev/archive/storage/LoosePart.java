package dev.archive.storage;

/**
 * A part that lies in a file of its own.
 *
 * @param name of that file
 * @param size in bytes
 * @param mark of its content, which does for an ETag
 */
public record LoosePart(String name, long size, String mark) {}
