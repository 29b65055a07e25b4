package dev.archive.source;

import dev.archive.model.ArchiveException;
import dev.archive.model.Attributes;
import dev.archive.model.ErrorCode;
import dev.archive.model.Excluded;
import dev.archive.model.Text;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Walks the sources of a batch. Symlinks are followed only where that was asked for; what cannot be
 * archived becomes a named problem, and what is excluded is counted by the rule that excludes it.
 */
public final class SourceWalker {
  /** How symlinks are counted that are not followed because nobody asked for it. */
  static final String NOT_ASKED_FOR = "symlinks are not followed";

  final List<Path> sources;
  final String rootPath;
  final Filters filters;
  final Instant began;
  final Clock clock;
  final Listener listener;
  final OwnPlaces.Present own;
  final List<Problem> problems = new ArrayList<>();
  final List<Path> emptyDirectories = new ArrayList<>();
  final List<LeftOut> leftOut = new ArrayList<>();
  final ExcludedName.Tally excluded = new ExcludedName.Tally();
  final Map<String, Long> symlinks = new TreeMap<>();
  private final AttributeReader attributes;
  private final List<String> unrecorded = new ArrayList<>();
  private final List<Attributes> recorded = new ArrayList<>();
  private long names;
  private long bytes;

  /** Is told what a walk finds, as it is found and in no certain order. */
  public interface Listener {
    /** A file to archive. */
    void file(SourceFile file);

    /** A name that is excluded. */
    default void excluded(ExcludedName name) {}

    /**
     * A name that cannot be read, so that what it holds is unknown.
     *
     * @param path as that of an {@link ExcludedName}
     */
    default void unreadable(String path) {}
  }

  /** Why something that was found cannot be archived. */
  public enum Why {
    /** It has no bytes: a device, pipe or socket. */
    SPECIAL,
    /** Its name cannot be kept. */
    NAME,
    /** It cannot be read. */
    UNREADABLE,
    /** A directory, of which not all could be read. */
    DIRECTORY
  }

  /**
   * Something that was found and cannot be archived.
   *
   * @param bytes of a regular file; else 0
   */
  public record Problem(Path file, String reason, Why why, long bytes) {
    @Override
    public String toString() {
      return Text.printable(file.toString()) + ": " + reason;
    }
  }

  /**
   * Something of this program itself, which is not archived.
   *
   * @param what it is, in words
   * @param directory whether it is one
   * @param bytes of a regular file; else 0
   */
  public record LeftOut(Path path, String what, boolean directory, long bytes) {
    @Override
    public String toString() {
      return Text.printable(path.toString()) + " is left out: it is " + what;
    }
  }

  /**
   * What a walk found.
   *
   * @param names how many there were of files, symlinks and special files in all
   * @param bytes how many the regular files among them have
   * @param symlinks how many were not followed, by the reason
   * @param recorded the attributes of directories, and of the symlinks that were not followed; not
   *     of one whose name or target cannot be kept
   * @param unrecorded directories whose attributes cannot be recorded, with the reason; symlinks
   *     are counted
   * @param leftOut what of this program itself lies in the sources
   */
  public record Found(
      long names,
      long bytes,
      List<Problem> problems,
      List<Path> emptyDirectories,
      Map<String, Long> symlinks,
      List<Attributes> recorded,
      List<String> unrecorded,
      List<LeftOut> leftOut,
      List<Excluded> excluded) {

    /** How many symlinks were not followed. */
    public long symlinksNotFollowed() {
      return symlinks.values().stream().mapToLong(Long::longValue).sum();
    }

    /** How many of them are recorded. */
    public long symlinksRecorded() {
      return recorded.stream().filter(each -> each.kind() == Attributes.Kind.SYMLINK).count();
    }
  }

  private SourceWalker(
      List<Path> sources,
      String rootPath,
      OwnPlaces own,
      Filters filters,
      Clock clock,
      Listener listener) {
    this.sources = sources;
    this.rootPath = rootPath;
    this.filters = filters;
    this.attributes = new AttributeReader(filters.xattrs(), this::leave);
    this.clock = clock;
    this.began = clock.instant();
    this.own = own.present();
    this.listener = listener;
  }

  /**
   * Walks directories and single files. The contents of a directory go right under the root path,
   * with its own name before them only when there are several sources; a single file goes there
   * under its own name.
   *
   * @param sources as {@link #resolve} gives them
   * @param rootPath where in the batch all of it goes: {@code /} or {@code /a/b}
   * @param own what is left out where it lies inside a source
   * @param filters what of the sources is wanted
   * @param clock by which a file is too young for its times to be trusted
   * @throws ArchiveException {@link ErrorCode#UNAVAILABLE} where this machine cannot read more now;
   *     {@link ErrorCode#USAGE} where a source is missing, or two sources would lie in each other,
   *     or one is a place of this program that changes meanwhile
   */
  public static Found walk(
      List<Path> sources,
      String rootPath,
      OwnPlaces own,
      Filters filters,
      Clock clock,
      Listener listener) {
    SourceWalker walker = new SourceWalker(sources, rootPath, own, filters, clock, listener);
    sources.forEach(walker.own::refuse);
    walker.requireNamesInSources();
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
      try (SourceWalk walk = new SourceWalk(walker, source, prefix)) {
        walk.run();
      }
    }
    return new Found(
        walker.names,
        walker.bytes,
        walker.problems,
        walker.emptyDirectories,
        walker.symlinks,
        walker.recorded,
        walker.unrecorded,
        walker.leftOut,
        walker.excluded.list());
  }

  private void requireNamesInSources() {
    if (filters.names() == null) {
      return;
    }
    for (Path name : filters.names()) {
      if (sources.stream().noneMatch(name::startsWith)) {
        throw new ArchiveException(
            ErrorCode.USAGE,
            Text.quote(name.toString())
                + " of --files-from does not lie in what is to be archived; nothing was done");
      }
    }
  }

  /** Counts a name that is no directory. */
  void count() {
    names++;
  }

  /** Counts the bytes of a regular file, which a name is or leads to. */
  void countBytes(long size) {
    bytes += size;
  }

  /** A symlink that was counted leads to a directory, and that is entered or excluded. */
  void isDirectory() {
    names--;
  }

  void notFollowed(String why) {
    symlinks.merge(why, 1L, Long::sum);
  }

  /** Records a directory or a symlink where it can be. */
  void record(Path file, String relative, Attributes.Kind kind) {
    String path = rootPath.equals("/") ? "/" + relative : rootPath;
    if (!rootPath.equals("/") && !relative.isEmpty()) {
      path = rootPath + "/" + relative;
    }
    Attributes read = attributes.of(file, path, kind);
    if (read != null) {
      recorded.add(read);
    }
  }

  /** The names of symlinks are not told here, for a plan has a line for those already. */
  private void leave(Path file, String why) {
    if (!Files.isSymbolicLink(file)) {
      unrecorded.add(Text.printable(file.toString()) + ": " + why);
    }
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
}
