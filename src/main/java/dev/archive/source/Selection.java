package dev.archive.source;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Decides for the names of one source which are excluded, and by which rule. */
final class Selection {
  private static final byte[] CACHE =
      "Signature: 8a477f597d28d172789f06886806bc55".getBytes(StandardCharsets.US_ASCII);

  private static final String NOT_INCLUDED = "--include (no rule includes it)";

  private final Filters filters;
  private final @Nullable Instant modifiedAfter;
  private final long device;

  /**
   * For one source.
   *
   * @param device that the source lies on
   */
  Selection(Filters filters, Instant now, long device) {
    this.filters = filters;
    this.modifiedAfter = filters.modifiedAfter(now);
    this.device = device;
  }

  /**
   * The rules that hold in a directory, with those of the directories above.
   *
   * @param begin where a path below the directory begins, in bytes of the path below the source
   * @param included whether a rule includes the directory as a whole
   */
  record Scope(@Nullable Scope above, int begin, List<IgnoreRule> rules, boolean included) {
    static final Scope NONE = new Scope(null, 0, List.of(), false);
  }

  /**
   * The rules in a directory that is entered.
   *
   * @param relative its path below the source; empty for the source itself
   * @throws IOException where its file of rules cannot be read
   */
  Scope enter(Path directory, String relative, Scope above) throws IOException {
    List<IgnoreRule> rules = filters.ignoreFiles() ? IgnoreFile.of(directory, relative) : List.of();
    byte[] path = IgnoreRule.bytes(relative);
    IgnoreRule own = relative.isEmpty() ? null : last(filters.rules(), path, 0, true);
    return new Scope(
        above,
        path.length == 0 ? 0 : path.length + 1,
        rules,
        above.included || own != null && !own.excludes());
  }

  /** The rule that excludes a name by what it is called; null where none does. */
  @Nullable String byName(String relative, boolean directory, Scope scope) {
    byte[] path = IgnoreRule.bytes(relative);
    IgnoreRule own = last(filters.rules(), path, 0, directory);
    IgnoreRule rule = own;
    for (Scope at = scope; rule == null && at != null; at = at.above) {
      rule = last(at.rules, path, at.begin, directory);
    }
    rule = rule == null ? last(filters.junk(), path, 0, directory) : rule;
    if (rule != null && rule.excludes()) {
      return rule.toString();
    }
    boolean included = directory || own != null || scope.included || !filters.onlyIncluded();
    return included ? null : NOT_INCLUDED;
  }

  private static @Nullable IgnoreRule last(
      List<IgnoreRule> rules, byte[] path, int begin, boolean directory) {
    for (int i = rules.size() - 1; i >= 0; i--) {
      if (rules.get(i).matches(path, begin, directory)) {
        return rules.get(i);
      }
    }
    return null;
  }

  /** The rule that excludes a regular file by its size or time; null where none does. */
  @Nullable String byStamp(Stamp stamp) {
    if (stamp.size() < filters.minSize()) {
      return Filters.MIN_SIZE + filters.minSize();
    }
    if (stamp.size() > filters.maxSize()) {
      return Filters.MAX_SIZE + filters.maxSize();
    }
    return modifiedAfter != null && !stamp.modified().toInstant().isAfter(modifiedAfter)
        ? filters.newerThan()
        : null;
  }

  /** The rule that excludes a directory by what lies in it, or on; null where none does. */
  @Nullable String byContent(Path directory, long on) {
    if (filters.oneFileSystem() && on != device) {
      return Filters.ONE_FILE_SYSTEM;
    }
    for (String marker : filters.markers()) {
      if (Files.exists(directory.resolve(marker), LinkOption.NOFOLLOW_LINKS)) {
        return Filters.IF_PRESENT + marker;
      }
    }
    return filters.excludeCaches() && isCache(directory) ? Filters.CACHES : null;
  }

  private static boolean isCache(Path directory) {
    Path tag = directory.resolve("CACHEDIR.TAG");
    if (!Files.isRegularFile(tag, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    try (InputStream in = Files.newInputStream(tag)) {
      return Arrays.equals(in.readNBytes(CACHE.length), CACHE);
    } catch (IOException e) {
      // Nothing says that it is a cache; the tag itself is named as a file that cannot be read.
      return false;
    }
  }
}
