package dev.archive.source;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.archive.model.ArchiveException;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random trees with random rules: what is excluded, and by which line, is what {@code git
 * check-ignore} says. {@code -Darchive.trees=10000} is the campaign.
 */
class IgnoreRulesCampaignTest {
  private static final int TREES = Integer.getInteger("archive.trees", 80);
  private static final long SEED = Long.getLong("archive.seed", 1);
  private static final int AT_ONCE = 100;

  private static final List<String> NAMES =
      List.of(
          "a", "b", "ab", "abc", "a.txt", "b.txt", "b.tmp", "a b", "foo", "foobar", "bar", "!a",
          "#a", "a*b", "[a]", "a\\b", "trail ", "é", "x?y", "doc", "-", "]");

  private static final List<String> SEGMENTS =
      List.of(
          "a",
          "b",
          "ab",
          "foo",
          "doc",
          "*",
          "*",
          "*.txt",
          "a*",
          "*b",
          "?",
          "a?",
          "[ab]",
          "[!a]",
          "[^b]*",
          "[a-c]",
          "[[:alpha:]]*",
          "[]-]",
          "\\a",
          "a\\*b",
          "\\[a]",
          "[[]a]",
          "a\\\\b",
          "x\\?y",
          "f*o*",
          "*a*b*",
          "é",
          "??",
          "a**",
          "foo**",
          "[a",
          "a b",
          "\\!a",
          "\\#a",
          "trail\\ ",
          "trail ",
          "*.*",
          "[a\\]]",
          "[--a]*",
          "[z-a]",
          "\\");

  @TempDir Path directory;
  private SplittableRandom random;
  private final Map<String, Integer> kinds = new TreeMap<>();
  private final List<String> different = new ArrayList<>();
  private int decisions;

