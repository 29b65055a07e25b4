package dev.archive.durable;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A directory of a person, into which files are put among what is there already. Nothing outside of
 * it is written, for any names, and even if something is swapped for a link meanwhile: each
 * directory is entered from the one above it, which is held open, and no link is followed. A file
 * is written in a directory of ours, and gets its place only once it is whole and forced; nothing
 * that has its name is replaced unless that is asked for.
 *
 * <p>Java makes directories and links by path alone. Linux has a path for what is held open, {@code
 * /proc/self/fd/N}, that no rename can turn elsewhere. Which number is ours is found by the inode.
 * That is safe because one monitor guards every opening and closing of a directory here, so that no
 * number of the same inode can pass to another directory meanwhile.
 */
public final class TargetDirectory implements AutoCloseable {
  /** How many directories are held open for the files that follow. */
  private static final int MAX_HELD = 16;

  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
  private static final Path SELF = Path.of("/proc/self");
  private static final Path LOCK = Path.of("lock");

  /** Is there as long as a root that was made for this is not whole. */
  private static final Path MADE = Path.of("made");

  private static final Path HARD_LINK = Path.of("hard-link.part");

  private final HeldDirectory root;
  private final Path stagingName;
  private final HeldDirectory staging;
  private final @Nullable Path stagingPlace;
  private final FileChannel lock;
  private final Set<PosixFilePermission> filePermissions;

  /** Open directories by their paths below the root, the one that was used last at the end. */
  private final LinkedHashMap<Path, Held> held = new LinkedHashMap<>(16, 0.75f, true);

  /** What is done to the root when nothing is put into it any more; null for nothing. */
  private @Nullable Runnable last;

  /** The directories that got new names, with what tells whether they still are the same. */
  private final Map<Path, @Nullable Object> touched = new TreeMap<>();

  /** A directory, and the path by which it can be reached while it is open; null for none. */
  private record Held(HeldDirectory directory, @Nullable Path place) {}

  /** The date of the root before this came, and with the directory of ours in it. */
  private final Instant before;

  private final Instant opened;
  private final boolean made;
  private boolean changed;

  private TargetDirectory(
      HeldDirectory root,
      Path stagingName,
      HeldDirectory staging,
      @Nullable Path stagingPlace,
      FileChannel lock,
      Instant before,
      boolean made)
      throws IOException {
    this.before = before;
    this.opened = date(root);
    this.made = made;
    this.root = root;
    this.stagingName = stagingName;
    this.staging = staging;
    this.stagingPlace = stagingPlace;
    this.lock = lock;
    this.filePermissions = Umask.filePermissions();
  }

