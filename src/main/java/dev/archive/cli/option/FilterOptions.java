package dev.archive.cli.option;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Text;
import dev.archive.source.Filters;
import dev.archive.source.IgnoreFile;
import dev.archive.source.SourceFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Which files of the sources are meant: the same options for every command that walks them. */
public final class FilterOptions {
  private static final String FROM = "--filter-from=";

  @Option(
      names = "--exclude",
      paramLabel = "PATTERN",
      converter = Exclude.class,
      description =
          "Leave out what matches a pattern of gitignore. Of several rules the last that matches"
              + " decides; an excluded directory is not entered.")
  private List<Rule> exclude = List.of();

  @Option(
      names = "--include",
      paramLabel = "PATTERN",
      converter = Include.class,
      description =
          "Archive what matches, even if a rule before this one excludes it. If this is the first"
              + " rule, files that no rule matches are left out.")
  private List<Rule> include = List.of();

  @Option(
      names = "--filter-from",
      paramLabel = "FILE",
      converter = FilterFrom.class,
      description = "Read rules from FILE, in the form of .gitignore.")
  private List<Rule> filterFrom = List.of();

  @Option(
      names = "--files-from",
      paramLabel = "FILE|-",
      description =
          "Archive only the files and directories that FILE or standard input names, one per line;"
              + " they must lie in DIR.")
  private @Nullable String filesFrom;

  @Option(
      names = {"-0", "--null"},
      description = "The names of --files-from end in NUL, as find -print0 writes them.")
  private boolean endInNul;

  @Option(
      names = "--no-archiveignore",
      description = "Do not read the rules in files called .archiveignore in the sources.")
  private boolean noIgnoreFiles;

  @Option(
      names = "--exclude-if-present",
      paramLabel = "NAME",
      description = "Leave out directories that contain a file of this name.")
  private List<String> markers = List.of();

  @Option(
      names = "--exclude-caches",
      description = "Leave out directories with a valid CACHEDIR.TAG.")
  private boolean excludeCaches;

  @Option(
      names = "--min-size",
      paramLabel = "SIZE",
      converter = SizeOption.class,
      description = "Leave out files smaller than SIZE (for example 1k).")
  private @Nullable Long minSize;

  @Option(
      names = "--max-size",
      paramLabel = "SIZE",
      converter = SizeOption.class,
      description = "Leave out files larger than SIZE (for example 4G).")
  private @Nullable Long maxSize;

  @Option(
      names = "--newer-than",
      paramLabel = "TIME",
      converter = PastTimeOption.class,
      description =
          "Leave out files that were not modified after TIME: a date, 2026-01-31T12:00:00Z, or an"
              + " age such as 30d.")
  private @Nullable String newerThan;

  @Option(
      names = "--follow-symlinks",
      description = "Archive what symlinks lead to, if it is in the sources.")
  private boolean followSymlinks;

  @Option(
      names = "--follow-all-symlinks",
      description = "Archive what symlinks lead to, also outside of the sources.")
  private boolean followAll;

  @Option(
      names = "--one-file-system",
      description = "Do not enter directories on other file systems than their source.")
  private boolean oneFileSystem;

  @Option(
      names = "--skip-junk",
      description = "Leave out .DS_Store, Thumbs.db and what else systems leave (see the manual).")
  private boolean skipJunk;

  @Option(
      names = "--xattrs",
      description =
          "Also record or compare extended attributes of files and directories (user.*), at most 64"
              + " KiB each.")
  private boolean xattrs;

  /**
   * A rule.
   *
   * @param order among all that were read
   * @param option as {@code --option=value}
   */
  private record Rule(int order, String option) {}

  /** Keeps the order among options of several names, which picocli reads into one list each. */
  private abstract static class InOrder implements ITypeConverter<Rule> {
    private static final AtomicInteger READ = new AtomicInteger();
    private final String option;

    InOrder(String option) {
      this.option = option;
    }

    @Override
    public Rule convert(String value) {
      if (value.startsWith("!") && !option.equals(FROM)) {
        throw new TypeConversionException(
            Text.quote(value)
                + " begins with !; use --include for what is not to be excluded, or \\! for a name"
                + " that begins so");
      }
      return new Rule(READ.getAndIncrement(), option + value);
    }
  }

  static final class Exclude extends InOrder {
    Exclude() {
      super(Filters.EXCLUDE);
    }
  }

  static final class Include extends InOrder {
    Include() {
      super(Filters.INCLUDE);
    }
  }

  static final class FilterFrom extends InOrder {
    FilterFrom() {
      super(FROM);
    }
  }

  /**
   * The filters.
   *
   * @param sources as they were given
   * @throws ArchiveException {@link ErrorCode#USAGE} where a file of rules cannot be read, or a
   *     value makes no sense
   */
  public Filters filters(List<Path> sources) {
    List<String> options = new ArrayList<>();
    Stream.of(exclude, include, filterFrom)
        .flatMap(List::stream)
        .sorted(Comparator.comparing(Rule::order))
        .forEach(rule -> options.addAll(read(rule.option)));
    for (String marker : markers) {
      if (marker.indexOf('/') >= 0) {
        throw new ArchiveException(
            ErrorCode.USAGE,
            "--exclude-if-present takes the name of a file, not a path: " + Text.quote(marker));
      }
      options.add(Filters.IF_PRESENT + marker);
    }
    if (minSize != null) {
      options.add(Filters.MIN_SIZE + minSize);
    }
    if (maxSize != null) {
      options.add(Filters.MAX_SIZE + maxSize);
    }
    if (newerThan != null) {
      options.add(Filters.NEWER_THAN + newerThan);
    }
    addIf(excludeCaches, Filters.CACHES, options);
    addIf(followSymlinks && !followAll, Filters.FOLLOW_SYMLINKS, options);
    addIf(followAll, Filters.FOLLOW_ALL, options);
    addIf(oneFileSystem, Filters.ONE_FILE_SYSTEM, options);
    addIf(skipJunk, Filters.SKIP_JUNK, options);
    addIf(noIgnoreFiles, Filters.NO_IGNORE_FILES, options);
    addIf(xattrs, Filters.XATTRS, options);
    Filters filters = Filters.parse(options);
    if (filesFrom == null && endInNul) {
      throw new ArchiveException(ErrorCode.USAGE, "--null goes with --files-from");
    }
    return filesFrom == null
        ? filters
        : filters.of(
            NameList.read(filesFrom, endInNul, followSymlinks || followAll ? sources : List.of()));
  }

  private static void addIf(boolean given, String option, List<String> options) {
    if (given) {
      options.add(option);
    }
  }

  /** A pattern as it is; for a file its lines. */
  private static List<String> read(String rule) {
    if (!rule.startsWith(FROM)) {
      return List.of(rule);
    }
    Path file = Path.of(rule.substring(FROM.length()));
    try {
      if (Files.isDirectory(file)) {
        throw new IOException("it is a directory");
      }
      return IgnoreFile.lines(file).stream()
          .filter(line -> !line.isBlank() && !line.startsWith("#"))
          .map(line -> Filters.FROM_FILE + line)
          .toList();
    } catch (IOException e) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "--filter-from: "
              + Text.quote(file.toString())
              + " cannot be read: "
              + SourceFile.reason(e)
              + "; nothing was done",
          e);
    }
  }
}