  private <T> T any(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  private String pattern() {
    StringBuilder text = new StringBuilder(random.nextInt(3) == 0 ? "!" : "");
    int segments = 1 + (random.nextInt(2) == 0 ? random.nextInt(3) : 0);
    text.append(random.nextInt(3) == 0 ? "/" : "");
    for (int i = 0; i < segments; i++) {
      text.append(i > 0 ? "/" : "").append(segment(segments > 1));
    }
    return text.append(random.nextInt(5) == 0 ? "/" : "")
        .append(any(List.of("", "", "", " ", "\r")))
        .toString();
  }

  private String segment(boolean among) {
    return switch (random.nextInt(5)) {
      case 0 -> among ? "**" : any(SEGMENTS);
      case 1, 2 -> escaped(any(NAMES));
      default -> any(SEGMENTS);
    };
  }

  private String escaped(String name) {
    int at = random.nextInt(name.length());
    String text = name.substring(0, at) + "\\" + name.substring(at);
    return random.nextInt(3) == 0 ? text.substring(0, at + 2) + "*" : text;
  }

  private String rules() {
    StringBuilder text = new StringBuilder(random.nextInt(20) == 0 ? "\ufeff" : "");
    for (int i = 1 + random.nextInt(5); i > 0; i--) {
      text.append(
              random.nextInt(15) == 0 ? any(List.of("", "# a", "  ", "/", "!", "//")) : pattern())
          .append('\n');
    }
    return text.toString();
  }

  private void grow(Path at, int depth) throws IOException {
    Files.createDirectories(at);
    for (int i = 2 + random.nextInt(4); i > 0; i--) {
      Path child = at.resolve(any(NAMES));
      if (Files.exists(child)) {
        continue;
      }
      if (depth < 3 && random.nextInt(2) == 0) {
        grow(child, depth + 1);
      } else {
        Files.writeString(child, "x");
      }
    }
  }

  /** Rules in the tree's own files, or with the command. */
  private Filters rule(Path tree) throws IOException {
    String rules = rules();
    Files.writeString(tree.resolve(".gitignore"), rules);
    if (random.nextInt(3) == 0) {
      List<String> options = new ArrayList<>(List.of("--exclude=no such name"));
      for (String line : rules.replace("\ufeff", "").split("\n")) {
        options.add(Filters.FROM_FILE + line.replaceFirst("\r$", ""));
      }
      try {
        return Filters.parse(options);
      } catch (ArchiveException e) {
        // A command refuses what is broken; a file goes without it, as with git.
      }
    }
    Files.writeString(tree.resolve(IgnoreFile.NAME), rules);
    try (Stream<Path> all = Files.walk(tree)) {
      for (Path each : all.filter(Files::isDirectory).skip(1).toList()) {
        if (random.nextInt(4) == 0) {
          String more = rules();
          Files.writeString(each.resolve(".gitignore"), more);
          Files.writeString(each.resolve(IgnoreFile.NAME), more);
        }
      }
    }
    return Filters.NONE;
  }

  /** Path below the directory → the line that excludes it, or "". */
  private Map<String, String> ours(Path top, Path tree, Filters filters) throws IOException {
    Map<Path, String> excluded = new TreeMap<>();
    SourceWalker.walk(
        List.of(tree.toRealPath()),
        "/",
        OwnPlaces.NONE,
        filters,
        Clock.systemUTC(),
        new SourceWalker.Listener() {
          @Override
          public void file(SourceFile file) {}

          @Override
          public void excluded(ExcludedName name) {
            excluded.put(name.file(), name.rule());
          }
        });
    Map<String, String> decided = new TreeMap<>();
    try (Stream<Path> all = Files.walk(tree.toRealPath())) {
      for (Path each : all.skip(1).toList()) {
        String rule = "";
        for (Path at = each;
            at.startsWith(tree.toRealPath()) && rule.isEmpty();
            at = at.getParent()) {
          rule = excluded.getOrDefault(at, "");
        }
        decided.put(top.toRealPath().relativize(each).toString(), rule);
      }
    }
    return decided;
  }

  /** The same of git: the pattern alone. */
  private Map<String, String> gits(Path top, List<String> paths) throws Exception {
    Path asked = Files.write(directory.resolve("asked"), String.join("\0", paths).getBytes(UTF_8));
    Process process =
        new ProcessBuilder(
                "git",
                "-c",
                "core.excludesFile=/dev/null",
                "check-ignore",
                "--no-index",
                "--stdin",
                "-z",
                "-v",
                "-n")
            .directory(top.toFile())
            .redirectInput(asked.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String[] told = new String(process.getInputStream().readAllBytes(), UTF_8).split("\0", -1);
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    Map<String, String> decided = new TreeMap<>();
    for (int i = 0; i + 3 < told.length; i += 4) {
      String pattern = told[i + 2];
      count(pattern);
      decided.put(told[i + 3], pattern.startsWith("!") ? "" : pattern);
    }
    return decided;
  }

  private void count(String pattern) {
    if (!pattern.isEmpty()) {
      decisions++;
      kinds.merge("negation", pattern.startsWith("!") ? 1 : 0, Integer::sum);
      kinds.merge("**", pattern.contains("**") ? 1 : 0, Integer::sum);
      kinds.merge("escape", pattern.contains("\\") ? 1 : 0, Integer::sum);
      kinds.merge("anchor", pattern.replaceFirst("/$", "").contains("/") ? 1 : 0, Integer::sum);
    }
  }

  /** The pattern of a rule as git prints it: without what it takes off a line. */
  private static String pattern(String rule) {
    String line = rule.replaceFirst("^(--filter-from|[^:]*:[0-9]+): ", "");
    IgnoreRule parsed = IgnoreRule.line(line, line);
    return parsed == null ? "" : IgnoreRule.withoutBlanksAtTheEnd(line);
  }

  @Test
  void rulesDecideAsGitDoes() throws Exception {
    assumeTrue(
        Stream.of(System.getenv("PATH").split(":"))
            .anyMatch(each -> Files.isExecutable(Path.of(each, "git"))),
        "git is not installed");
    random = new SplittableRandom(SEED);
    for (int done = 0; done < TREES; done += AT_ONCE) {
      Path top = directory.resolve("repository");
      Files.createDirectories(top);
      assertEquals(0, new ProcessBuilder("git", "init", "-q", top.toString()).start().waitFor());
      Map<String, String> ours = new TreeMap<>();
      for (int i = 0; i < AT_ONCE; i++) {
        Path tree = top.resolve("tree " + (done + i));
        grow(tree, 0);
        ours.putAll(ours(top, tree, rule(tree)));
      }
      Map<String, String> gits = gits(top, List.copyOf(ours.keySet()));
      for (Map.Entry<String, String> each : ours.entrySet()) {
        String rule = pattern(each.getValue());
        String git = gits.get(each.getKey());
        if (!rule.equals(git)) {
          different.add(each.getKey() + ": \"" + git + "\" in git, here \"" + rule + "\"");
        }
      }
      Trees.delete(top);
    }
    assertEquals(List.of(), different.subList(0, Math.min(20, different.size())));
    for (Map.Entry<String, Integer> kind : kinds.entrySet()) {
      assertTrue(kind.getValue() >= decisions / 10, kinds + " of " + decisions);
    }
    System.err.println(TREES + " trees, " + decisions + " decisions by a rule: " + kinds);
  }
}
