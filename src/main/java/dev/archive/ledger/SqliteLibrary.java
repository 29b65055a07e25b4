package dev.archive.ledger;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Set;
import java.util.zip.CRC32;
import org.sqlite.util.LibraryLoaderUtil;

/**
 * SQLite's native library. The driver would unpack it into the temporary directory at each start,
 * where nothing may run on some machines and which is full on others. It is kept in the cache of
 * this program instead, and compared with what the program holds before each use.
 */
final class SqliteLibrary {
  /**
   * Set by the shell head: a directory that only this user can write to, or nothing where there is
   * none. In other programs it is not set, and the driver loads its library as it does.
   */
  private static final String CACHE = "archive.cache";

  private static final String TEMPORARY = "java.io.tmpdir";

  private static final String PATH = "org.sqlite.lib.path";
  private static final String NAME = "org.sqlite.lib.name";

  /** The driver looks here for what it left earlier. */
  private static final String LEFT = "org.sqlite.tmpdir";

  private static final Set<PosixFilePermission> OWNERS =
      PosixFilePermissions.fromString("rwx------");

  private SqliteLibrary() {}

  /**
   * Makes the driver use a library that this machine can load. One that is named by the driver's
   * own property {@code org.sqlite.lib.path} stays.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE} where no directory is fit to load it from
   */
  static synchronized void load() {
    String cache = System.getProperty(CACHE);
    if (cache == null || System.getProperty(PATH) != null) {
      return;
    }
    String failures = "";
    try {
      byte[] packed = packed();
      if (packed == null) {
        // The driver has none for this machine, and looks for one that is installed.
        return;
      }
      if (!cache.isEmpty()) {
        try {
          use(Path.of(cache), packed);
          return;
        } catch (IOException | LinkageError e) {
          failures = " from " + cache + " (" + reason(e) + ") or";
        }
      }
      Path directory = Files.createTempDirectory("archive-");
      directory.toFile().deleteOnExit();
      use(directory, packed).toFile().deleteOnExit();
    } catch (IOException | LinkageError e) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "SQLite's library cannot be loaded"
              + failures
              + " from "
              + System.getProperty(TEMPORARY)
              + " ("
              + reason(e)
              + "); nothing was done; set XDG_CACHE_HOME to a directory of your own where programs"
              + " may run",
          e);
    }
  }

  /** Without the file's name, with which such messages begin. */
  private static String reason(Throwable e) {
    if (e instanceof FileSystemException failure && failure.getReason() == null) {
      return "no such directory, or not writable";
    }
    String message = String.valueOf(e.getMessage());
    return message.substring(message.lastIndexOf(": ") + 1).strip();
  }

  private static byte[] packed() throws IOException {
    String name =
        LibraryLoaderUtil.getNativeLibResourcePath() + "/" + LibraryLoaderUtil.getNativeLibName();
    try (InputStream in = SqliteLibrary.class.getResourceAsStream(name)) {
      return in == null ? null : in.readAllBytes();
    }
  }

  /** A second load of the same file by the driver takes no effect; its failures are long traces. */
  private static Path use(Path directory, byte[] packed) throws IOException {
    CRC32 sum = new CRC32();
    sum.update(packed);
    Path library =
        directory.toAbsolutePath().resolve(String.format("libsqlitejdbc-%08x", sum.getValue()));
    if (!holds(library, packed)) {
      replace(library, packed);
    }
    System.load(library.toString());
    System.setProperty(PATH, library.getParent().toString());
    System.setProperty(NAME, library.getFileName().toString());
    System.setProperty(LEFT, library.getParent().toString());
    return library;
  }

  private static boolean holds(Path library, byte[] packed) throws IOException {
    if (!Files.isRegularFile(library, LinkOption.NOFOLLOW_LINKS)
        || !Files.getPosixFilePermissions(library).equals(OWNERS)
        || Files.size(library) != packed.length) {
      return false;
    }
    try (InputStream in = Files.newInputStream(library)) {
      return Arrays.equals(packed, in.readNBytes(packed.length));
    }
  }

  private static void replace(Path library, byte[] packed) throws IOException {
    Path temp = Files.createTempFile(library.getParent(), "." + library.getFileName(), ".tmp");
    try {
      Files.write(temp, packed);
      Files.setPosixFilePermissions(temp, OWNERS);
      Files.move(temp, library, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(temp);
    }
  }
}
