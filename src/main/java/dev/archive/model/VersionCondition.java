package dev.archive.model;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * At which version of a batch a change may take effect, as {@code If-Match} says it (RFC 9110,
 * 13.1.1).
 *
 * @param versions any of these; null for every version
 */
public record VersionCondition(@Nullable Set<Long> versions) {
  /** A change may take effect at every version. */
  public static final VersionCondition NONE = new VersionCondition(null);

  private static final Pattern VERSION = Pattern.compile("[ \t]*\"([0-9]{1,18})\"[ \t]*(,|$)");

  /**
   * Reads the lines of the header, of which several are one list.
   *
   * @param lines none where the header is absent
   * @throws ArchiveException {@link ErrorCode#INVALID_REQUEST} where they are neither {@code *} nor
   *     versions in quotes
   */
  public static VersionCondition parse(List<String> lines) {
    if (lines.isEmpty() || lines.equals(List.of("*"))) {
      return NONE;
    }
    String list = String.join(",", lines);
    Set<Long> versions = new HashSet<>();
    Matcher version = VERSION.matcher(list);
    int end = 0;
    while (version.find() && version.start() == end) {
      versions.add(Long.valueOf(version.group(1)));
      end = version.end();
    }
    if (versions.isEmpty() || end != list.length() || list.endsWith(",")) {
      throw new ArchiveException(
          ErrorCode.INVALID_REQUEST,
          "If-Match must be * or versions of the batch in quotes, such as \"7\"");
    }
    return new VersionCondition(Set.copyOf(versions));
  }

  /**
   * Refuses a change of a batch at another version.
   *
   * @param version of the batch now
   * @throws ArchiveException {@link ErrorCode#VERSION_CONFLICT}
   */
  public void requireMatch(long version) {
    if (versions != null && !versions.contains(version)) {
      String wanted = versions.size() == 1 ? versions.iterator().next() + "" : "one of " + versions;
      throw new ArchiveException(
          ErrorCode.VERSION_CONFLICT,
          "the batch is at version " + version + ", not " + wanted + "; nothing was changed",
          Map.of("version", version),
          null);
    }
  }
}
