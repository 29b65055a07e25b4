package dev.archive.storage;

import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Text;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/** Where things lie in a store's directory, and what room is left there. */
final class StorePlaces {
  /** What file systems of Linux hold: bytes of one name, and of a whole path with its NUL. */
  private static final int MAX_NAME_LENGTH = 255;

  private static final int MAX_PATH_LENGTH = 4096;

  /** In bytes; kept free of objects, so that what becomes of batches can still be recorded. */
  private static final long RESERVE = 4 << 20;

  private final Path root;

  /** Makes names of ours differ from those of all other processes, those before us included. */
  private final UUID instance = UUID.randomUUID();

  private final AtomicLong temporaries = new AtomicLong();

  StorePlaces(Path root) {
    this.root = root.toAbsolutePath().normalize();
  }

  Path root() {
    return root;
  }

  /** The directory of all bags. */
  Path bags() {
    return root.resolve("batches");
  }

  /** The directory of all that is arriving. */
  Path staging() {
    return root.resolve("staging");
  }

  Path bag(BatchId batch) {
    return bags().resolve(batch.value());
  }

  Path staging(BatchId batch) {
    return staging().resolve(batch.value());
  }

  /** Where an object lies once it is published. */
  Path object(BatchId batch, LogicalPath path) {
    return bag(batch).resolve("data").resolve(path.relative());
  }

  /** The file that holds the parts of an upload, each at its place. */
  Path parts(BatchId batch, String uploadId) {
    return staging(batch).resolve(uploadId + ".parts");
  }

  /** A file that nothing else is or was, for what has not arrived yet. */
  Path temporary(BatchId batch) {
    return staging(batch).resolve(temporary());
  }

  /** A name that nothing else has or had, for what has not arrived yet. */
  String temporary() {
    return unique() + ".tmp";
  }

  /** A name that no other part has or had. */
  String loosePart(String uploadId) {
    return uploadId + "-" + unique() + ".part";
  }

  private String unique() {
    return temporaries.incrementAndGet() + "-" + instance;
  }

  /**
   * Refuses a path that the file system could not hold, before anybody counts on it.
   *
   * @throws ArchiveException {@link ErrorCode#INVALID_REQUEST}
   */
  void requireStorable(BatchId batch, LogicalPath path) {
    for (String name : path.segments()) {
      if (name.getBytes(StandardCharsets.UTF_8).length > MAX_NAME_LENGTH) {
        throw new ArchiveException(
            ErrorCode.INVALID_REQUEST,
            "a name in the path is longer than "
                + MAX_NAME_LENGTH
                + " bytes, the most that the archive's file system allows: "
                + Text.quote(name));
      }
    }
    int base = (bag(batch) + "/data").getBytes(StandardCharsets.UTF_8).length;
    if (base + path.toString().getBytes(StandardCharsets.UTF_8).length >= MAX_PATH_LENGTH) {
      throw new ArchiveException(
          ErrorCode.INVALID_REQUEST,
          "the path is longer than the archive's file system allows: "
              + Text.quote(path.toString()));
    }
  }

  /** How many bytes there is room for; no bound where the file system does not tell. */
  long room() {
    File place = root.toFile();
    long usable = place.getUsableSpace();
    return usable == 0 && place.getTotalSpace() == 0
        ? Long.MAX_VALUE
        : Math.max(0, usable - RESERVE);
  }

  /**
   * Refuses bytes before they fill the disk: what arrived of a part until there was no room would
   * keep room from others.
   */
  void requireRoom(long size) {
    if (size > room()) {
      throw StorageErrors.full(null);
    }
  }
}
