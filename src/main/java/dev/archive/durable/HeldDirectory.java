package dev.archive.durable;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
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
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A directory that is open: what is done in it is done there, whatever takes its name or that of
 * one above it meanwhile. Where the system has no such thing, its path has to do.
 */
public final class HeldDirectory implements AutoCloseable {
  private static final Path ITSELF = Path.of(".");

  private final Path path;
  private final DirectoryStream<Path> stream;

  private HeldDirectory(Path path, DirectoryStream<Path> stream) {
    this.path = path;
    this.stream = stream;
  }

  @SuppressWarnings("StreamResourceLeak")
  static HeldDirectory open(Path path) throws IOException {
    return new HeldDirectory(path, Files.newDirectoryStream(path));
  }

  /** Opens a directory in this one, and no link. */
  HeldDirectory enter(Path name) throws IOException {
    Path below = path.resolve(name);
    if (stream instanceof SecureDirectoryStream<Path> secure) {
      return new HeldDirectory(below, secure.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS));
    }
    if (Files.isSymbolicLink(below)) {
      throw new NotDirectoryException(below.toString());
    }
    return open(below);
  }

  /** Opens a file in this directory, and follows no link in its place. */
  public FileChannel open(Path name, StandardOpenOption... how) throws IOException {
    Set<OpenOption> options = new HashSet<>(List.of(how));
    options.add(LinkOption.NOFOLLOW_LINKS);
    return stream instanceof SecureDirectoryStream<Path> secure
        ? (FileChannel) secure.newByteChannel(name, options)
        : FileChannel.open(path.resolve(name), options);
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
      if (stream instanceof SecureDirectoryStream<Path> secure) {
        BasicFileAttributeView seen =
            secure.getFileAttributeView(
                name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
        if (!seen.readAttributes().isRegularFile()) {
          return false;
        }
        secure.deleteFile(name);
        return true;
      }
      Path file = path.resolve(name);
      return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && Files.deleteIfExists(file);
    } catch (NoSuchFileException e) {
      return false;
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
