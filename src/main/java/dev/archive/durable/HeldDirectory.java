package dev.archive.durable;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.UserPrincipal;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A directory that is open: what is done in it is done there, even if something else takes its name
 * or that of one above it meanwhile. Where the system has no such thing, its path has to do.
 */
public final class HeldDirectory implements AutoCloseable {
  private static final Path ITSELF = Path.of(".");

  private final Path path;
  private final Modes modes;
  private final DirectoryStream<Path> stream;

  private HeldDirectory(Path path, Modes modes, DirectoryStream<Path> stream) {
    this.path = path;
    this.modes = modes;
    this.stream = stream;
  }

  /**
   * Opens a directory that others use as well; what is made in it is for its owner alone until it
   * is given other permissions.
   */
  static HeldDirectory openAmongOthers(Path path) throws IOException {
    return open(path, Modes.PRIVATE);
  }

  @SuppressWarnings("StreamResourceLeak")
  static HeldDirectory open(Path path, Modes modes) throws IOException {
    return new HeldDirectory(path, modes, Files.newDirectoryStream(path));
  }

  /**
   * Opens a directory in this one, and no link.
   *
   * @throws NotDirectoryException where a link, a file or a pipe has the name
   */
  public HeldDirectory enter(Path name) throws IOException {
    Path below = path.resolve(name);
    // Java asks by opening, and a pipe is not open before somebody writes into it.
    if (!attributes(name).isDirectory()) {
      throw new NotDirectoryException(below.toString());
    }
    if (stream instanceof SecureDirectoryStream<Path> secure) {
      try {
        return new HeldDirectory(
            below, modes, secure.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS));
      } catch (FileSystemException e) {
        if (String.valueOf(e.getReason()).contains("symbolic links")) {
          throw new NotDirectoryException(below.toString());
        }
        throw e;
      }
    }
    if (Files.isSymbolicLink(below)) {
      throw new NotDirectoryException(below.toString());
    }
    return open(below, modes);
  }

  /** Opens a file in this directory, and follows no link in its place. */
  public FileChannel open(Path name, StandardOpenOption... how) throws IOException {
    Set<OpenOption> options = new HashSet<>(List.of(how));
    options.add(LinkOption.NOFOLLOW_LINKS);
    if (!options.contains(StandardOpenOption.CREATE_NEW)
        && !options.contains(StandardOpenOption.CREATE)) {
      return openAs(name, options);
    }
    FileChannel made = openAs(name, options, modes.file());
    try {
      modes.mend(
          stream instanceof SecureDirectoryStream<Path> secure
              ? secure.getFileAttributeView(
                  name, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
              : Files.getFileAttributeView(path.resolve(name), PosixFileAttributeView.class));
      return made;
    } catch (IOException e) {
      made.close();
      throw e;
    }
  }

  private FileChannel openAs(Path name, Set<OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    return stream instanceof SecureDirectoryStream<Path> secure
        ? (FileChannel) secure.newByteChannel(name, options, attributes)
        : FileChannel.open(path.resolve(name), options, attributes);
  }

  /** Moves a file to another directory of the same file system, in place of what is there. */
  public void move(Path name, HeldDirectory target, Path newName) throws IOException {
    if (stream instanceof SecureDirectoryStream<Path> secure
        && target.stream instanceof SecureDirectoryStream<Path> secureTarget) {
      secure.move(name, secureTarget, newName);
    } else {
      Files.move(path.resolve(name), target.path.resolve(newName), StandardCopyOption.ATOMIC_MOVE);
    }
  }

  /** Removes a regular file in this directory, and follows no link; false where there is none. */
  public boolean removeFile(Path name) throws IOException {
    try {
      if (!attributes(name).isRegularFile()) {
        return false;
      }
      if (stream instanceof SecureDirectoryStream<Path> secure) {
        secure.deleteFile(name);
        return true;
      }
      return Files.deleteIfExists(path.resolve(name));
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /**
   * Publishes a small file in it as {@link DurableFiles#publish} does: whole or not at all, and
   * durable when this returns.
   *
   * @param staging holds the file until it is whole; on the same file system
   * @param temp its name there, which nothing else has
   */
  public void publish(Path name, HeldDirectory staging, Path temp, DurableFiles.Content content)
      throws IOException {
    try {
      try (FileChannel channel =
          staging.open(temp, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        DurableFiles.write(channel, content);
      }
      staging.move(temp, this, name);
    } catch (IOException | RuntimeException e) {
      staging.removeFile(temp);
      throw e;
    }
    Failpoint.reach("renamed");
    force();
  }

  /** The name that builds before this one gave a file while it was being published. */
  public static String temporary(String name) {
    return "." + name + ".tmp";
  }

  /** The names in it, once; what fails while they are read is an unchecked exception. */
  public Iterator<Path> names() {
    Iterator<Path> paths = stream.iterator();
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return paths.hasNext();
      }

      @Override
      public Path next() {
        return paths.next().getFileName();
      }
    };
  }

  /** Whether a directory, and no link to one, has the name. */
  public boolean isDirectory(Path name) throws IOException {
    try {
      return attributes(name).isDirectory();
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /** Whether a regular file has the name. */
  public boolean isRegularFile(Path name) throws IOException {
    try {
      return attributes(name).isRegularFile();
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /** Whether anything has the name. */
  public boolean isThere(Path name) throws IOException {
    try {
      attributes(name);
      return true;
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /** Its device and inode, or null where the system has no such thing. */
  @Nullable Object fileKey() throws IOException {
    return stream instanceof SecureDirectoryStream<Path> secure
        ? secure.getFileAttributeView(BasicFileAttributeView.class).readAttributes().fileKey()
        : Files.readAttributes(path, BasicFileAttributes.class).fileKey();
  }

  /** Where it was when it was opened. */
  Path path() {
    return path;
  }

  /** Who owns what stands under a name. */
  UserPrincipal owner(Path name) throws IOException {
    return permissions(name).readAttributes().owner();
  }

  private PosixFileAttributeView permissions(Path name) {
    return stream instanceof SecureDirectoryStream<Path> secure
        ? secure.getFileAttributeView(name, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
        : Files.getFileAttributeView(
            path.resolve(name), PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
  }

  /** Gives a file or directory in it permissions; follows no link. */
  void setPermissions(Path name, Set<PosixFilePermission> permissions) throws IOException {
    permissions(name).setPermissions(permissions);
  }

  /**
   * What stands under a name, which is not followed where it is a link.
   *
   * @throws NoSuchFileException where nothing does
   */
  BasicFileAttributes attributes(Path name) throws IOException {
    return stream instanceof SecureDirectoryStream<Path> secure
        ? secure
            .getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
            .readAttributes()
        : Files.readAttributes(
            path.resolve(name), BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
  }

  /** Removes a directory in this one, if it is there and empty. */
  public void removeDirectory(Path name) throws IOException {
    try {
      if (stream instanceof SecureDirectoryStream<Path> secure) {
        secure.deleteDirectory(name);
      } else {
        Files.delete(path.resolve(name));
      }
    } catch (NoSuchFileException | DirectoryNotEmptyException e) {
      // It is gone already, or holds what is to stay.
    }
  }

  /** Makes the names in it durable. */
  public void force() throws IOException {
    try (FileChannel channel = open(ITSELF, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  @Override
  public void close() {
    try {
      stream.close();
    } catch (IOException e) {
      // Nothing was written through it.
    }
  }
}
