package dev.archive.source;

import java.util.List;

/** What {@code --skip-junk} excludes: what systems and editors leave beside files. */
public final class Junk {
  /** Patterns of gitignore. */
  public static final List<String> PATTERNS =
      List.of(
          ".DS_Store",
          "._*",
          ".AppleDouble/",
          ".AppleDB/",
          ".AppleDesktop/",
          ".Spotlight-V100/",
          ".fseventsd/",
          ".TemporaryItems/",
          ".DocumentRevisions-V100/",
          ".Trashes/",
          ".Trash/",
          ".Trash-*/",
          ".apdisk",
          ".VolumeIcon.icns",
          "Icon\r",
          "__MACOSX/",
          "[Tt]humbs.db",
          "[Ee]hthumbs.db",
          "[Dd]esktop.ini",
          "$RECYCLE.BIN/",
          "System Volume Information/",
          "~$*",
          ".~lock.*#",
          ".nfs*",
          "lost+found/");

  private static final String OPTION = "--skip-junk";

  private Junk() {}

  /** The same as rules, each named as the option with its pattern. */
  static List<IgnoreRule> rules() {
    return PATTERNS.stream()
        .map(each -> IgnoreRule.pattern(each, true, OPTION + " (" + each.strip() + ")"))
        .toList();
  }
}
