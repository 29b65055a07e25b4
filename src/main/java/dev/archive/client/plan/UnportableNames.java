package dev.archive.client.plan;

import dev.archive.model.Count;
import dev.archive.model.Text;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Names of a plan that are archived as they are, and that other tools and systems stumble over:
 * validators of bags that read {@code %} wrongly, Windows, file systems that fold case or
 * normalisation.
 */
public final class UnportableNames {
  private static final int MAX_NAMED = 3;

  private static final Pattern RESERVED =
      Pattern.compile(
          "(?i)(con|prn|aux|nul|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3])( *\\..*)?");

  /** With what letters a reserved name may begin. */
  private static final String BEGINNINGS = "cpanlCPANL";

  private static final String TWINS = "that differ from another only in case or normalisation";

  private final Plan plan;
  private final Map<String, List<String>> byKind = new HashMap<>();
  private final Map<String, Long> counts = new LinkedHashMap<>();

  private UnportableNames(Plan plan) {
    this.plan = plan;
  }

  /** Looks at all names of a plan, those of directories too. */
  public static UnportableNames of(Plan plan) {
    UnportableNames names = new UnportableNames(plan);
    Hashes hashes = new Hashes();
    names.eachName(
        path -> {
          names.look(path);
          hashes.add(hash(folded(path)));
        });
    names.findTwins(hashes.twice());
    return names;
  }

  /** Each path of the plan with each directory above, once. */
  private void eachName(Consumer<String> name) {
    String before = "/";
    for (int i = 0; i < plan.size(); i++) {
      String path = plan.path(i).toString();
      for (int end = path.indexOf('/', 1); end > 0; end = path.indexOf('/', end + 1)) {
        if (!before.regionMatches(0, path, 0, end + 1)) {
          name.accept(path.substring(0, end));
        }
      }
      name.accept(path);
      before = path;
    }
  }

  private void look(String path) {
    String last = path.substring(path.lastIndexOf('/') + 1);
    noteIf(last.indexOf('%') >= 0, "with %", path);
    noteIf(last.indexOf('\\') >= 0, "with a backslash", path);
    noteIf(last.endsWith(" ") || last.endsWith("."), "that end in a blank or a dot", path);
    noteIf(isReserved(last), "that Windows reserves", path);
  }

  private void noteIf(boolean is, String kind, String path) {
    if (is) {
      counts.merge(kind, 1L, Long::sum);
      byKind.computeIfAbsent(kind, each -> new ArrayList<>()).add(path);
    }
  }

  private static boolean isReserved(String name) {
    return BEGINNINGS.indexOf(name.charAt(0)) >= 0 && RESERVED.matcher(name).matches();
  }

  /** Numbers that stand for names: a plan of millions has no room for a second copy of them. */
  private static final class Hashes {
    private long[] all = new long[1024];
    private int size;

    void add(long hash) {
      if (size == all.length) {
        all = Arrays.copyOf(all, size + size / 2);
      }
      all[size++] = hash;
    }

    /** Those that were added more than once. */
    Set<Long> twice() {
      Arrays.sort(all, 0, size);
      Set<Long> twice = new HashSet<>();
      for (int i = 1; i < size; i++) {
        if (all[i] == all[i - 1]) {
          twice.add(all[i]);
        }
      }
      return twice;
    }
  }

  private void findTwins(Set<Long> twice) {
    if (twice.isEmpty()) {
      return;
    }
    Map<String, List<String>> alike = new HashMap<>();
    eachName(
        path -> {
          String folded = folded(path);
          if (twice.contains(hash(folded))) {
            alike.computeIfAbsent(folded, each -> new ArrayList<>()).add(path);
          }
        });
    eachName(
        path -> {
          List<String> same = alike.get(folded(path));
          noteIf(same != null && same.size() > 1, TWINS, path);
        });
  }

  /** The same text for paths that differ only in case or Unicode normalisation. */
  public static String folded(String path) {
    // Most names are ASCII, and the tables of Unicode take longer to load than a small run.
    return isAscii(path)
        ? path.toLowerCase(Locale.ROOT)
        : Normalizer.normalize(path, Normalizer.Form.NFC)
            .toUpperCase(Locale.ROOT)
            .toLowerCase(Locale.ROOT);
  }

  private static boolean isAscii(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) > 127) {
        return false;
      }
    }
    return true;
  }

  private static long hash(String text) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
      hash ^= hash >>> 29;
    }
    return hash;
  }

  public boolean isEmpty() {
    return counts.isEmpty();
  }

  /** How many there are of each kind, and the first three; on one line. */
  public String sentence() {
    return "names that other tools stumble over: "
        + counts.entrySet().stream()
            .map(each -> Count.number(each.getValue()) + " " + each.getKey())
            .collect(Collectors.joining(", "))
        + ": "
        + all().stream().limit(MAX_NAMED).collect(Collectors.joining(", "))
        + (all().size() > MAX_NAMED ? ", …" : "");
  }

  /** All of them in quotes, each once, by kind. */
  public List<String> all() {
    return counts.keySet().stream()
        .flatMap(kind -> byKind.getOrDefault(kind, List.of()).stream())
        .distinct()
        .map(Text::quote)
        .toList();
  }

  /** All of them with what is wrong, one a line. */
  public List<String> lines() {
    return counts.keySet().stream()
        .flatMap(
            kind ->
                byKind.getOrDefault(kind, List.of()).stream()
                    .map(each -> Text.quote(each) + " is one " + kind))
        .toList();
  }
}
