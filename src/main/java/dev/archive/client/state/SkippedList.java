package dev.archive.client.state;

import dev.archive.client.plan.Failure;
import dev.archive.client.plan.Plan;
import dev.archive.model.ArchiveException;
import dev.archive.model.LogicalPath;
import dev.archive.model.Text;
import dev.archive.wire.Json;
import dev.archive.wire.Messages.Skipped;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The list of skipped files as a server takes it: each path once, and all within its limits. */
public final class SkippedList {
  private static final int MAX_PATH = 8000;
  private static final int MAX_REASON = 900;

  /** From here on in bytes reasons are left out: paths matter more, and servers stop at 8 MiB. */
  private static final long MAX_BYTES = 6 << 20;

  private SkippedList() {}

  /** The list; what the plan holds by its path is not skipped. */
  public static List<Skipped> of(Collection<Failure> failures, Plan held) {
    List<Skipped> list = new ArrayList<>();
    Set<String> paths = new HashSet<>();
    long bytes = 0;
    for (Failure each : failures) {
      if (holds(held, each.name())) {
        continue;
      }
      String path = free(cut(each.name(), MAX_PATH), paths);
      paths.add(path);
      Skipped skipped = new Skipped(path, bytes > MAX_BYTES ? "" : cut(each.reason(), MAX_REASON));
      bytes += Json.bytes(skipped).length + 1;
      list.add(skipped);
    }
    return list;
  }

  /**
   * A name, or that name with a number where it is taken. Two names that are not valid UTF-8 can
   * look the same, and are two files nevertheless.
   */
  public static String free(String name, Set<String> taken) {
    String free = name;
    for (int number = 2; taken.contains(free); number++) {
      free = name + " (" + number + ")";
    }
    return free;
  }

  private static boolean holds(Plan held, String name) {
    try {
      return held.indexOf(LogicalPath.parse(name)) >= 0;
    } catch (ArchiveException e) {
      return false;
    }
  }

  private static String cut(String text, int chars) {
    String valid = Text.isUnicode(text) ? text : Text.escaped(text);
    if (valid.length() <= chars) {
      return valid;
    }
    int end = Character.isHighSurrogate(valid.charAt(chars - 1)) ? chars - 1 : chars;
    return valid.substring(0, end);
  }
}
