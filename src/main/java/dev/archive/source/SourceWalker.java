package dev.archive.source;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Text;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Walks the sources of a batch. Symlinks are not followed; what cannot be archived becomes a named
 * problem.
 */
public final class SourceWalker {
  private final String rootPath;
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

  private SourceWalker(String rootPath, OwnPlaces own, Consumer<SourceFile> files) {
    this.rootPath = rootPath;
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
   * @param files is given each file as it is found, in no certain order
   * @throws ArchiveException {@link ErrorCode#USAGE} where a source is missing, or two sources
   *     would lie in each other, or one is a place of this program that changes meanwhile
   */
  public static Found walk(
      List<Path> sources, String rootPath, OwnPlaces own, Consumer<SourceFile> files) {
    SourceWalker walker = new SourceWalker(rootPath, own, files);
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
    try {
      Files.walkFileTree(start, new Visitor(start, prefix));
    } catch (IOException e) {
      problems.add(new Problem(start, SourceFile.reason(e)));
    }
  }

  private final class Visitor extends SimpleFileVisitor<Path> {
    private final Path start;
    private final String prefix;
    private final Deque<int[]> children = new ArrayDeque<>();

    Visitor(Path start, String prefix) {
      this.start = start;
      this.prefix = prefix;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
      count();
      String what = directory.equals(start) ? null : own.directory(directory, attributes);
      if (what != null) {
        leftOut.add(new LeftOut(directory, what));
        return FileVisitResult.SKIP_SUBTREE;
      }
      children.push(new int[1]);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path directory, IOException failure) {
      if (failure != null) {
        problems.add(
            new Problem(directory, "its listing broke off: " + SourceFile.reason(failure)));
      }
      if (children.pop()[0] == 0 && failure == null) {
        emptyDirectories.add(directory);
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      count();
      String what = own.file(file, attributes);
      if (what != null) {
        leftOut.add(new LeftOut(file, what));
      } else if (attributes.isSymbolicLink()) {
        symlinks++;
      } else if (!attributes.isRegularFile()) {
        problems.add(
            new Problem(
                file, "is a special file (device, pipe or socket), which has no bytes to archive"));
      } else {
        add(file, attributes);
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException failure) {
      count();
      problems.add(new Problem(file, "cannot be read: " + SourceFile.reason(failure)));
      return FileVisitResult.CONTINUE;
    }

    private void count() {
      if (!children.isEmpty()) {
        children.peek()[0]++;
      }
    }

    private void add(Path file, BasicFileAttributes attributes) {
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
      try {
        LogicalPath path = LogicalPath.under(rootPath, relative(file));
        files.accept(SourceFile.of(file, path, attributes));
      } catch (ArchiveException e) {
        problems.add(new Problem(file, "has a name that cannot be archived: " + e.getMessage()));
      }
    }

    private String relative(Path file) {
      String below = start.relativize(file).toString();
      return prefix.isEmpty() ? below : below.isEmpty() ? prefix : prefix + "/" + below;
    }
  }
}
