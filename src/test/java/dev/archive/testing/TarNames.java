package dev.archive.testing;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The names of the files in a tar stream (POSIX.1-2001), by other means than the program's own. */
final class TarNames {
  private static final int BLOCK = 512;
  private static final Pattern PAX_PATH = Pattern.compile("(?:^|\n)[0-9]+ path=([^\n]*)\n");

  private TarNames() {}

  /** As far as the stream goes. */
  static List<String> of(byte[] tar) {
    List<String> names = new ArrayList<>();
    String paxName = null;
    int at = 0;
    while (at + BLOCK <= tar.length && tar[at] != 0) {
      int size = Integer.parseInt(text(tar, at + 124, 12).strip(), 8);
      char type = (char) tar[at + 156];
      if (type == 'x') {
        Matcher path =
            PAX_PATH.matcher(text(tar, at + BLOCK, Math.min(size, tar.length - at - BLOCK)));
        paxName = path.find() ? path.group(1) : null;
      } else {
        if (type == '0' || type == 0) {
          String prefix = text(tar, at + 345, 155);
          String name = (prefix.isEmpty() ? "" : prefix + "/") + text(tar, at, 100);
          names.add(paxName == null ? name : paxName);
        }
        paxName = null;
      }
      at += BLOCK + (size + BLOCK - 1) / BLOCK * BLOCK;
    }
    return names;
  }

  /** Up to the first NUL. */
  private static String text(byte[] bytes, int start, int length) {
    int end = start;
    while (end < start + length && bytes[end] != 0) {
      end++;
    }
    return new String(bytes, start, end - start, StandardCharsets.UTF_8);
  }
}
