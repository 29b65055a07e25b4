package dev.archive.model;

import java.util.regex.Pattern;

/**
 * To whom batches belong. Nobody else sees them.
 *
 * @param name up to 64 letters, digits, dots, hyphens, underscores and at signs; begins with a
 *     letter or digit; upper and lower case differ
 */
public record Owner(String name) {
  // Before the first owner, which it judges.
  private static final Pattern FORM = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._@-]{0,63}");

  /** To whom everything belongs that came without a token. */
  public static final Owner DEFAULT = new Owner("default");

  public Owner {
    requireName(name);
  }

  /**
   * Refuses what cannot name an owner or a token.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE}
   */
  public static void requireName(String name) {
    if (!FORM.matcher(name).matches()) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "not a name: "
              + Text.quote(name)
              + "; use up to 64 of A-Z, a-z, 0-9, dot, hyphen, underscore and @, beginning with a"
              + " letter or digit");
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
