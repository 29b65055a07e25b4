package dev.archive.wire;

import static java.time.temporal.ChronoUnit.SECONDS;

import dev.archive.model.ArchiveException;
import dev.archive.model.Attributes;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Date;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * The pieces of a tar stream of stored files (POSIX.1-2001, pax headers, names in UTF-8), for
 * writers that have no thread to wait with: a header, the file's bytes, padding, and so on, then
 * the end.
 */
public final class TarFiles {
  private static final int RECORD = 512;

  private TarFiles() {}

  /** Takes files that were read. */
  @FunctionalInterface
  public interface Files {
    void accept(LogicalPath path, byte[] content);
  }

  /**
   * Reads a stream of small files to its end.
   *
   * @param maxSize of a file in bytes, at most {@link Bundle#MAX_FILE_BYTES}
   * @param limit the most files
   * @throws IOException where it breaks off, or is no such stream
   * @throws ArchiveException {@link ErrorCode#BAD_ANSWER} where it has other files
   */
  public static void read(InputStream in, int maxSize, int limit, Files files) throws IOException {
    Bundle.Reader tar = new Bundle.Reader(in);
    int count = 0;
    while (next(tar)) {
      LogicalPath path = path(tar);
      if (tar.size() > maxSize || ++count > limit) {
        throw new ArchiveException(
            ErrorCode.BAD_ANSWER, "the tar stream has other files than those asked for");
      }
      byte[] content = tar.content().readNBytes(tar.size());
      if (content.length < tar.size()) {
        throw new EOFException("the tar stream breaks off");
      }
      files.accept(path, content);
    }
  }

  private static boolean next(Bundle.Reader tar) throws IOException {
    try {
      return tar.next();
    } catch (ArchiveException e) {
      throw e.getCause() instanceof IOException broken ? broken : new IOException(e);
    }
  }

  private static LogicalPath path(Bundle.Reader tar) {
    try {
      return tar.path();
    } catch (ArchiveException e) {
      throw new ArchiveException(ErrorCode.BAD_ANSWER, e.getMessage(), e);
    }
  }

  /**
   * What stands before a file's bytes.
   *
   * @param size in bytes
   * @param modified the date that the entry carries
   */
  public static byte[] header(LogicalPath path, long size, Instant modified) {
    TarArchiveEntry entry = new TarArchiveEntry(path.relative(), true);
    entry.setUserName("");
    entry.setSize(size);
    entry.setModTime(Date.from(modified));
    return header(entry);
  }

  /**
   * The same of a name with all that is recorded of it.
   *
   * @param size of a file in bytes; 0 for others, which have nothing behind it
   */
  public static byte[] header(Attributes of, long size) {
    String name = of.path().substring(1);
    TarArchiveEntry entry =
        switch (of.kind()) {
          case FILE -> new TarArchiveEntry(name, true);
          case DIRECTORY -> new TarArchiveEntry(name + "/", true);
          case SYMLINK -> new TarArchiveEntry(name, TarConstants.LF_SYMLINK, true);
        };
    entry.setSize(size);
    entry.setMode(of.mode() & Attributes.PERMISSION_BITS);
    // The library writes fractions of times before 1970 wrongly, and 100 ns of all others.
    boolean early = of.modified().getEpochSecond() < 0;
    entry.setLastModifiedTime(
        FileTime.from(early ? of.modified().truncatedTo(SECONDS) : of.modified()));
    entry.setUserName(of.owner() == null ? "" : of.owner());
    entry.setGroupName(of.group() == null ? "" : of.group());
    if (of.linkTarget() != null) {
      entry.setLinkName(of.linkTarget());
    }
    return header(entry);
  }

  private static byte[] header(TarArchiveEntry entry) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(4 * RECORD);
    try {
      // Not closed: that would end the tar. It writes each record at once.
      TarArchiveOutputStream tar =
          new TarArchiveOutputStream(bytes, RECORD, StandardCharsets.UTF_8.name());
      tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
      tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
      tar.setAddPaxHeadersForNonAsciiNames(true);
      tar.putArchiveEntry(entry);
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException("memory takes all bytes", e);
    }
  }

  /** What stands behind a file's bytes. */
  public static byte[] padding(long size) {
    return new byte[(int) ((RECORD - size % RECORD) % RECORD)];
  }

  /** What stands behind the last file. */
  public static byte[] end() {
    return new byte[2 * RECORD];
  }
}
