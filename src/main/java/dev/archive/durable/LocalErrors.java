package dev.archive.durable;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.List;
import java.util.Locale;

/** What a failure of this machine's file system means: in words, and whether it may pass. */
public final class LocalErrors {
  /**
   * Java has no errno: the system's words are all there is to go by. EMFILE, ENFILE, ENOMEM,
   * EAGAIN, ENOSPC and EDQUOT are of the machine, not of the file at which they are met. EIO is not
   * among them: it is of the file, and comes again.
   */
  private static final List<String> TEMPORARY =
      List.of(
          "too many open files",
          "cannot allocate memory",
          "out of memory",
          "resource temporarily unavailable",
          "no space left on device",
          "quota exceeded");

  private LocalErrors() {}

  /** Whether the failure says nothing of the file, and the same may succeed later. */
  public static boolean isTemporary(IOException e) {
    // The message of such an exception begins with the file's name, which may be anything.
    String words = e instanceof FileSystemException failure ? failure.getReason() : e.getMessage();
    String reason = String.valueOf(words).toLowerCase(Locale.ROOT);
    return TEMPORARY.stream().anyMatch(reason::contains);
  }

  /** The reason of the failure in words. */
  public static String reason(IOException e) {
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (e instanceof NoSuchFileException) {
      return "it is gone";
    }
    if (e instanceof FileAlreadyExistsException) {
      return "it exists already";
    }
    if (e instanceof DirectoryNotEmptyException) {
      return "it is not empty";
    }
    if (e instanceof NotDirectoryException) {
      return "it is not a directory";
    }
    if (e instanceof FileSystemException failure && failure.getReason() != null) {
      return failure.getReason().toLowerCase(Locale.ROOT);
    }
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  /** The file that the failure names, where it names one, and the reason in words. */
  public static String fileAndReason(IOException e) {
    return e instanceof FileSystemException failure && failure.getFile() != null
        ? failure.getFile() + ": " + reason(e)
        : reason(e);
  }

  /** The failure of a listing, which Java throws as it is or wrapped. */
  public static IOException ofListing(Exception e) {
    if (e instanceof IOException failure) {
      return failure;
    }
    return e.getCause() instanceof IOException failure ? failure : new IOException(e);
  }
}
