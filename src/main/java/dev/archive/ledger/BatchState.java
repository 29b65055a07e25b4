package dev.archive.ledger;

import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.Sha256;
import java.time.Instant;

/**
 * A batch at one version.
 *
 * @param version counts its changes, from 1
 * @param metadata JSON text or null, like customPrompts
 * @param declaredFiles what init promised, like declaredBytes
 * @param registeredFiles how many files are registered, completed ones among them
 * @param completedFiles how many are completed, with completedBytes in all
 * @param finalizedAt null before finalize, like manifestSha256 and finalizedVersion, the version
 *     that finalize made
 */
public record BatchState(
    BatchId id,
    String sessionId,
    long version,
    BatchStatus status,
    String uploader,
    String rootPath,
    String parentPi,
    String metadata,
    String customPrompts,
    long declaredFiles,
    long declaredBytes,
    long registeredFiles,
    long completedFiles,
    long completedBytes,
    Instant createdAt,
    Instant activeAt,
    Instant finalizedAt,
    Sha256 manifestSha256,
    Long finalizedVersion) {}
