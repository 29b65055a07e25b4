package dev.archive.wire;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;

/** A tar of any kind and maker, read in memory that does not depend on what is written there. */
final class AnyTar implements TarEntries {
  /** The most that may come between the content of two files: headers, padding, directories. */
  private static final int MAX_HEADER_BYTES = 1 << 20;

  private final Limited limited;
  private final TarArchiveInputStream tar;
  private @Nullable TarArchiveEntry entry;

  AnyTar(InputStream in) {
    this.limited = new Limited(in);
    this.tar = new TarArchiveInputStream(limited, StandardCharsets.UTF_8.name());
  }

  @Override
  public @Nullable TarEntry next() throws IOException {
    try {
      do {
        limited.allow(MAX_HEADER_BYTES + (entry == null ? 0 : entry.getSize()));
        entry = tar.getNextEntry();
      } while (entry != null && entry.isDirectory());
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
    limited.allow(Bundle.MAX_FILE_BYTES);
    return entry == null
        ? null
        : new TarEntry(
            entry.getName(),
            entry.getSize(),
            entry.getExtraPaxHeader(OwnTar.SHA256),
            entry.getExtraPaxHeader(OwnTar.MEDIA_TYPE),
            entry.getExtraPaxHeader(OwnTar.CHECK),
            entry.isFile() && !entry.isSymbolicLink() && !entry.isLink() && !entry.isSparse());
  }

  @Override
  public InputStream content() {
    return tar;
  }

  /** Lets so many bytes through and no more, so that a header cannot be of any length. */
  private static final class Limited extends FilterInputStream {
    private long left;

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
