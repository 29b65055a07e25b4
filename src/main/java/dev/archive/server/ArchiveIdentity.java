package dev.archive.server;

import dev.archive.durable.DurableFiles;
import dev.archive.ledger.BatchLedger;
import dev.archive.ledger.Stamp;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.regex.Pattern;

/**
 * The archive's own id: made once, and kept both in the ledger and in the file {@code archive-id}
 * of the root, so that a ledger of another archive is recognized.
 */
final class ArchiveIdentity {
  static final String FILE = "archive-id";
  private static final Pattern ULID = Pattern.compile("[0-7][0-9A-HJKMNP-TV-Z]{25}");

  private ArchiveIdentity() {}

  /**
   * Returns the id that ledger and root share; where one of them has none, it gets the other's, and
   * where both have none, a new one.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE} where they belong to different archives
   */
  static String settle(Path root, BatchLedger ledger, Clock clock) throws IOException {
    Path file = root.resolve(FILE);
    Stamp stamp = ledger.stamp();
    String id = read(file);
    if (id == null) {
      String made =
          stamp != null ? stamp.archiveId() : BatchId.ulid(clock.millis(), new SecureRandom());
      byte[] line = (made + "\n").getBytes(StandardCharsets.US_ASCII);
      DurableFiles.createOnce(file, out -> out.write(line));
      id = read(file);
    }
    if (stamp == null) {
      ledger.stamp(id);
      stamp = ledger.stamp();
    }
    if (!stamp.archiveId().equals(id)) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "the ledger in "
              + root
              + " belongs to another archive ("
              + stamp.archiveId()
              + ", not "
              + id
              + "): not started, nothing was changed; put the ledger of this archive back");
    }
    return id;
  }

  /** The id in the file, or null where there is no file. */
  private static String read(Path file) throws IOException {
    try {
      String id = Files.readString(file, StandardCharsets.ISO_8859_1).strip();
      if (!ULID.matcher(id).matches()) {
        throw new ArchiveException(
            ErrorCode.USAGE,
            "the file " + file + " is damaged: not started; restore it from a copy, or remove it");
      }
      return id;
    } catch (NoSuchFileException e) {
      return null;
    }
  }
}
