package dev.archive.testing;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * The one document in which existing deployments keep a whole batch, all its files included. It is
 * immutable, so that a call which has read it holds an old state, as one that parsed JSON does.
 *
 * @param version counts the writes where a deployment keeps a version, else stays 0
 * @param enqueuedAt null while the batch is uploading
 * @param customPrompts null where init named none
 */
public record BatchDocument(
    long version,
    String batchId,
    String sessionId,
    String status,
    String uploader,
    String rootPath,
    String parentPi,
    long fileCount,
    long totalSize,
    String createdAt,
    String enqueuedAt,
    JsonNode metadata,
    JsonNode customPrompts,
    List<FileEntry> files) {

  static final String UPLOADING = "uploading";
  static final String ENQUEUED = "enqueued";

  /**
   * A registered file.
   *
   * @param processingConfig null where start named none
   * @param uploadId null for an upload in one piece
   * @param cid null where start named none
   * @param completedAt null until complete was called
   */
  public record FileEntry(
      String r2Key,
      String fileName,
      long fileSize,
      String logicalPath,
      String contentType,
      JsonNode processingConfig,
      String uploadId,
      String cid,
      String completedAt) {

    public boolean completed() {
      return completedAt != null;
    }

    boolean multipart() {
      return uploadId != null;
    }

    FileEntry completed(String at) {
      return new FileEntry(
          r2Key, fileName, fileSize, logicalPath, contentType, processingConfig, uploadId, cid, at);
    }
  }

  /**
   * The place of the first file with this key, so that a second one of the same key is never it.
   */
  int indexOf(String r2Key) {
    for (int i = 0; i < files.size(); i++) {
      if (files.get(i).r2Key().equals(r2Key)) {
        return i;
      }
    }
    return -1;
  }

  /** Adds the file, without looking whether it is there already. */
  BatchDocument plus(FileEntry file) {
    List<FileEntry> more = new ArrayList<>(files);
    more.add(file);
    return copy(version, status, enqueuedAt, more);
  }

  BatchDocument completed(int index, String at) {
    List<FileEntry> changed = new ArrayList<>(files);
    changed.set(index, files.get(index).completed(at));
    return copy(version, status, enqueuedAt, changed);
  }

  BatchDocument enqueued(String at) {
    return copy(version, ENQUEUED, at, files);
  }

  BatchDocument nextVersion() {
    return copy(version + 1, status, enqueuedAt, files);
  }

  private BatchDocument copy(
      long newVersion, String newStatus, String newEnqueuedAt, List<FileEntry> newFiles) {
    return new BatchDocument(
        newVersion,
        batchId,
        sessionId,
        newStatus,
        uploader,
        rootPath,
        parentPi,
        fileCount,
        totalSize,
        createdAt,
        newEnqueuedAt,
        metadata,
        customPrompts,
        List.copyOf(newFiles));
  }
}
