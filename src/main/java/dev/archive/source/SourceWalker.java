package dev.archive.source;

import dev.archive.durable.LocalErrors;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Text;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Walks the sources of a batch. Symlinks are not followed; what cannot be archived becomes a named
 * problem.
 */
public final class SourceWalker {
  private final String rootPath;
  private final Clock clock;
  private final Consumer<SourceFile> files;
  private final List<Problem> problems = new ArrayList<>();
  private final List<Path> emptyDirectories = new ArrayList<>();
  private final OwnPlaces.Present own;
  private final List<LeftOut> leftOut = new ArrayList<>();
  private long symlinks;

  /** Something that was found and cannot be archived. */
  public record Problem(Path file, String reason) {
    @Override
    public String toString() {
      return Text.printable(file.toString()) + ": " + reason;
    }
  }

  /**
   * Something of this program itself, which is not archived.
   *
   * @param what it is, in words
   */
  public record LeftOut(Path path, String what) {
    @Override
    public String toString() {
      return Text.printable(path.toString()) + " is left out: it is " + what;
    }
  }

  /**
   * What a walk found beside files.
   *
   * @param symlinks how many were not followed
   * @param leftOut what of this program itself lies in the sources
   */
  public record Found(
      List<Problem> problems, List<Path> emptyDirectories, long symlinks, List<LeftOut> leftOut) {}

  private SourceWalker(String rootPath, OwnPlaces own, Clock clock, Consumer<SourceFile> files) {
    this.rootPath = rootPath;
    this.clock = clock;
    this.own = own.present();
    this.files = files;
  }

  /**
   * Walks directories and single files. The contents of a directory go right under the root path,
   * with its own name before them only when there are several sources; a single file goes there
   * under its own name.
   *
   * @param sources as {@link #resolve} gives them
   * @param rootPath where in the batch all of it goes: {@code /} or {@code /a/b}
   * @param own what is left out where it lies inside a source
   * @param clock by which a file is too young for its times to be trusted
   * @param files is given each file as it is found, in no certain order
   * @throws ArchiveException {@link ErrorCode#UNAVAILABLE} where this machine cannot read more at
   *     present; {@link ErrorCode#USAGE} where a source is missing, or two sources would lie in
   *     each other, or one is a place of this program that changes meanwhile
   */
  public static Found walk(
      List<Path> sources, String rootPath, OwnPlaces own, Clock clock, Consumer<SourceFile> files) {
    SourceWalker walker = new SourceWalker(rootPath, own, clock, files);
    sources.forEach(walker.own::refuse);
    Map<String, Path> names = new HashMap<>();
    for (Path source : sources) {
      boolean directory = Files.isDirectory(source);
      String prefix = directory && sources.size() == 1 ? "" : name(source);
      Path other = names.put(prefix, source);
      if (other != null) {
        throw new ArchiveException(
            ErrorCode.USAGE,
            Text.quote(other.toString())
                + " and "
                + Text.quote(source.toString())
                + " would both become "
                + Text.quote(prefix)
                + " in the batch; archive them one at a time");
      }
      walker.walk(source, prefix);
    }
    return new Found(walker.problems, walker.emptyDirectories, walker.symlinks, walker.leftOut);
  }

  /**
   * The real, absolute paths of sources. A source may itself be given through a symlink: that one a
   * person has named.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE} where one is missing, or neither directory nor
   *     file
   */
  public static List<Path> resolve(List<Path> sources) {
    return sources.stream().map(SourceWalker::real).toList();
  }

  private static Path real(Path source) {
    try {
      Path real = source.toRealPath();
      if (Files.readAttributes(real, BasicFileAttributes.class).isOther()) {
        throw new ArchiveException(
            ErrorCode.USAGE,
            Text.quote(source.toString()) + " is neither a directory nor a regular file");
      }
      return real;
    } catch (IOException e) {
      String reason =
          Files.exists(source, LinkOption.NOFOLLOW_LINKS)
              ? SourceFile.reason(e)
              : "there is no such file or directory";
      throw new ArchiveException(
          ErrorCode.USAGE,
          "cannot archive " + Text.quote(source.toString()) + ": " + reason + "; nothing was done",
          e);
    }
  }

