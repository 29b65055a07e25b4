package dev.archive.client.fetch;

import dev.archive.bagit.PayloadManifest;
import dev.archive.client.api.IngestApi;
import dev.archive.client.api.StatusPages;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import dev.archive.model.Text;
import dev.archive.wire.Messages.FileStatus;
import dev.archive.wire.Messages.StatusHead;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/** A finalized batch with all its files, by path, proved by what finalize recorded of them. */
final class StoredBatch {
  /** What is said where attributes cannot be used. */
  static final String CONTENT_ALONE =
      "nothing was fetched. Fetch the content alone with --no-attributes";

  private final BatchId id;
  private final StatusHead head;
  private final NavigableMap<LogicalPath, StoredFile> files;
  private final Sha256 manifest;

  private StoredBatch(
      BatchId id, StatusHead head, NavigableMap<LogicalPath, StoredFile> files, Sha256 manifest) {
    this.id = id;
    this.head = head;
    this.files = files;
    this.manifest = manifest;
  }

  /**
   * Asks a server for it.
   *
   * @throws ArchiveException {@link ErrorCode#BATCH_NOT_FOUND}; {@link ErrorCode#INCOMPLETE} where
   *     it is not finalized; {@link ErrorCode#STATE_DIFFERS} where the files are not those that
   *     were finalized
   */
  static StoredBatch of(IngestApi api, BatchId id) {
    NavigableMap<LogicalPath, StoredFile> files = new TreeMap<>();
    StatusHead head = read(api, id, files);
    requireFinalized(id, head);
    Sha256 manifest = manifest(files.values());
    if (!manifest.hex().equals(head.manifestSha256())) {
      throw differs("its list of files is not the one that was finalized", null);
    }
    return new StoredBatch(id, head, files, manifest);
  }

  private static StatusHead read(
      IngestApi api, BatchId id, NavigableMap<LogicalPath, StoredFile> files) {
    try {
      return new StatusPages(api, id, Long.MAX_VALUE)
          .read(
              0,
              page ->
                  page.forEach(
                      file -> {
                        StoredFile stored = stored(file);
                        files.put(stored.path(), stored);
                      }));
    } catch (ArchiveException e) {
      if (e.code() == ErrorCode.STATE_DIFFERS) {
        // Of files that are still uploading, nobody knows the digests.
        requireFinalized(id, api.summary(id));
      }
      throw e;
    }
  }

  private static StoredFile stored(FileStatus file) {
    try {
      if (file.sha256() == null || file.fileSize() == null) {
        throw differs("it has no digest of " + Text.quote(file.logicalPath()), null);
      }
      return new StoredFile(
          LogicalPath.parse(file.logicalPath()), file.fileSize(), Sha256.parse(file.sha256()));
    } catch (ArchiveException e) {
      throw e.code() == ErrorCode.STATE_DIFFERS ? e : differs(e.getMessage(), e);
    }
  }

  private static ArchiveException differs(String how, ArchiveException cause) {
    return new ArchiveException(
        ErrorCode.STATE_DIFFERS,
        "the server's state of the batch cannot be trusted: " + how + "; nothing was fetched",
        cause);
  }

  private static void requireFinalized(BatchId id, StatusHead head) {
    boolean finalized;
    try {
      finalized = BatchStatus.parse(head.status()).isFinalized();
    } catch (ArchiveException e) {
      finalized = false;
    }
    if (!finalized) {
      throw new ArchiveException(
          ErrorCode.INCOMPLETE,
          "batch "
              + id
              + " ("
              + Text.brief(head.status())
              + ") is not finalized; nothing was fetched");
    }
  }

  private static Sha256 manifest(Collection<StoredFile> files) {
    PayloadManifest manifest = PayloadManifest.digestOnly();
    try {
      for (StoredFile file : files) {
        manifest.add(file.path(), file.sha256());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("nothing is written", e);
    }
    return manifest.finish();
  }

  BatchId id() {
    return id;
  }

  StatusHead head() {
    return head;
  }

  /** Over the whole batch. */
  Sha256 manifest() {
    return manifest;
  }

  /** All files by path. */
  Collection<StoredFile> files() {
    return files.values();
  }

  /**
   * The files at or below some paths.
   *
   * @param paths with or without a slash at the beginning; none for all files
   * @param others tells other names that the batch has
   * @throws ArchiveException {@link ErrorCode#FILE_NOT_FOUND} where one of them names nothing
   */
  Set<LogicalPath> select(List<String> paths, Predicate<String> others) {
    Set<LogicalPath> selected = new HashSet<>();
    if (paths.isEmpty()) {
      selected.addAll(files.keySet());
    }
    for (String text : paths) {
      String path = normal(text);
      if (path.equals("/")) {
        selected.addAll(files.keySet());
        continue;
      }
      LogicalPath parsed = parse(path);
      if (files.containsKey(parsed)) {
        selected.add(parsed);
      } else {
        boolean found = others.test(path);
        for (LogicalPath each : files.tailMap(parsed).keySet()) {
          String candidate = each.toString();
          if (candidate.startsWith(path + "/")) {
            found = true;
            selected.add(each);
          } else if (!candidate.startsWith(path)) {
            break;
          }
        }
        if (!found) {
          throw new ArchiveException(
              ErrorCode.FILE_NOT_FOUND,
              "batch "
                  + id
                  + " has no file or directory "
                  + Text.quote(text)
                  + "; nothing was fetched");
        }
      }
    }
    return selected;
  }

  private static String normal(String path) {
    return path.replaceFirst("^/*", "/").replaceFirst("(?<=.)/+$", "");
  }

  /** Whether a path is one of some, or below one; none are all. */
  static boolean isSelected(String path, List<String> paths) {
    return paths.isEmpty()
        || paths.stream()
            .map(StoredBatch::normal)
            .anyMatch(each -> each.equals("/") || path.equals(each) || path.startsWith(each + "/"));
  }

  /**
   * One file.
   *
   * @throws ArchiveException {@link ErrorCode#FILE_NOT_FOUND}
   */
  StoredFile file(String text) {
    StoredFile file = files.get(parse(text.replaceFirst("^/*", "/")));
    if (file == null) {
      throw new ArchiveException(
          ErrorCode.FILE_NOT_FOUND, "batch " + id + " has no file " + Text.quote(text));
    }
    return file;
  }

  private static LogicalPath parse(String text) {
    try {
      return LogicalPath.parse(text);
    } catch (ArchiveException e) {
      throw new ArchiveException(ErrorCode.USAGE, e.getMessage() + "; nothing was fetched", e);
    }
  }
}
