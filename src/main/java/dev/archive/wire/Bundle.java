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
import org.jspecify.annotations.Nullable;

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
      tar.add(name, length, hex, contentType, check, content);
    }

    @Override
    public void close() throws IOException {
      tar.end();
    }
  }

  /** Reads a bundle, file by file, in memory that does not depend on what a stranger wrote. */
  public static final class Reader {
    private final BufferedInputStream in;
    private @Nullable TarEntries tar;
    private @Nullable TarEntry entry;

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
      TarEntry present = present();
      String check = present.check();
      if (check != null
          && !check.equals(
              check(present.name(), size(), present.sha256(), present.contentType()))) {
        throw new ArchiveException(
            ErrorCode.INVALID_REQUEST, "the header of a file in the bundle arrived damaged");
      }
      if (!present.regular()) {
        throw new ArchiveException(
            ErrorCode.INVALID_REQUEST, "not a regular file; bundles accept only regular files");
      }
      String name = present.name().startsWith("./") ? present.name().substring(2) : present.name();
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
      return present().name();
    }

    /** Its size in bytes. */
    public int size() {
      return (int) present().size();
    }

    /** The digest that its sender gives, or null. */
    public @Nullable Sha256 sha256() {
      String hex = present().sha256();
      return hex == null ? null : Sha256.parse(hex);
    }

    /** Its media type, or null. */
    public @Nullable String contentType() {
      return present().contentType();
    }

    /** Its bytes; ends where it ends. */
    public InputStream content() {
      if (tar == null) {
        throw new IllegalStateException("no file was asked for");
      }
      return tar.content();
    }

    private TarEntry present() {
      if (entry == null) {
        throw new IllegalStateException("the bundle stands at no file");
      }
      return entry;
    }

    private static ArchiveException broken(Exception e) {
      return new ArchiveException(
          ErrorCode.INVALID_REQUEST,
          "the bundle cannot be read as a tar stream: " + e.getMessage(),
          e);
    }
  }

  static String check(
      String name, long size, @Nullable String sha256, @Nullable String contentType) {
    CRC32C crc = new CRC32C();
    String all = String.join("\n", name, Long.toString(size), sha256, contentType);
    crc.update(all.getBytes(StandardCharsets.UTF_8));
    return Long.toHexString(crc.getValue());
  }
}
