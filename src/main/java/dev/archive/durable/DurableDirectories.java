package dev.archive.durable;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Directories below one root, made when first asked for and durable when the call returns. That a
 * directory is there proves nothing: another thread may have made it a moment ago, or a process
 * that was killed, and the name not yet be on the disk. So each is forced once by every process,
 * and then remembered.
 */
public final class DurableDirectories {
  private final Path root;
  private final Modes modes;
  private final Set<Path> durable = ConcurrentHashMap.newKeySet();

  private DurableDirectories(Path root, boolean alone) throws IOException {
    this.root = root.toAbsolutePath().normalize();
    makeRoot(this.root, DurableFiles.PRIVATE_DIRECTORY);
    this.modes = alone ? Modes.PRIVATE : Modes.of(this.root);
    durable.add(this.root);
  }

  /** Makes a root that is missing, for its owner alone; what is below it follows its mode. */
  public static DurableDirectories following(Path root) throws IOException {
    return new DurableDirectories(root, false);
  }

  /** Makes a root that is missing; all that is below it is for its owner alone. */
  public static DurableDirectories ofOwner(Path root) throws IOException {
    return new DurableDirectories(root, true);
  }

  /**
   * Makes a directory that others are to lie below, and those above it; returns once their names
   * survive a power cut. One that is there may have been made by a process that was killed before
   * it forced the name, so that is forced too, where the directory above can be read.
   *
   * @param attributes of each directory that is made
   */
  public static void makeRoot(Path root, FileAttribute<?>... attributes) throws IOException {
    Path above = root.toAbsolutePath().getParent();
    if (above == null) {
      return;
    }
    boolean there = Files.isDirectory(root);
    if (!there) {
      makeRoot(above, attributes);
      createAll(root, attributes);
    }
    if (!there || Files.isReadable(above)) {
      DurableFiles.forceDirectory(above);
    }
  }

  /**
   * Makes a directory below the root, and those between, and returns it once its name survives a
   * power cut.
   *
   * @throws NotDirectoryException where something else has its name
   */
  public Path ensure(Path directory) throws IOException {
    if (durable.contains(directory)) {
      return directory;
    }
    if (!directory.startsWith(root)) {
      throw new IllegalArgumentException(directory + " is not below " + root);
    }
    Path parent = ensure(DurableFiles.parent(directory));
    boolean made = make(directory);
    try {
      DurableFiles.forceDirectory(parent);
    } catch (IOException e) {
      // Once reported, the failure is forgotten by the system: what is made again is written again.
      if (made) {
        deleteIfEmpty(directory);
      }
      throw e;
    }
    durable.add(directory);
    return directory;
  }

  /**
   * Opens a directory below the root, made where it is missing. No link is followed on the way to
   * it.
   */
  public HeldDirectory hold(Path directory) throws IOException {
    ensure(directory);
    try {
      return open(directory);
    } catch (NoSuchFileException e) {
      // What is remembered is not so any more: somebody removed it, or one above it.
      forgetWithThoseAbove(directory);
      ensure(directory);
      return open(directory);
    }
  }

  /**
   * Opens a directory below the root, and makes none. No link is followed on the way to it.
   *
   * @return null where there is no such directory, or another thing has its name
   */
  public @Nullable HeldDirectory holdIfThere(Path directory) throws IOException {
    try {
      return open(directory);
    } catch (NoSuchFileException | NotDirectoryException e) {
      return null;
    }
  }

  /** The same as {@link #ensure}, but makes again what somebody removed since. */
  public Path ensureThere(Path directory) throws IOException {
    hold(directory).close();
    return directory;
  }

  private HeldDirectory open(Path directory) throws IOException {
    HeldDirectory held = HeldDirectory.open(root, modes);
    for (Path name : root.relativize(directory)) {
      try (HeldDirectory above = held) {
        held = above.enter(name);
      }
    }
    return held;
  }

  /** As Java does, but names what is no directory as that. */
  private static void createAll(Path directory, FileAttribute<?>... attributes) throws IOException {
    try {
      Files.createDirectories(directory, attributes);
    } catch (FileAlreadyExistsException e) {
      throw new NotDirectoryException(e.getFile());
    }
  }

  private boolean make(Path directory) throws IOException {
    try {
      Files.createDirectory(directory, modes.directory());
      modes.mend(directory);
      return true;
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
        throw new NotDirectoryException(directory.toString());
      }
      return false;
    }
  }

  private static void deleteIfEmpty(Path directory) {
    try {
      Files.delete(directory);
    } catch (IOException e) {
      // Others use it already, who force its name themselves; or the disk takes nothing at all.
    }
  }

  private void forgetWithThoseAbove(Path directory) {
    for (Path each = directory; !each.equals(root); each = DurableFiles.parent(each)) {
      durable.remove(each);
    }
  }

  /** Forgets a directory and all below it: they are complete, or gone. */
  public void forget(Path directory) {
    durable.removeIf(each -> each.startsWith(directory));
  }
}
