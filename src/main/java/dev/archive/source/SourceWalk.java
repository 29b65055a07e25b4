package dev.archive.source;

import dev.archive.durable.LocalErrors;
import dev.archive.model.ArchiveException;
import dev.archive.model.Attributes;
import dev.archive.model.LogicalPath;
import dev.archive.source.SourceWalker.LeftOut;
import dev.archive.source.SourceWalker.Problem;
import dev.archive.source.SourceWalker.Why;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Walks one source. It asks for the attributes of each name once; Java's walk does not tell all.
 */
final class SourceWalk implements AutoCloseable {
  /** How many symlinks to directories may lead to one file: each may double what there is. */
  private static final int MAX_LINKS = 8;

  private static final String LEADS_OUT = "symlinks lead out of the source";

  private static final String LEADS_NOWHERE = "symlinks lead to nothing";

  private final SourceWalker walker;
  private final Path start;
  private final String prefix;
  private final Deque<Level> levels = new ArrayDeque<>();
  private @Nullable Selection selection;

  /** Whether the source is a file, which has its own name in the batch. */
  private boolean single;

  /** A directory whose names are being read. */
  private static final class Level {
    private final Path directory;
    private final String relative;
    private final Selection.Scope scope;
    private final Object fileKey;
    private final int links;
    private final DirectoryStream<Path> names;
    private final Iterator<Path> next;
    private boolean empty = true;

    /** Whether anything lies in it that is no place of this program. */
    private boolean others;

    // Closed where the walk leaves the directory, at the latest with the walk.
    @SuppressWarnings("StreamResourceLeak")
    Level(Path directory, String relative, Selection.Scope scope, Object fileKey, int links)
        throws IOException {
      this.directory = directory;
      this.relative = relative;
      this.scope = scope;
      this.fileKey = fileKey;
      this.links = links;
      this.names = Files.newDirectoryStream(directory);
      this.next = names.iterator();
    }

    String relative(Path name) {
      String last = name.getFileName().toString();
      return relative.isEmpty() ? last : relative + "/" + last;
    }
  }

  SourceWalk(SourceWalker walker, Path start, String prefix) {
    this.walker = walker;
    this.start = start;
    this.prefix = prefix;
  }

  void run() {
    List<Path> names = walker.filters.names();
    if (names == null || names.contains(start)) {
      begin();
      walk();
      return;
    }
    for (Path name : names) {
      if (name.startsWith(start)) {
        beginAt(name);
        walk();
      }
    }
  }

  private void walk() {
    while (!levels.isEmpty()) {
      Level level = levels.peek();
      try {
        if (level.next.hasNext()) {
          level.empty = false;
          Path next = level.next.next();
          int before = walker.leftOut.size();
          visit(next, level.relative(next), level.scope);
          level.others |= walker.leftOut.size() == before;
        } else {
          leave(null);
        }
      } catch (DirectoryIteratorException e) {
        leave(e.getCause());
      }
    }
  }

  /** Begins at a name below the source, as if the walk had come there. */
  private void beginAt(Path name) {
    Selection.Scope scope = Selection.Scope.NONE;
    Path at = start;
    String relative = "";
    try {
      FileAttributes attributes = read(start);
      selection = new Selection(walker.filters, walker.began, attributes.device());
      scope = selection().enter(start, "", scope);
      for (Path segment : start.relativize(name.getParent())) {
        if (segment.toString().isEmpty()) {
          continue;
        }
        at = at.resolve(segment);
        relative = relative.isEmpty() ? segment.toString() : relative + "/" + segment;
        FileAttributes above = read(at);
        if (above.kind() == FileAttributes.Kind.SYMLINK && walker.filters.followSymlinks()) {
          Path real = at.toRealPath();
          if (leadsOut(real)) {
            walker.count();
            notFollowed(at, relative, LEADS_OUT);
            return;
          }
          at = real;
          above = read(real);
        }
        String ours = walker.own.name(at, above);
        String rule = selection().byName(relative, true, scope);
        rule = rule == null ? selection().byContent(at, above.device()) : rule;
        if (rule != null || ours != null) {
          leaveOut(name, rule, ours);
          return;
        }
        scope = selection().enter(at, relative, scope);
      }
    } catch (IOException e) {
      walker.count();
      unreadable(name, start.relativize(name).toString(), Why.UNREADABLE, e);
      return;
    }
    visit(at.resolve(name.getFileName()), start.relativize(name).toString(), scope);
  }

  private Selection selection() {
    return Objects.requireNonNull(selection, "the walk has not begun");
  }

  private boolean leadsOut(Path real) {
    return !walker.filters.followAll() && walker.sources.stream().noneMatch(real::startsWith);
  }

