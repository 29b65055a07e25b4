package dev.archive.storage;

/**
 * What a store says of a published object without reading it: as long as it says the same, by
 * {@code equals}, the bytes are the same. Any process that replaces the object, even by the same
 * bytes, or writes into it, changes it. An S3 implementation has the ETag together with the
 * version.
 */
public interface ObjectStamp {}
