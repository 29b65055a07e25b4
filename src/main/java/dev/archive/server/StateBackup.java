package dev.archive.server;

import dev.archive.durable.DurableFiles;
import dev.archive.durable.LocalErrors;
import dev.archive.ledger.BatchLedger;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Text;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.UUID;

/** Copies the ledger of an archive, which a server may use meanwhile. */
public final class StateBackup {
  private StateBackup() {}

  /**
   * Copies the ledger as it is at one moment; durable when this returns, for its owner alone, and
   * never over a file that is there.
   *
   * @return the size of the copy in bytes
   * @throws ArchiveException {@link ErrorCode#USAGE} where there is no sound ledger, or something
   *     has the name already; {@link ErrorCode#UNAVAILABLE} where the disk of the copy is full
   */
  public static long of(Path root, Path file) throws IOException {
    Path ledger = root.toAbsolutePath().normalize().resolve(ArchiveIdentity.LEDGER);
    Path target = file.toAbsolutePath();
    if (!Files.isRegularFile(ledger)) {
      throw new ArchiveException(
          ErrorCode.USAGE, root + " is not an archive root: it has no ledger; nothing was done");
    }
    if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
      throw exists(target);
    }
    ArchiveIdentity.of(DurableFiles.parent(ledger), 0).requireItsLog();
    Path temp = target.resolveSibling("." + target.getFileName() + "." + UUID.randomUUID());
    try {
      FileChannel.open(
              temp,
              Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
              DurableFiles.PRIVATE_FILE)
          .close();
      BatchLedger.copy(ledger, temp);
      try (FileChannel channel = FileChannel.open(temp, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      DurableFiles.link(temp, target);
    } catch (FileAlreadyExistsException e) {
      throw exists(target);
    } catch (ArchiveException e) {
      throw e.code() == ErrorCode.STORAGE_FULL ? notWritten(target, "its disk is full", e) : e;
    } catch (IOException e) {
      if (LocalErrors.isTemporary(e)) {
        throw notWritten(target, LocalErrors.reason(e), e);
      }
      throw e;
    } finally {
      Files.deleteIfExists(temp);
    }
    DurableFiles.forceDirectory(DurableFiles.parent(target));
    return Files.size(target);
  }

  private static ArchiveException notWritten(Path target, String why, Exception e) {
    return new ArchiveException(
        ErrorCode.UNAVAILABLE,
        "the copy "
            + Text.quote(target.toString())
            + " could not be written: "
            + why
            + "; the ledger is unchanged, and nothing is left of the copy. Make room, or name a file"
            + " on another disk",
        e);
  }

  private static ArchiveException exists(Path target) {
    return new ArchiveException(
        ErrorCode.USAGE, target + " exists already; nothing was written, name another file");
  }
}
