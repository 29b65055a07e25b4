package dev.archive.wire;

import dev.archive.model.ArchiveException;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import dev.archive.model.Text;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/**
 * Many small files as one tar stream (POSIX.1-2001, pax headers, names in UTF-8). What tar has no
 * field for goes into pax records of ours, which other readers skip.
 */
public final class Bundle {
  public static final String CONTENT_TYPE = "application/x-tar";

  /**
   * The largest file that a bundle carries, in bytes: from here on a file is worth its own calls.
   */
  public static final int MAX_FILE_BYTES = (5 << 20) - 1;

  /** The most files that one bundle carries. */
  public static final int MAX_FILES = 10_000;

  private static final String SHA256 = "ARCHIVE.sha256";
  private static final String MEDIA_TYPE = "ARCHIVE.content-type";

  /** Over what a header says: tar's own sum does not cover pax records. */
  private static final String CHECK = "ARCHIVE.crc32c";

  /** The most that may come between the content of two files: headers, padding, directories. */
  private static final int MAX_HEADER_BYTES = 1 << 20;

  /** In bytes: headers are read one by one. */
  private static final int BUFFER = 1 << 16;

  private static final String NAMES = StandardCharsets.UTF_8.name();

  private Bundle() {}

  /** Writes a bundle. Closing ends the tar and leaves the stream below open. */
  public static final class Writer implements Closeable {
    private final TarArchiveOutputStream tar;

    public Writer(OutputStream out) {
      this.tar = new TarArchiveOutputStream(out, NAMES);
      tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
      tar.setAddPaxHeadersForNonAsciiNames(true);
    }

    /** Adds a file. */
    public void add(LogicalPath path, String contentType, Sha256 sha256, byte[] content, int length)
        throws IOException {
      TarArchiveEntry entry = new TarArchiveEntry(path.relative(), true);
      entry.setUserName("");
      entry.setSize(length);
      entry.addPaxHeader(SHA256, sha256.hex());
      entry.addPaxHeader(MEDIA_TYPE, contentType);
      entry.addPaxHeader(CHECK, check(path.relative(), length, sha256.hex(), contentType));
      tar.putArchiveEntry(entry);
      tar.write(content, 0, length);
      tar.closeArchiveEntry();
    }

    @Override
    public void close() throws IOException {
      tar.finish();
      tar.flush();
    }
  }

  /** Reads a bundle, file by file, in memory that does not depend on what a stranger wrote. */
  public static final class Reader {
    private final Limited limited;
    private final TarArchiveInputStream tar;
    private TarArchiveEntry entry;

    public Reader(InputStream in) {
      this.limited = new Limited(new BufferedInputStream(in, BUFFER));
      this.tar = new TarArchiveInputStream(limited, NAMES);
    }

    /**
     * Goes to the next file; directories are passed over.
     *
     * @return false at the end
     * @throws ArchiveException {@link ErrorCode#INVALID_REQUEST} where this is no tar stream,
     *     {@link ErrorCode#TOO_LARGE} where a file is too large for a bundle
     */
    public boolean next() {
      try {
        do {
          limited.allow(MAX_HEADER_BYTES + (entry == null ? 0 : entry.getSize()));
          entry = tar.getNextEntry();
        } while (entry != null && entry.isDirectory());
      } catch (IOException | IllegalArgumentException e) {
        throw broken(e);
      }
      if (!limited.begun) {
        throw broken(new IOException("it is empty"));
      }
      if (entry != null && entry.getSize() > MAX_FILE_BYTES) {
        throw new ArchiveException(
            ErrorCode.TOO_LARGE,
            "a file in the bundle has "
                + Count.of(entry.getSize(), "byte")
                + ", and it takes "
                + MAX_FILE_BYTES
                + " at most");
      }
      limited.allow(MAX_FILE_BYTES);
      return entry != null;
    }

    /**
     * Where the present file is to stand in the batch.
     *
     * @throws ArchiveException {@link ErrorCode#INVALID_REQUEST} where it is no regular file, has a
     *     name that no file may have, or a header that was damaged on the way
     */
    public LogicalPath path() {
      String check = entry.getExtraPaxHeader(CHECK);
      if (check != null
          && !check.equals(
              check(
                  entry.getName(),
                  size(),
                  entry.getExtraPaxHeader(SHA256),
                  entry.getExtraPaxHeader(MEDIA_TYPE)))) {
        throw new ArchiveException(
            ErrorCode.INVALID_REQUEST, "the header of a file in the bundle arrived damaged");
      }
      String name =
          entry.getName().startsWith("./") ? entry.getName().substring(2) : entry.getName();
      if (!entry.isFile() || entry.isSymbolicLink() || entry.isLink() || entry.isSparse()) {
        throw new ArchiveException(
            ErrorCode.INVALID_REQUEST, "not a regular file; bundles accept only regular files");
      }
      if (name.indexOf('\uFFFD') >= 0) {
        throw new ArchiveException(
            ErrorCode.INVALID_REQUEST,
            "a name in the bundle is not valid UTF-8, or cannot be told from one that is not: "
                + Text.quote(name));
      }
      return LogicalPath.parse("/" + name);
    }

    /** The name of the present file as the tar has it. */
    public String name() {
      return entry.getName();
    }

    /** Its size in bytes. */
    public int size() {
      return (int) entry.getSize();
    }

    /** The digest that its sender gives, or null. */
    public Sha256 sha256() {
      String hex = entry.getExtraPaxHeader(SHA256);
      return hex == null ? null : Sha256.parse(hex);
    }

    /** Its media type, or null. */
    public String contentType() {
      return entry.getExtraPaxHeader(MEDIA_TYPE);
    }

    /** Its bytes; ends where it ends. */
    public InputStream content() {
      return tar;
    }

    private static ArchiveException broken(Exception e) {
      return new ArchiveException(
          ErrorCode.INVALID_REQUEST,
          "the bundle cannot be read as a tar stream: " + e.getMessage(),
          e);
    }
  }

  private static String check(String name, long size, String sha256, String contentType) {
    CRC32C crc = new CRC32C();
    String all = String.join("\n", name, Long.toString(size), sha256, contentType);
    crc.update(all.getBytes(StandardCharsets.UTF_8));
    return Long.toHexString(crc.getValue());
  }

  /** Lets so many bytes through and no more, so that a header cannot be of any length. */
  private static final class Limited extends FilterInputStream {
    private long left;
    private boolean begun;

    Limited(InputStream in) {
      super(in);
    }

    void allow(long bytes) {
      left = bytes;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (left <= 0) {
        throw new IOException("a header is longer than " + MAX_HEADER_BYTES + " bytes");
      }
      int read = in.read(bytes, offset, (int) Math.min(length, left));
      left -= Math.max(0, read);
      begun |= read > 0;
      return read;
    }

    @Override
    public long skip(long bytes) throws IOException {
      long skipped = super.skip(Math.min(bytes, left));
      left -= skipped;
      return skipped;
    }
  }
}