  /**
   * Opens a directory, made with those above it where it is missing.
   *
   * @param stagingName of the directory in it that holds what is not whole yet
   * @return null where another process, or another thread of this one, writes there under the same
   *     name
   */
  public static @Nullable TargetDirectory open(Path path, String stagingName) throws IOException {
    boolean isNew = !Files.exists(path);
    DurableDirectories.makeRoot(path.toAbsolutePath().normalize());
    HeldDirectory root = HeldDirectory.openAmongOthers(path);
    HeldDirectory staging = null;
    FileChannel lock = null;
    boolean done = false;
    try {
      Path name = Path.of(stagingName);
      Path place = place(root, Map.of());
      Instant before = date(root);
      staging = enterOrMake(root, place, name);
      requireOwn(root, name);
      lock = staging.open(LOCK, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (!isLocked(lock)) {
        return null;
      }
      if (isNew) {
        staging.open(MADE, StandardOpenOption.CREATE, StandardOpenOption.WRITE).close();
      }
      TargetDirectory opened =
          new TargetDirectory(
              root,
              name,
              staging,
              place(staging, Map.of()),
              lock,
              before,
              staging.isRegularFile(MADE));
      done = true;
      return opened;
    } finally {
      if (!done) {
        close(lock, staging, root);
      }
    }
  }

  private static Instant date(HeldDirectory directory) throws IOException {
    return directory.attributes(Path.of(".")).lastModifiedTime().toInstant();
  }

  /** Whether it was made by this, or by an earlier process that was killed since. */
  public boolean isMade() {
    return made;
  }

  /** What others could change is not taken for ours. */
  private static void requireOwn(HeldDirectory root, Path name) throws IOException {
    if (!Files.exists(SELF)) {
      return;
    }
    if (!Files.getOwner(SELF).equals(root.owner(name))) {
      throw new FileAlreadyExistsException(name.toString(), null, "it belongs to another user");
    }
    root.setPermissions(name, PosixFilePermissions.fromString("rwx------"));
  }

  private static boolean isLocked(FileChannel lock) throws IOException {
    try {
      return lock.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  /** Opens a directory, made where it is missing. */
  private static HeldDirectory enterOrMake(HeldDirectory above, @Nullable Path place, Path name)
      throws IOException {
    try {
      return above.enter(name);
    } catch (NoSuchFileException e) {
      try {
        Files.createDirectory((place == null ? above.path() : place).resolve(name));
      } catch (FileAlreadyExistsException other) {
        // Somebody made it meanwhile, or a dangling link: that is not entered.
      }
      return above.enter(name);
    }
  }

  /**
   * The path of a directory that is held open.
   *
   * @param others whose numbers are known already
   * @return null where the system has none
   */
  private static @Nullable Path place(HeldDirectory directory, Map<Path, Held> others)
      throws IOException {
    Object key = directory.fileKey();
    if (key == null) {
      return null;
    }
    try (DirectoryStream<Path> numbers = Files.newDirectoryStream(DESCRIPTORS)) {
      for (Path number : numbers) {
        boolean known = others.values().stream().anyMatch(each -> number.equals(each.place));
        if (!known && key.equals(keyOf(number))) {
          return number;
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      // No such file system here.
    }
    return null;
  }

  private static @Nullable Object keyOf(Path number) {
    try {
      BasicFileAttributes attributes = Files.readAttributes(number, BasicFileAttributes.class);
      return attributes.isDirectory() ? attributes.fileKey() : null;
    } catch (IOException e) {
      return null;
    }
  }

  /** Something that stands where a file is to be. */
  public static final class OccupiedException extends IOException {
    /** With what it is, in words with an article. */
    OccupiedException(String what) {
      super(what);
    }
  }

  /**
   * Opens the file that stands at a place, to compare it; makes nothing.
   *
   * @param size that it must have to be the same
   * @return null where nothing stands there
   * @throws OccupiedException where it is no regular file or has another size
   */
  public synchronized @Nullable FileChannel openExisting(Path path, long size) throws IOException {
    requireNotOurs(path);
    Held directory = find(path.getParent());
    if (directory == null) {
      return null;
    }
    Path name = path.getFileName();
    try {
      BasicFileAttributes there = directory.directory.attributes(name);
      if (!there.isRegularFile()) {
        throw new OccupiedException(kind(there));
      }
      if (there.size() != size) {
        throw new OccupiedException("a file of another size");
      }
      return directory.directory.open(name, StandardOpenOption.READ);
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  private void requireNotOurs(Path path) throws OccupiedException {
    if (path.startsWith(stagingName)) {
      throw new OccupiedException("a directory");
    }
  }

  private static String kind(BasicFileAttributes attributes) {
    return attributes.isDirectory()
        ? "a directory"
        : attributes.isSymbolicLink()
            ? "a symbolic link"
            : attributes.isRegularFile() ? "a file" : "a special file";
  }

  private @Nullable Held find(@Nullable Path path) throws IOException {
    try {
      return hold(path, false);
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  /** A directory below the root; null as path is the root itself. */
  private Held hold(@Nullable Path path, boolean make) throws IOException {
    Path key = path == null ? Path.of("") : path;
    Held known = held.get(key);
    if (known != null) {
      return known;
    }
    Held opened = path == null ? reopened() : enter(hold(path.getParent(), make), path, make);
    held.put(key, opened);
    while (held.size() > MAX_HELD) {
      Iterator<Held> eldest = held.values().iterator();
      eldest.next().directory.close();
      eldest.remove();
    }
    return opened;
  }

  private Held reopened() throws IOException {
    HeldDirectory again = root.enter(Path.of("."));
    return new Held(again, place(again, held));
  }

  private Held enter(Held above, Path path, boolean make) throws IOException {
    Path name = path.getFileName();
    HeldDirectory entered;
    if (make) {
      boolean there = above.directory.isThere(name);
      entered = enterOrMake(above.directory, above.place, name);
      if (!there) {
        touch(path.getParent(), above);
      }
    } else {
      entered = above.directory.enter(name);
    }
    return new Held(entered, place(entered, held));
  }

  private void touch(@Nullable Path path, Held directory) throws IOException {
    changed |= path == null;
    Path key = path == null ? Path.of("") : path;
    Object now = directory.directory.fileKey();
    Object before = touched.putIfAbsent(key, now);
    if (before != null && !before.equals(now)) {
      throw replaced(key);
    }
  }

  /** The names of what earlier processes left unfinished, with their sizes. */
  public List<Path> leftovers() throws IOException {
    List<Path> names = new ArrayList<>();
    for (Iterator<Path> all = staging.names(); all.hasNext(); ) {
      Path name = all.next();
      if (!name.equals(LOCK) && !name.equals(MADE) && staging.isRegularFile(name)) {
        names.add(name);
      }
    }
    return names;
  }

  /** Opens what an earlier process left unfinished, to read it. */
  public FileChannel openLeftover(Path name) throws IOException {
    return staging.open(name, StandardOpenOption.READ);
  }

  /** Begins a file that has no place yet; only its owner can read it. */
  public FileChannel create(Path name) throws IOException {
    return staging.open(name, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  /** Makes the bytes of a file that has no place yet durable. */
  public void force(Path name) throws IOException {
    try (FileChannel channel = staging.open(name, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  /** Removes a file that has no place yet. */
  public void drop(Path name) {
    try {
      staging.removeFile(name);
    } catch (IOException e) {
      // The next process finds it.
    }
  }

  /**
   * Gives a file, which was forced, its place. That is durable after {@link #forceNames}.
   *
   * @param name that it has until then
   * @param overwrite to put it in the place of another file or link
   * @throws OccupiedException where something stands there that is not replaced
   */
  public synchronized void place(Path name, Path path, boolean overwrite) throws IOException {
    staging.setPermissions(name, filePermissions);
    give(name, path, overwrite);
  }

  /**
   * Gives another name to what stands at a place.
   *
   * @param first where it stands, as a regular file or a symlink
   * @param symlink which of these it must be
   * @param path of the new name, in the same file system
   * @param overwrite to put it in the place of another file or link
   * @throws OccupiedException where something stands there that is not replaced
   * @throws IOException also where this system or the file system has no hard links
   */
  public synchronized void placeHardLink(Path first, boolean symlink, Path path, boolean overwrite)
      throws IOException {
    requireNotOurs(first);
    Held parent = find(first.getParent());
    if (parent == null) {
      throw new NoSuchFileException(first.toString());
    }
    if (parent.place == null || stagingPlace == null) {
      throw new IOException("hard links are made on Linux only");
    }
    Files.deleteIfExists(stagingPlace.resolve(HARD_LINK));
    Files.createLink(stagingPlace.resolve(HARD_LINK), parent.place.resolve(first.getFileName()));
    try {
      BasicFileAttributes linked = staging.attributes(HARD_LINK);
      if (symlink ? !linked.isSymbolicLink() : !linked.isRegularFile()) {
        throw new OccupiedException(kind(linked));
      }
      give(HARD_LINK, path, overwrite);
    } finally {
      Files.deleteIfExists(stagingPlace.resolve(HARD_LINK));
    }
  }

  /** Whether two places are names of one file. */
  public synchronized boolean isSame(Path one, Path other) throws IOException {
    Object key = keyAt(one);
    return key != null && key.equals(keyAt(other));
  }

  /** What tells whether two places are names of one thing; null where nothing is there. */
  public synchronized @Nullable Object key(Path path) throws IOException {
    try {
      return keyAt(path);
    } catch (NoSuchFileException | NotDirectoryException e) {
      return null;
    }
  }

  private @Nullable Object keyAt(Path path) throws IOException {
    Held parent = find(path.getParent());
    return parent == null ? null : parent.directory.attributes(path.getFileName()).fileKey();
  }

  /** Whether a directory lists exactly this name: some file systems find others under it. */
  public synchronized boolean lists(Path path) throws IOException {
    Held parent = find(path.getParent());
    if (parent == null) {
      return false;
    }
    try (HeldDirectory again = parent.directory.enter(Path.of("."))) {
      for (Iterator<Path> names = again.names(); names.hasNext(); ) {
        if (names.next().equals(path.getFileName())) {
          return true;
        }
      }
      return false;
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
  }

  private void give(Path name, Path path, boolean overwrite) throws IOException {
    requireNotOurs(path);
    Held parent = hold(path.getParent(), true);
    Path target = path.getFileName();
    if (overwrite) {
      if (parent.directory.isDirectory(target)) {
        throw new OccupiedException("a directory");
      }
      staging.move(name, parent.directory, target);
    } else if (!link(name, parent, target)) {
      if (parent.directory.isThere(target)) {
        throw new OccupiedException(kind(parent.directory.attributes(target)));
      }
      staging.move(name, parent.directory, target);
    }
    touch(path.getParent(), parent);
  }

  /**
   * Links a file to its place, which replaces nothing.
   *
   * @return false where the file system or this system has no such thing
   */
  private boolean link(Path name, Held parent, Path target) throws IOException {
    if (stagingPlace == null || parent.place == null) {
      return false;
    }
    try {
      Files.createLink(parent.place.resolve(target), stagingPlace.resolve(name));
    } catch (FileAlreadyExistsException e) {
      throw new OccupiedException(kind(parent.directory.attributes(target)));
    } catch (NoSuchFileException | NotDirectoryException e) {
      throw e;
    } catch (UnsupportedOperationException | FileSystemException e) {
      return false;
    }
    Files.deleteIfExists(stagingPlace.resolve(name));
    return true;
  }

  /** Makes a directory, and those above it, where they are missing. */
  public synchronized void makeDirectory(Path path) throws IOException {
    requireNotOurs(path);
    var unused = hold(path, true);
  }

  /**
   * Makes a symlink, which is never followed here.
   *
   * @param to where it leads, which need not be there
   * @param overwrite to put it in the place of another file or link
   * @throws OccupiedException where something else stands there that is not replaced
   */
  public synchronized void placeLink(String to, Path path, boolean overwrite) throws IOException {
    requireNotOurs(path);
    Held parent = hold(path.getParent(), true);
    Path name = path.getFileName();
    Path above = parent.place == null ? parent.directory.path() : parent.place;
    if (parent.directory.isThere(name)) {
      BasicFileAttributes there = parent.directory.attributes(name);
      if (there.isSymbolicLink() && leadsTo(above.resolve(name), to)) {
        return;
      }
      if (!overwrite || there.isDirectory()) {
        throw new OccupiedException(kind(there));
      }
      Path temp = Path.of("link.part");
      Path made = (stagingPlace == null ? staging.path() : stagingPlace).resolve(temp);
      Files.deleteIfExists(made);
      makeLink(made, to);
      staging.move(temp, parent.directory, name);
    } else {
      makeLink(above.resolve(name), to);
    }
    touch(path.getParent(), parent);
  }

  /** Java takes a slash off the end of a target. */
  private static void makeLink(Path link, String to) throws IOException {
    Path target = Path.of(to);
    if (!target.toString().equals(to) && LinuxCalls.areAvailable()) {
      LinuxCalls.makeSymlink(link, to);
    } else {
      Files.createSymbolicLink(link, target);
    }
  }

  private static boolean leadsTo(Path link, String to) throws IOException {
    Path target = Files.readSymbolicLink(link);
    return target.toString().equals(to) || !LinuxCalls.areAvailable() && target.equals(Path.of(to));
  }

  /**
   * Sets the date and the permissions of what stands at a place; no link is followed.
   *
   * @param path null for the root itself, which gets them when this is closed
   * @param directory whether it must be a directory; else it must be none
   * @param permissions as the nine bits of a mode; negative to leave them
   * @throws IOException also where it got another date; its permissions are set all the same
   */
  public synchronized void restore(
      @Nullable Path path, boolean directory, Instant modified, int permissions)
      throws IOException {
    if (path == null) {
      last = () -> restoreRoot(modified, permissions);
      return;
    }
    Held parent = find(path.getParent());
    if (parent == null) {
      throw new NoSuchFileException(path.toString());
    }
    restore(parent, path.getFileName(), directory, modified, permissions);
  }

  /**
   * Gives what stands at a place extended attributes; no link is followed.
   *
   * @param path null for the root itself
   * @param xattrs by their names without {@code user.}
   * @throws IOException also where the file system has no such thing
   */
  public synchronized void setExtendedAttributes(
      @Nullable Path path, SortedMap<String, byte[]> xattrs) throws IOException {
    Held parent = find(path == null ? null : path.getParent());
    if (parent == null) {
      throw new NoSuchFileException((path == null ? root.path() : path).toString());
    }
    Path above = parent.place == null ? parent.directory.path() : parent.place;
    ExtendedAttributes.write(
        above.resolve(path == null ? Path.of(".") : path.getFileName()), xattrs);
  }

  private void restoreRoot(Instant modified, int permissions) {
    try {
      restore(hold(null, false), Path.of("."), true, modified, permissions);
    } catch (IOException e) {
      // All that is in it is right.
    }
    closeHeld();
  }

  private static void restore(
      Held parent, Path at, boolean directory, Instant modified, int permissions)
      throws IOException {
    Path above = parent.place == null ? parent.directory.path() : parent.place;
    Path name = above.resolve(at);
    PosixFileAttributeView view =
        Files.getFileAttributeView(name, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
    PosixFileAttributes there = view.readAttributes();
    if (there.isDirectory() != directory) {
      throw new NotDirectoryException(name.toString());
    }
    IOException notExact = null;
    try {
      // A file that nobody may read cannot be given a date: the date comes first.
      ModifiedDate.set(name, view, there.isSymbolicLink(), modified);
    } catch (IOException e) {
      notExact = e;
    }
    if (permissions >= 0) {
      view.setPermissions(permissions(permissions));
    }
    if (notExact != null) {
      throw notExact;
    }
  }

  private static Set<PosixFilePermission> permissions(int bits) {
    StringBuilder letters = new StringBuilder("rwxrwxrwx");
    for (int i = 0; i < letters.length(); i++) {
      if ((bits >> (letters.length() - 1 - i) & 1) == 0) {
        letters.setCharAt(i, '-');
      }
    }
    return PosixFilePermissions.fromString(letters.toString());
  }

  /**
   * Makes all names durable, and proves that each directory is still the one in which they were
   * given.
   *
   * @throws IOException where one was replaced, or cannot be forced
   */
  public synchronized void forceNames() throws IOException {
    closeHeld();
    for (Map.Entry<Path, @Nullable Object> each : touched.entrySet()) {
      Path path = each.getKey().toString().isEmpty() ? null : each.getKey();
      Held now = find(path);
      if (now == null || !Objects.equals(now.directory.fileKey(), each.getValue())) {
        throw replaced(each.getKey());
      }
      now.directory.force();
    }
    touched.clear();
  }

  private static IOException replaced(Path directory) {
    return new IOException(
        "the directory \"" + directory + "\" was replaced while files were put into it");
  }

  private void closeHeld() {
    held.values().forEach(each -> each.directory.close());
    held.clear();
  }

  private static void close(@Nullable FileChannel lock, @Nullable HeldDirectory... directories) {
    try {
      if (lock != null) {
        lock.close();
      }
    } catch (IOException e) {
      // The lock ends with the process at the latest.
    }
    for (HeldDirectory each : directories) {
      if (each != null) {
        each.close();
      }
    }
  }

  /** Removes what is ours from the directory, unless something unfinished is to be resumed. */
  @Override
  public synchronized void close() {
    closeHeld();
    try {
      if (leftoversAgain().isEmpty()) {
        boolean same = last == null && !changed && date(root).equals(opened);
        staging.removeFile(MADE);
        staging.removeFile(LOCK);
        root.removeDirectory(stagingName);
        if (same) {
          restoreRoot(before, -1);
        }
      }
    } catch (IOException e) {
      // It is empty but for the lock, and the next process removes it.
    }
    if (last != null) {
      last.run();
    }
    close(lock, staging, root);
  }

  /** A directory is listed once for each time it is opened. */
  private List<Path> leftoversAgain() throws IOException {
    List<Path> names = new ArrayList<>();
    try (HeldDirectory again = root.enter(stagingName)) {
      for (Iterator<Path> all = again.names(); all.hasNext(); ) {
        Path name = all.next();
        if (!name.equals(LOCK) && !name.equals(MADE)) {
          names.add(name);
        }
      }
    }
    return names;
  }
}
