package dev.archive.source;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Sha256;
import dev.archive.model.Text;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which files of its sources a run is to archive. They are written as options of the command line,
 * so that a journal, a receipt and a person read the same, and are part of what makes a run this
 * run.
 */
public final class Filters {
  /** For a run that archives all. */
  public static final Filters NONE = parse(List.of());

  /** A rule of a file that {@code --filter-from} named: the file may not be there any more. */
  public static final String FROM_FILE = "--filter=";

  public static final String EXCLUDE = "--exclude=";
  public static final String INCLUDE = "--include=";
  public static final String IF_PRESENT = "--exclude-if-present=";
  public static final String CACHES = "--exclude-caches";
  public static final String MIN_SIZE = "--min-size=";
  public static final String MAX_SIZE = "--max-size=";
  public static final String NEWER_THAN = "--newer-than=";
  public static final String FOLLOW_SYMLINKS = "--follow-symlinks";
  public static final String FOLLOW_ALL = "--follow-all-symlinks";
  public static final String ONE_FILE_SYSTEM = "--one-file-system";
  public static final String SKIP_JUNK = "--skip-junk";
  public static final String NO_IGNORE_FILES = "--no-archiveignore";

  /** Leaves nothing out, and is here because it makes a run another one just so. */
  public static final String XATTRS = "--xattrs";

  private static final String NAMES = "--files-from=sha256:";

  private final List<String> options;
  private final @Nullable List<Path> names;
  private final List<IgnoreRule> rules = new ArrayList<>();
  private final List<String> markers = new ArrayList<>();
  private List<IgnoreRule> junk = List.of();
  private long minSize;
  private long maxSize = Long.MAX_VALUE;
  private @Nullable String newerThan;
  private boolean onlyIncluded;

  private Filters(List<String> options, @Nullable List<Path> names) {
    this.options = List.copyOf(options);
    this.names = names == null ? null : List.copyOf(names);
    options.forEach(this::take);
  }

  /**
   * Reads filters.
   *
   * @param options in the order in which they were given: {@link #EXCLUDE} and its like with a
   *     value behind, sizes in bytes, times in ISO-8601 or an age as {@code P30D}
   * @throws ArchiveException {@link ErrorCode#USAGE} where one is unknown
   */
  public static Filters parse(List<String> options) {
    return new Filters(options, null);
  }

  /**
   * The same filters of some names only. Their list is part of the filters by its digest.
   *
   * @param some absolute; what lies in a directory of the list need not be in it
   */
  public Filters of(List<Path> some) {
    Set<Path> all = new HashSet<>(some);
    List<Path> sorted =
        some.stream().filter(each -> !isBelow(all, each)).distinct().sorted().toList();
    List<String> more = new ArrayList<>(options);
    more.removeIf(each -> each.startsWith(NAMES));
    String text = sorted.stream().map(Path::toString).collect(Collectors.joining("\0"));
    more.add(NAMES + Sha256.of(text.getBytes(StandardCharsets.UTF_8)).hex());
    return new Filters(more, sorted);
  }

  private static boolean isBelow(Set<Path> names, Path name) {
    for (Path at = name.getParent(); at != null; at = at.getParent()) {
      if (names.contains(at)) {
        return true;
      }
    }
    return false;
  }

  /** The names that are meant, sorted; null for all. */
  public @Nullable List<Path> names() {
    return names;
  }

  /** Whether only names of a list are meant that is not here. */
  public boolean lackNames() {
    return names == null && options.stream().anyMatch(each -> each.startsWith(NAMES));
  }