  private static String name(Path source) {
    if (source.getFileName() == null) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          Text.quote(source.toString()) + " has no name; archive it as the only source");
    }
    return source.getFileName().toString();
  }

  private void walk(Path start, String prefix) {
    try (Walk walk = new Walk(start, prefix)) {
      walk.run();
    }
  }

  /** A directory whose names are being read. */
  private static final class Level {
    private final Path directory;
    private final DirectoryStream<Path> names;
    private final Iterator<Path> next;
    private boolean empty = true;

    // Closed where the walk leaves the directory, at the latest with the walk.
    @SuppressWarnings("StreamResourceLeak")
    Level(Path directory) throws IOException {
      this.directory = directory;
      this.names = Files.newDirectoryStream(directory);
      this.next = names.iterator();
    }
  }

  /** One source. It asks for the attributes of each name once; Java's walk does not tell all. */
  private final class Walk implements AutoCloseable {
    private final Path start;
    private final String prefix;
    private final Deque<Level> levels = new ArrayDeque<>();

    Walk(Path start, String prefix) {
      this.start = start;
      this.prefix = prefix;
    }

    void run() {
      visit(start);
      while (!levels.isEmpty()) {
        Level level = levels.peek();
        try {
          if (level.next.hasNext()) {
            level.empty = false;
            visit(level.next.next());
          } else {
            leave(null);
          }
        } catch (DirectoryIteratorException e) {
          leave(e.getCause());
        }
      }
    }

    private void leave(IOException failure) {
      Level level = levels.pop();
      close(level);
      if (failure != null) {
        requireOfTheFile(level.directory, failure);
        problems.add(
            new Problem(level.directory, "its listing broke off: " + SourceFile.reason(failure)));
      } else if (level.empty) {
        emptyDirectories.add(level.directory);
      }
    }

    private void visit(Path file) {
      try {
        FileAttributes attributes = FileAttributes.read(file, clock.millis());
        boolean directory = attributes.kind() == FileAttributes.Kind.DIRECTORY;
        String ours = directory && file.equals(start) ? null : own.name(file, attributes);
        if (ours != null) {
          leftOut.add(new LeftOut(file, ours));
          return;
        }
        switch (attributes.kind()) {
          case DIRECTORY -> levels.push(new Level(file));
          case SYMLINK -> symlinks++;
          case REGULAR -> add(file, attributes.stamp());
          case SPECIAL ->
              problems.add(
                  new Problem(
                      file,
                      "is a special file (device, pipe or socket), which has no bytes to archive"));
        }
      } catch (IOException e) {
        requireOfTheFile(file, e);
        problems.add(new Problem(file, "cannot be read: " + SourceFile.reason(e)));
      }
    }

    private static void requireOfTheFile(Path file, IOException failure) {
      if (LocalErrors.isTemporary(failure)) {
        throw SourceFile.unavailable(file, failure);
      }
    }

    private void add(Path file, Stamp stamp) {
      // A name that is no valid UTF-8 reads as something else than it is, and could not be opened
      // again.
      if (!Path.of(file.toString()).equals(file)) {
        problems.add(new Problem(file, "has a name that is not valid UTF-8; rename it"));
        return;
      }
      if (!Files.isReadable(file)) {
        problems.add(new Problem(file, "cannot be read: permission denied"));
        return;
      }
      LogicalPath path;
      try {
        path = LogicalPath.under(rootPath, relative(file));
      } catch (ArchiveException e) {
        problems.add(new Problem(file, "has a name that cannot be archived: " + e.getMessage()));
        return;
      }
      files.accept(new SourceFile(file, path, stamp));
    }

    private String relative(Path file) {
      String below = start.relativize(file).toString();
      return prefix.isEmpty() ? below : below.isEmpty() ? prefix : prefix + "/" + below;
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
      levels.forEach(Walk::close);
    }
  }
}
