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
 * @param registeredFiles how many files are registered, completed ones among them, with
 *     registeredBytes in all
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
    long registeredBytes,
    long completedFiles,
    long completedBytes,
    Instant createdAt,
    Instant activeAt,
    Instant finalizedAt,
    Sha256 manifestSha256,
    Long finalizedVersion) {
  /** The parent of a batch that was opened without one. */
  public static final String NO_PARENT = "0".repeat(26);

  /**
   * The next version, in which a file was registered.
   *
   * @param files how many more there are, 0 or 1
   * @param bytes how many more there are, or fewer
   */
  BatchState registered(int files, long bytes, Instant at) {
    return next(
        status,
        registeredFiles + files,
        Math.addExact(registeredBytes, bytes),
        completedFiles,
        completedBytes,
        at);
  }

  /** The next version, in which a file of this size was completed. */
  BatchState completed(long size, Instant at) {
    return next(
        status, registeredFiles, registeredBytes, completedFiles + 1, completedBytes + size, at);
  }

  /** The next version, in which a file of this size was completed no more. */
  BatchState reopened(long size, Instant at) {
    return next(
        status, registeredFiles, registeredBytes, completedFiles - 1, completedBytes - size, at);
  }

  /** The same version without its files. */
  BatchState emptied() {
    return new BatchState(
        id,
        sessionId,
        version,
        status,
        uploader,
        rootPath,
        parentPi,
        metadata,
        customPrompts,
        declaredFiles,
        declaredBytes,
        0,
        0,
        0,
        0,
        createdAt,
        activeAt,
        finalizedAt,
        manifestSha256,
        finalizedVersion);
  }

  /** The next version, in which a file of this size is not registered any more. */
  BatchState forgot(long size, Instant at) {
    return next(
        status, registeredFiles - 1, registeredBytes - size, completedFiles, completedBytes, at);
  }

  /** The next version, which declares what is completed. */
  BatchState amended(Instant at) {
    return new BatchState(
        id,
        sessionId,
        version + 1,
        status,
        uploader,
        rootPath,
        parentPi,
        metadata,
        customPrompts,
        completedFiles,
        completedBytes,
        registeredFiles,
        registeredBytes,
        completedFiles,
        completedBytes,
        createdAt,
        at,
        finalizedAt,
        manifestSha256,
        finalizedVersion);
  }

  /** The next version, which only stands elsewhere. */
  BatchState moved(BatchStatus there) {
    return next(there, registeredFiles, registeredBytes, completedFiles, completedBytes, activeAt);
  }

  /** The next version, which is the last that the uploader can make. */
  BatchState closed(Sha256 manifest, Instant at) {
    BatchState next = moved(BatchStatus.ENQUEUED);
    return new BatchState(
        id,
        sessionId,
        next.version,
        next.status,
        uploader,
        rootPath,
        parentPi,
        metadata,
        customPrompts,
        declaredFiles,
        declaredBytes,
        registeredFiles,
        registeredBytes,
        completedFiles,
        completedBytes,
        createdAt,
        activeAt,
        at,
        manifest,
        next.version);
  }

  private BatchState next(
      BatchStatus there,
      long registered,
      long registeredSize,
      long completed,
      long bytes,
      Instant active) {
    return new BatchState(
        id,
        sessionId,
        version + 1,
        there,
        uploader,
        rootPath,
        parentPi,
        metadata,
        customPrompts,
        declaredFiles,
        declaredBytes,
        registered,
        registeredSize,
        completed,
        bytes,
        createdAt,
        active,
        finalizedAt,
        manifestSha256,
        finalizedVersion);
  }
}
