package dev.archive.model;

import org.jspecify.annotations.Nullable;

/**
 * What an uploader may keep for the years: that the batch holds exactly the files of the plan.
 *
 * @param batchId the batch
 * @param version its version right after finalize, or null from a server that has none
 * @param files how many files it holds
 * @param bytes how many bytes they have in all
 * @param manifestSha256 the digest of the bag's {@code manifest-sha256.txt} (RFC 8493)
 * @param status what the server called the batch after finalize
 * @param server the server's URL
 * @param attributesSha256 the digest of the bag's {@code attributes.jsonl}; null where the batch
 *     has none
 */
public record Receipt(
    BatchId batchId,
    @Nullable Long version,
    long files,
    long bytes,
    Sha256 manifestSha256,
    BatchStatus status,
    String server,
    @Nullable Sha256 attributesSha256) {}