  private void take(String option) {
    if (option.startsWith(EXCLUDE)) {
      add(IgnoreRule.pattern(option.substring(EXCLUDE.length()), true, option));
    } else if (option.startsWith(INCLUDE)) {
      onlyIncluded |= rules.isEmpty();
      add(IgnoreRule.pattern(option.substring(INCLUDE.length()), false, option));
    } else if (option.startsWith(FROM_FILE)) {
      String line = option.substring(FROM_FILE.length());
      IgnoreRule rule = IgnoreRule.line(line, "--filter-from: " + line);
      if (rule != null) {
        add(rule);
      }
    } else if (option.startsWith(IF_PRESENT)) {
      markers.add(option.substring(IF_PRESENT.length()));
    } else if (option.startsWith(MIN_SIZE)) {
      minSize = Long.parseLong(option.substring(MIN_SIZE.length()));
    } else if (option.startsWith(MAX_SIZE)) {
      maxSize = Long.parseLong(option.substring(MAX_SIZE.length()));
    } else if (option.startsWith(NEWER_THAN)) {
      newerThan = option.substring(NEWER_THAN.length());
      var unused = modifiedAfter(Instant.EPOCH);
    } else if (option.equals(SKIP_JUNK)) {
      junk = Junk.rules();
    } else if (option.startsWith(NAMES)) {
      // The names themselves are kept beside the journal.
      return;
    } else if (!List.of(
            CACHES, FOLLOW_SYMLINKS, FOLLOW_ALL, ONE_FILE_SYSTEM, NO_IGNORE_FILES, XATTRS)
        .contains(option)) {
      throw new ArchiveException(
          ErrorCode.USAGE, "unknown filter " + Text.quote(option) + "; nothing was done");
    }
  }

  private void add(IgnoreRule rule) {
    if (rule.isBroken()) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "the pattern of "
              + Text.quote(rule.toString())
              + " is not complete: it has a [ without its ], or ends in a backslash; nothing was"
              + " done");
    }
    rules.add(rule);
  }

  /** The filters as they were given. */
  public List<String> options() {
    return options;
  }

  /** The rules of the command line, in order. */
  List<IgnoreRule> rules() {
    return rules;
  }

  /** The rules of {@link #SKIP_JUNK}, which all others overrule. */
  List<IgnoreRule> junk() {
    return junk;
  }

  /**
   * Whether files that no rule is about are excluded: the first rule is an {@link #INCLUDE}. A file
   * of rules that begins with {@code !} means by that what git means: nothing.
   */
  boolean onlyIncluded() {
    return onlyIncluded;
  }

  /** The names of files that exclude the directory they lie in. */
  List<String> markers() {
    return markers;
  }

  /** The least size of a file in bytes. */
  long minSize() {
    return minSize;
  }

  /** The greatest size of a file in bytes. */
  long maxSize() {
    return maxSize;
  }

  /** After which time a file must have been modified; null for any. */
  @Nullable Instant modifiedAfter(Instant now) {
    if (newerThan == null) {
      return null;
    }
    try {
      return newerThan.startsWith("P")
          ? now.minus(Duration.parse(newerThan))
          : Instant.parse(newerThan);
    } catch (DateTimeException | ArithmeticException e) {
      throw new ArchiveException(
          ErrorCode.USAGE, "not a time: " + Text.quote(newerThan) + "; nothing was done", e);
    }
  }

  /** The option that {@link #modifiedAfter} comes from. */
  String newerThan() {
    return NEWER_THAN + newerThan;
  }

  boolean excludeCaches() {
    return options.contains(CACHES);
  }

  boolean followSymlinks() {
    return options.contains(FOLLOW_SYMLINKS) || followAll();
  }

  /** Whether symlinks are followed out of the sources as well. */
  boolean followAll() {
    return options.contains(FOLLOW_ALL);
  }

  boolean oneFileSystem() {
    return options.contains(ONE_FILE_SYSTEM);
  }

  /** The same, with extended attributes. */
  public Filters withXattrs() {
    if (xattrs()) {
      return this;
    }
    List<String> more = new ArrayList<>(options);
    more.add(XATTRS);
    return new Filters(more, names);
  }

  /** Whether extended attributes are recorded. */
  public boolean xattrs() {
    return options.contains(XATTRS);
  }

  boolean ignoreFiles() {
    return !options.contains(NO_IGNORE_FILES);
  }
}