  /** Leaves a name out because of a directory above. */
  private void leaveOut(Path name, @Nullable String rule, @Nullable String ours)
      throws IOException {
    FileAttributes attributes = read(name);
    boolean directory = attributes.kind() == FileAttributes.Kind.DIRECTORY;
    boolean regular = attributes.kind() == FileAttributes.Kind.REGULAR;
    long size = regular ? attributes.stamp().size() : 0;
    if (!directory) {
      walker.count();
      walker.countBytes(size);
    }
    if (rule == null) {
      walker.leftOut.add(new LeftOut(name, "in " + ours, directory, size));
      return;
    }
    exclude(name, start.relativize(name).toString(), kind(directory, regular), size, rule);
  }

  private static ExcludedName.Kind kind(boolean directory, boolean regular) {
    return directory
        ? ExcludedName.Kind.DIRECTORY
        : regular ? ExcludedName.Kind.FILE : ExcludedName.Kind.OTHER;
  }

  /** Rules are about what lies in a source, and about a file that is one by its name. */
  private void begin() {
    try {
      FileAttributes attributes = read(start);
      selection = new Selection(walker.filters, walker.began, attributes.device());
      if (attributes.kind() == FileAttributes.Kind.DIRECTORY) {
        enter(start, "", attributes, Selection.Scope.NONE, 0);
      } else {
        single = true;
        visit(start, start.getFileName().toString(), Selection.Scope.NONE);
      }
    } catch (IOException e) {
      walker.count();
      unreadable(start, "", Why.UNREADABLE, e);
    }
  }

  private FileAttributes read(Path file) throws IOException {
    return FileAttributes.read(file, walker.clock.millis());
  }

  private void leave(@Nullable IOException failure) {
    Level level = levels.pop();
    close(level);
    // One that holds places of this program alone is such a place too, and changes with each run.
    if (level.empty || level.others) {
      walker.record(level.directory, prefixed(level.relative), Attributes.Kind.DIRECTORY);
    }
    if (failure != null) {
      requireOfTheFile(level.directory, failure);
      problem(
          level.directory,
          level.relative,
          "its listing broke off: " + SourceFile.reason(failure),
          Why.DIRECTORY,
          0);
    } else if (level.empty) {
      walker.emptyDirectories.add(level.directory);
    }
  }

  private void visit(Path file, String relative, Selection.Scope scope) {
    FileAttributes attributes;
    try {
      attributes = read(file);
    } catch (IOException e) {
      walker.count();
      unreadable(file, relative, Why.UNREADABLE, e);
      return;
    }
    boolean directory = attributes.kind() == FileAttributes.Kind.DIRECTORY;
    boolean regular = attributes.kind() == FileAttributes.Kind.REGULAR;
    long size = regular ? attributes.stamp().size() : 0;
    if (!directory) {
      walker.count();
      walker.countBytes(size);
    }
    String rule = selection().byName(relative, directory || isFollowed(file, attributes), scope);
    if (rule == null && regular) {
      rule = selection().byStamp(attributes.stamp());
    }
    if (rule != null) {
      exclude(file, relative, kind(directory, regular), size, rule);
      return;
    }
    String ours = walker.own.name(file, attributes);
    if (ours != null) {
      walker.leftOut.add(new LeftOut(file, ours, directory, size));
      return;
    }
    switch (attributes.kind()) {
      case DIRECTORY -> enter(file, relative, attributes, scope, links());
      case SYMLINK -> follow(file, relative, scope);
      case REGULAR -> add(file, relative, attributes.stamp());
      case SPECIAL -> special(file, relative);
    }
  }

  private int links() {
    return levels.isEmpty() ? 0 : levels.peek().links;
  }

  /** Whether a symlink stands for a directory to the rules. */
  private boolean isFollowed(Path file, FileAttributes attributes) {
    return attributes.kind() == FileAttributes.Kind.SYMLINK
        && walker.filters.followSymlinks()
        && Files.isDirectory(file);
  }

  private void exclude(Path file, String relative, ExcludedName.Kind kind, long size, String rule) {
    ExcludedName name = new ExcludedName(file, prefixed(relative), kind, size, rule);
    walker.excluded.add(name);
    walker.listener.excluded(name);
  }

  private void enter(
      Path directory,
      String relative,
      FileAttributes attributes,
      Selection.Scope scope,
      int links) {
    String rule = selection().byContent(directory, attributes.device());
    if (rule != null) {
      exclude(directory, relative, ExcludedName.Kind.DIRECTORY, 0, rule);
      return;
    }
    Selection.Scope inside;
    try {
      inside = selection().enter(directory, relative, scope);
    } catch (IOException e) {
      requireOfTheFile(directory, e);
      problem(
          directory,
          relative,
          "is not read, for its "
              + IgnoreFile.NAME
              + " cannot be: "
              + SourceFile.reason(e)
              + " (--no-archiveignore archives without these rules)",
          Why.DIRECTORY,
          0);
      return;
    }
    try {
      levels.push(new Level(directory, relative, inside, attributes.fileKey(), links));
    } catch (IOException e) {
      unreadable(directory, relative, Why.DIRECTORY, e);
    }
  }

