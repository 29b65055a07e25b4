package dev.archive.wire;

import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** The files of a tar stream, one after another. */
interface TarEntries {

  /**
   * One file as its header has it.
   *
   * @param name as it was written, without a slash before it
   * @param size in bytes
   * @param sha256 the digest that its sender gives, or null
   * @param contentType or null
   * @param check the sum over the fields before it that its sender gives, or null
   * @param regular whether it is a regular file
   */
  record TarEntry(
      String name,
      long size,
      @Nullable String sha256,
      @Nullable String contentType,
      @Nullable String check,
      boolean regular) {}

  /**
   * The next file, behind what was not read of the last one; null at the end. Directories are
   * passed over.
   *
   * @throws IOException where it breaks off, or is no such stream
   */
  @Nullable TarEntry next() throws IOException;

  /** The bytes of the present file; ends where it ends. */
  InputStream content();
}
