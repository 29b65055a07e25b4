package dev.archive.testing;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One call in a log of {@code strace -f -y}, at its begin or at its end: what other threads do in
 * between lies in between here too.
 *
 * @param name of the call
 * @param arguments as strace prints them
 * @param result what it returned; null at its begin
 */
public record SystemCall(String name, String arguments, String result) {
  private static final Pattern WHOLE = Pattern.compile("^(\\d+) +(\\w+)\\((.*)\\) += (.*)$");
  private static final Pattern BEGUN =
      Pattern.compile("^(\\d+) +(\\w+)\\((.*) <unfinished \\.\\.\\.>$");
  private static final Pattern ENDED =
      Pattern.compile("^(\\d+) +<\\.\\.\\. (\\w+) resumed>(.*)\\) += (.*)$");

  /** The calls of a log, each twice: begun and ended. */
  public static List<SystemCall> parse(List<String> log) {
    List<SystemCall> calls = new ArrayList<>();
    Map<String, SystemCall> begun = new HashMap<>();
    for (String line : log) {
      Matcher whole = WHOLE.matcher(line);
      Matcher begin = BEGUN.matcher(line);
      Matcher end = ENDED.matcher(line);
      if (whole.matches()) {
        calls.add(new SystemCall(whole.group(2), whole.group(3), null));
        calls.add(new SystemCall(whole.group(2), whole.group(3), whole.group(4)));
      } else if (begin.matches()) {
        SystemCall call = new SystemCall(begin.group(2), begin.group(3), null);
        calls.add(call);
        begun.put(begin.group(1), call);
      } else if (end.matches() && begun.containsKey(end.group(1))) {
        String arguments = begun.remove(end.group(1)).arguments;
        calls.add(new SystemCall(end.group(2), arguments + end.group(3), end.group(4)));
      }
    }
    return calls;
  }

  /** Whether this is its end, and it did what it was to do. */
  public boolean succeeded() {
    return result != null && !result.startsWith("-1") && !result.startsWith("?");
  }

  /** The file of the descriptor that is its first argument, or null. */
  public String file() {
    Matcher descriptor = Pattern.compile("^\\d+<([^>]*)>").matcher(arguments);
    return descriptor.find() ? descriptor.group(1) : null;
  }

  /** The paths that it names, in order, each as a whole. */
  public List<String> paths() {
    List<String> paths = new ArrayList<>();
    Matcher path =
        Pattern.compile("(?:(?:AT_FDCWD|\\d+)<([^>]*)>, )?\"([^\"]*)\"").matcher(arguments);
    while (path.find()) {
      String name = path.group(2);
      paths.add(name.startsWith("/") || path.group(1) == null ? name : path.group(1) + "/" + name);
    }
    return paths;
  }

  /** Whether it writes to a descriptor. */
  public boolean writes() {
    return switch (name) {
      case "write", "pwrite64", "writev", "pwritev", "sendto", "sendmsg", "ftruncate" -> true;
      default -> false;
    };
  }
}
