package dev.archive.model;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Collections;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * What is recorded of a name beside its bytes. A directory or a symlink has no bytes, and is no
 * file of a batch.
 *
 * @param path where it stands in the batch; {@code /} for the directory that holds all
 * @param modified when its bytes, names or target were last changed (mtime), to the nanosecond
 * @param mode its permissions as {@code chmod} takes them, from 0 to 07777
 * @param owner the name of its owner, or null
 * @param group the name of its group, or null
 * @param linkTarget where a symlink leads to, as it was written; null for all others
 * @param hardLink another path in the batch that named the same file or symlink; null for the first
 *     of its names, and for what has one name
 * @param xattrs extended attributes: names that begin with {@code user.}, and values in Base64;
 *     empty for none, and where they were not asked for
 */
public record Attributes(
    String path,
    Kind kind,
    Instant modified,
    int mode,
    @Nullable String owner,
    @Nullable String group,
    @Nullable String linkTarget,
    @Nullable String hardLink,
    SortedMap<String, String> xattrs) {
  /**
   * The bits of a mode: set-user-id, set-group-id, sticky, and three times read, write, execute.
   */
  public static final int MODE_BITS = 07777;

  /** The bits of it that say who may read, write and execute. */
  public static final int PERMISSION_BITS = 0777;

  /** One byte less than Linux takes. */
  private static final int MAX_TARGET_BYTES = 4095;

  private static final int MAX_NAME = 256;

  /** What the name of an extended attribute begins with: others are for the system. */
  public static final String XATTR = "user.";

  /** The longest name of an extended attribute in bytes, as Linux has it. */
  public static final int MAX_XATTR_NAME = 255;

  /** The most bytes that the values of one name have together. */
  public static final int MAX_XATTR_BYTES = 64 << 10;

  /** Without extended attributes. */
  public Attributes(
      String path,
      Kind kind,
      Instant modified,
      int mode,
      @Nullable String owner,
      @Nullable String group,
      @Nullable String linkTarget,
      @Nullable String hardLink) {
    this(
        path,
        kind,
        modified,
        mode,
        owner,
        group,
        linkTarget,
        hardLink,
        Collections.emptySortedMap());
  }

  /** What stands under the name. */
  public enum Kind {
    FILE,
    DIRECTORY,
    SYMLINK;

    /**
     * Reads the word.
     *
     * @throws ArchiveException {@link ErrorCode#INVALID_REQUEST} for any other
     */
    public static Kind parse(@Nullable String word) {
      for (Kind each : values()) {
        if (each.toString().equals(word)) {
          return each;
        }
      }
      throw invalid("the kind " + Text.quote(word) + " is not file, directory or symlink");
    }

    /** In lower case, as it is written. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Checks them.
   *
   * @throws ArchiveException {@link ErrorCode#INVALID_REQUEST} with what is wrong
   */
  public Attributes {
    if (!(kind == Kind.DIRECTORY && "/".equals(path))) {
      var unused = LogicalPath.parse(path);
    }
    if (kind == null || modified == null) {
      throw invalid(Text.quote(path) + " has no kind or no time of modification");
    }
    if (mode < 0 || mode > MODE_BITS) {
      throw invalid(Text.quote(path) + " has a mode that is not 0 to 7777");
    }
    requireName(owner);
    requireName(group);
    requireXattrs(path, kind, xattrs);
    if ((kind == Kind.SYMLINK) != (linkTarget != null)) {
      throw invalid(
          Text.quote(path) + " must have a link target if it is a symlink, and only then");
    }
    if (linkTarget != null && !isTarget(linkTarget)) {
      throw invalid(
          Text.quote(path)
              + " must have a link target of 1 to "
              + MAX_TARGET_BYTES
              + " bytes, in valid Unicode and without NUL");
    }
    if (hardLink != null) {
      LogicalPath first = LogicalPath.parse(hardLink);
      if (kind == Kind.DIRECTORY || first.toString().equals(path)) {
        throw invalid(Text.quote(path) + " cannot be a hard link to " + Text.quote(hardLink));
      }
    }
  }

  private static void requireXattrs(String path, Kind kind, SortedMap<String, String> xattrs) {
    if (kind == Kind.SYMLINK && !xattrs.isEmpty()) {
      throw invalid(Text.quote(path) + " is a symlink and cannot have extended attributes");
    }
    long bytes = 0;
    for (Map.Entry<String, String> each : xattrs.entrySet()) {
      if (!isXattr(each.getKey())) {
        throw invalid(
            Text.quote(path)
                + " has an extended attribute whose name does not begin with "
                + XATTR
                + ", or has more than "
                + MAX_XATTR_NAME
                + " bytes");
      }
      try {
        bytes += Base64.getDecoder().decode(each.getValue()).length;
      } catch (IllegalArgumentException e) {
        throw new ArchiveException(
            ErrorCode.INVALID_REQUEST,
            Text.quote(path) + " has an extended attribute that is not in Base64",
            e);
      }
    }
    if (bytes > MAX_XATTR_BYTES) {
      throw invalid(
          Text.quote(path) + " has more than " + MAX_XATTR_BYTES + " bytes of extended attributes");
    }
  }

  /** Whether an extended attribute of this name can be recorded. */
  public static boolean isXattr(String name) {
    return name.startsWith(XATTR)
        && name.length() > XATTR.length()
        && name.indexOf('\0') < 0
        && Text.isUnicode(name)
        && name.getBytes(StandardCharsets.UTF_8).length <= MAX_XATTR_NAME;
  }

  /** Whether a symlink can be recorded that leads to it. */
  public static boolean isTarget(String target) {
    return !target.isEmpty()
        && target.indexOf('\0') < 0
        && Text.isUnicode(target)
        && target.getBytes(StandardCharsets.UTF_8).length <= MAX_TARGET_BYTES;
  }

  private static void requireName(@Nullable String name) {
    if (name != null
        && (name.isEmpty()
            || name.length() > MAX_NAME
            || !Text.isUnicode(name)
            || name.chars().anyMatch(Character::isISOControl))) {
      throw invalid("an owner or group has no name of 1 to " + MAX_NAME + " characters");
    }
  }

  private static ArchiveException invalid(String why) {
    return new ArchiveException(ErrorCode.INVALID_REQUEST, why);
  }
}