  private void follow(Path link, String relative, Selection.Scope scope) {
    if (!walker.filters.followSymlinks()) {
      notFollowed(link, relative, SourceWalker.NOT_ASKED_FOR);
      return;
    }
    try {
      Path real = link.toRealPath();
      if (leadsOut(real)) {
        notFollowed(link, relative, LEADS_OUT);
        return;
      }
      FileAttributes target = read(real);
      String ours = walker.own.target(real, target);
      if (ours != null) {
        walker.leftOut.add(new LeftOut(link, ours, false, 0));
        return;
      }
      switch (target.kind()) {
        case DIRECTORY -> enterThrough(link, real, relative, target, scope);
        case REGULAR -> addThrough(link, real, relative, target.stamp());
        case SYMLINK, SPECIAL -> special(link, relative);
      }
    } catch (NoSuchFileException | FileSystemLoopException e) {
      notFollowed(link, relative, LEADS_NOWHERE);
    } catch (IOException e) {
      if (SourceFile.reason(e).startsWith("too many levels of symbolic links")) {
        notFollowed(link, relative, LEADS_NOWHERE);
        return;
      }
      unreadable(link, relative, Why.UNREADABLE, e);
    }
  }

  private void notFollowed(Path link, String relative, String why) {
    walker.notFollowed(why);
    walker.record(link, prefixed(relative), Attributes.Kind.SYMLINK);
  }

  private void enterThrough(
      Path link, Path real, String relative, FileAttributes target, Selection.Scope scope) {
    if (levels.stream().anyMatch(level -> level.fileKey.equals(target.fileKey()))) {
      notFollowed(link, relative, "symlinks lead back to a directory that holds them");
    } else if (links() == MAX_LINKS) {
      problem(
          link,
          relative,
          "is not followed: " + MAX_LINKS + " symlinks to directories lead here already",
          Why.UNREADABLE,
          0);
    } else {
      walker.isDirectory();
      enter(real, relative, target, scope, links() + 1);
    }
  }

  private void addThrough(Path link, Path real, String relative, Stamp stamp) {
    walker.countBytes(stamp.size());
    String rule = selection().byStamp(stamp);
    if (rule != null) {
      exclude(link, relative, ExcludedName.Kind.FILE, stamp.size(), rule);
      return;
    }
    add(real, relative, stamp);
  }

  private void special(Path file, String relative) {
    problem(
        file,
        relative,
        "is a special file (device, pipe or socket), which has no bytes to archive",
        Why.SPECIAL,
        0);
  }

  private void unreadable(Path file, String relative, Why why, IOException failure) {
    requireOfTheFile(named(file, relative), failure);
    problem(file, relative, "cannot be read: " + SourceFile.reason(failure), why, 0);
  }

  private static void requireOfTheFile(Path file, IOException failure) {
    if (LocalErrors.isTemporary(failure)) {
      throw SourceFile.unavailable(file, failure);
    }
  }

  private void add(Path file, String relative, Stamp stamp) {
    // A name that is no valid UTF-8 reads as something else than it is, and could not be opened
    // again.
    if (!Path.of(file.toString()).equals(file)) {
      problem(
          file, relative, "has a name that is not valid UTF-8; rename it", Why.NAME, stamp.size());
      return;
    }
    if (!Files.isReadable(file)) {
      problem(file, relative, "cannot be read: permission denied", Why.UNREADABLE, stamp.size());
      return;
    }
    LogicalPath path;
    try {
      path = LogicalPath.under(walker.rootPath, prefixed(relative));
    } catch (ArchiveException e) {
      problem(
          file,
          relative,
          "has a name that cannot be archived: " + e.getMessage(),
          Why.NAME,
          stamp.size());
      return;
    }
    walker.listener.file(new SourceFile(file, path, stamp));
  }

  /**
   * The name by which a person reaches a file: below a symlink that was followed it is not the one
   * under which the file really lies. A name that is no valid UTF-8 stays as it is.
   */
  private Path named(Path file, String relative) {
    if (single) {
      return start;
    }
    return relative.isEmpty() || !Path.of(file.toString()).equals(file)
        ? file
        : start.resolve(relative);
  }

  private void problem(Path file, String relative, String reason, Why why, long bytes) {
    walker.problems.add(new Problem(named(file, relative), reason, why, bytes));
    if (why == Why.UNREADABLE || why == Why.DIRECTORY) {
      walker.listener.unreadable(prefixed(relative));
    }
  }

  private String prefixed(String relative) {
    return prefix.isEmpty()
        ? relative
        : single || relative.isEmpty() ? prefix : prefix + "/" + relative;
  }

  private static void close(Level level) {
    try {
      level.names.close();
    } catch (IOException e) {
      // All of its names were read, or the walk has failed already.
    }
  }

  @Override
  public void close() {
    levels.forEach(SourceWalk::close);
  }
}
