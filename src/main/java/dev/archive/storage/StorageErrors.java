package dev.archive.storage;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import java.io.IOException;
import java.nio.file.NotDirectoryException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a failing file system means for the request that met it. */
final class StorageErrors {
  private StorageErrors() {}

  /** What a disk or a quota that is used up means; the cause may be null. */
  static ArchiveException full(@Nullable IOException e) {
    return new ArchiveException(
        ErrorCode.STORAGE_FULL, "the archive's disk is full: nothing of this request was kept", e);
  }

  /** Java has no errno: the system's words are all there is to go by. */
  static ArchiveException translate(String doing, IOException e) {
    String message = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
    if (message.contains("no space left") || message.contains("quota exceeded")) {
      return full(e);
    }
    if (message.contains("file name too long")) {
      return new ArchiveException(
          ErrorCode.INVALID_REQUEST,
          "a name in the path is longer than the archive's file system allows",
          e);
    }
    if (e instanceof NotDirectoryException) {
      return new ArchiveException(
          ErrorCode.CONFLICT,
          "the archive's disk has something else where the path needs a directory",
          e);
    }
    if (message.contains("not a directory") || message.contains("is a directory")) {
      return new ArchiveException(
          ErrorCode.CONFLICT, "the path is both a file and a directory in this batch", e);
    }
    if (message.contains("read-only file system")) {
      return new ArchiveException(ErrorCode.UNAVAILABLE, "the archive's disk is read-only now", e);
    }
    return new ArchiveException(ErrorCode.INTERNAL, doing + " failed", e);
  }
}
