package dev.archive.wire;

import dev.archive.model.ArchiveException;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import dev.archive.model.Text;
import dev.archive.wire.TarEntries.TarEntry;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

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

  /** In bytes: headers are read one by one. */
  private static final int BUFFER = 1 << 16;

  private Bundle() {}

  /** Writes a bundle. Closing ends the tar and leaves the stream below open. */
  public static final class Writer implements Closeable {
    private final OwnTar.Writer tar;

    public Writer(OutputStream out) {
      this.tar = new OwnTar.Writer(out);
    }

    /** Adds a file. */
    public void add(LogicalPath path, String contentType, Sha256 sha256, byte[] content, int length)
        throws IOException {
      String name = path.relative();
      String hex = sha256.hex();
      String check = check(name, length, hex, contentType);
      tar.add(new TarEntry(name, length, hex, contentType, check, true), content);
    }

    @Override
    public void close() throws IOException {
      tar.end();
    }
  }

  /** Reads a bundle, file by file, in memory that does not depend on what a stranger wrote. */
  public static final class Reader {
    private final BufferedInputStream in;
    private TarEntries tar;
    private TarEntry entry;

    public Reader(InputStream in) {
      this.in = new BufferedInputStream(in, BUFFER);
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
        if (tar == null) {
          tar = begin();
        }
        entry = tar.next();
      } catch (IOException e) {
        throw broken(e);
      }
      if (entry != null && entry.size() > MAX_FILE_BYTES) {
        throw new ArchiveException(
            ErrorCode.TOO_LARGE,
            "a file in the bundle has "
                + Count.of(entry.size(), "byte")
                + ", and it takes "
                + MAX_FILE_BYTES
                + " at most");
      }
      return entry != null;
    }

    private TarEntries begin() throws IOException {
      in.mark(OwnTar.HEAD);
      boolean own = OwnTar.begins(in);
      in.reset();
      return own ? new OwnTar(in) : new AnyTar(in);
    }

    /**
     * Where the present file is to stand in the batch.
     *
     * @throws ArchiveException {@link ErrorCode#INVALID_REQUEST} where it is no regular file, has a
     *     name that no file may have, or a header that was damaged on the way
     */
    public LogicalPath path() {
      if (entry.check() != null
          && !entry
              .check()
              .equals(check(entry.name(), size(), entry.sha256(), entry.contentType()))) {
        throw new ArchiveException(
            ErrorCode.INVALID_REQUEST, "the header of a file in the bundle arrived damaged");
      }
      if (!entry.regular()) {
        throw new ArchiveException(
            ErrorCode.INVALID_REQUEST, "not a regular file; bundles accept only regular files");
      }
      String name = entry.name().startsWith("./") ? entry.name().substring(2) : entry.name();
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
      return entry.name();
    }

    /** Its size in bytes. */
    public int size() {
      return (int) entry.size();
    }

    /** The digest that its sender gives, or null. */
    public Sha256 sha256() {
      return entry.sha256() == null ? null : Sha256.parse(entry.sha256());
    }

    /** Its media type, or null. */
    public String contentType() {
      return entry.contentType();
    }

    /** Its bytes; ends where it ends. */
    public InputStream content() {
      return tar.content();
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
}
