package dev.archive.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Checks a bag after RFC 8493 alone: shares no line with the code that writes bags. */
public final class BagCheck {
  private static final Pattern LINE = Pattern.compile("([0-9a-f]{64})[ \t]+(.+)", Pattern.DOTALL);

  private final Path bag;
  private final List<String> problems = new ArrayList<>();

  private BagCheck(Path bag) {
    this.bag = bag;
  }

  /** What is wrong with a bag; nothing where it is complete and valid. */
  public static List<String> problems(Path bag) throws IOException {
    BagCheck check = new BagCheck(bag);
    check.run();
    return check.problems;
  }

  /** The payload files that the manifest lists, with their digests. */
  static Map<String, String> payload(Path bag) throws IOException {
    return new BagCheck(bag).manifest("manifest-sha256.txt");
  }

  private TreeSet<String> tagFiles() {
    TreeSet<String> names =
        new TreeSet<>(List.of("bagit.txt", "bag-info.txt", "manifest-sha256.txt"));
    if (Files.exists(bag.resolve("skipped-files.jsonl"))) {
      names.add("skipped-files.jsonl");
    }
    if (Files.exists(bag.resolve("attributes.jsonl"))) {
      names.add("attributes.jsonl");
    }
    return names;
  }

  private void run() throws IOException {
    expect(
        "bagit.txt",
        text("bagit.txt").equals("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"));
    Map<String, String> payload = manifest("manifest-sha256.txt");
    payload.keySet().forEach(name -> expect(name + " lies in data/", name.startsWith("data/")));
    digestsMatch(payload);
    Map<String, String> tags = manifest("tagmanifest-sha256.txt");
    digestsMatch(tags);
    expect("the tag manifest lists all tag files", tags.keySet().equals(tagFiles()));

    long bytes = 0;
    TreeSet<String> found = new TreeSet<>();
    try (Stream<Path> files = Files.walk(bag)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
          String name = bag.relativize(file).toString();
          found.add(name);
          if (name.startsWith("data/")) {
            bytes += Files.size(file);
          }
        } else {
          expect(file + " is a directory", Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS));
        }
      }
    }
    TreeSet<String> listed = new TreeSet<>(payload.keySet());
    listed.addAll(tags.keySet());
    listed.add("tagmanifest-sha256.txt");
    TreeSet<String> unlisted = new TreeSet<>(found);
    unlisted.removeAll(listed);
    TreeSet<String> missing = new TreeSet<>(listed);
    missing.removeAll(found);
    expect("every file is listed, but " + unlisted, unlisted.isEmpty());
    expect("every file listed is there, but " + missing, missing.isEmpty());
    expect(
        "Payload-Oxum is right",
        text("bag-info.txt")
            .lines()
            .anyMatch(("Payload-Oxum: " + bytes + "." + payload.size())::equals));
    text("bag-info.txt")
        .lines()
        .forEach(line -> expect("a label in: " + line, line.matches("[^:\\s]+: .*|[ \t].*")));
  }

  private void digestsMatch(Map<String, String> manifest) throws IOException {
    for (Map.Entry<String, String> line : manifest.entrySet()) {
      Path file = bag.resolve(line.getKey());
      expect(
          line.getKey() + " has its digest",
          Files.exists(file) && sha256(Files.readAllBytes(file)).equals(line.getValue()));
    }
  }

  private Map<String, String> manifest(String name) throws IOException {
    Map<String, String> files = new TreeMap<>();
    String text = text(name);
    expect(name + " ends its last line", text.endsWith("\n"));
    for (String line : text.split("\n", -1)) {
      if (line.isEmpty()) {
        continue;
      }
      Matcher matcher = LINE.matcher(line);
      if (!matcher.matches()) {
        problems.add("not a line of " + name + ": " + line);
        continue;
      }
      expect(
          "listed once: " + matcher.group(2),
          files.put(decode(matcher.group(2)), matcher.group(1)) == null);
    }
    return files;
  }

  /** RFC 8493, 2.1.3: %25, %0A and %0D, and nothing else is an escape. */
  private static String decode(String name) {
    return name.replaceAll("(?i)%0d", "\r").replaceAll("(?i)%0a", "\n").replace("%25", "%");
  }

  private String text(String name) throws IOException {
    return Files.readString(bag.resolve(name), UTF_8);
  }

  private void expect(String what, boolean condition) {
    if (!condition) {
      problems.add("not so: " + what);
    }
  }

  private static String sha256(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
