package dev.archive.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Row B5 of the fault matrix: what is stored is altered in all ways that a disk, a program or a
 * person can, many objects at a time, and each of them is named, with its batch and by the right
 * word, and nothing else is.
 */
class AlterationsTest {
  private static final int ALTERATIONS = Integer.getInteger("archive.alterations", 600);
  private static final long SEED = Long.getLong("archive.seed", 20_261_126);
  private static final int BATCHES = 4;
  private static final int FILES = 500;
  private static final int EACH_ROUND = 1_000;

  @TempDir Path directory;

  /** All stored files as they were stored. */
  private final Map<Path, byte[]> stored = new LinkedHashMap<>();

  /** What is altered at present, to be put back or removed. */
  private final List<Path> touched = new ArrayList<>();

  /** Batch, path and defect of everything that must be named. */
  private final TreeSet<String> expected = new TreeSet<>();

  private final List<String> batches = new ArrayList<>();
  private Random random;
  private int names;

  private Path home() {
    return directory.resolve("home");
  }

  @Test
  void everyAlterationIsNamedAndNothingElse() throws IOException {
    System.out.println("AlterationsTest: " + ALTERATIONS + " alterations, seed " + SEED);
    random = new Random(SEED);
    for (int i = 0; i < BATCHES; i++) {
      store(Trees.small(directory.resolve("tree" + i), FILES, SEED + i));
    }
    assertFound(true);
    int done = 0;
    for (int round = 0; done < ALTERATIONS; round++) {
      boolean audit = round % 2 == 0;
      // A server that starts sweeps what is left over in its staging area.
      done += alter(Math.min(EACH_ROUND, ALTERATIONS - done), audit);
      assertFound(audit);
      restore();
    }
    assertFound(true);
    assertFound(false);
  }

  private void store(Path tree) throws IOException {
    CommandRun upload =
        CommandRun.in(home(), "upload", "--json", "--parallel", "16", tree.toString());
    assertEquals(0, upload.exit(), upload.err());
    String batch = upload.receiptField("batch_id");
    batches.add(batch);
    try (Stream<Path> files = Files.walk(bag(batch))) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        stored.put(file, Files.readAllBytes(file));
      }
    }
  }

  private Path bag(String batch) {
    return home().resolve("batches").resolve(batch);
  }

  /** Plants so many alterations; each takes objects that no other one has touched. */
  private int alter(int count, boolean staging) throws IOException {
    List<Path> whole = new ArrayList<>(stored.keySet());
    Collections.shuffle(whole, random);
    // Half of the tag files in each round, taken before all others: they are few.
    List<Path> tags = whole.stream().filter(file -> !name(file).contains(" /")).toList();
    whole.removeAll(tags);
    tags.stream().filter(file -> random.nextBoolean()).forEach(whole::add);
    for (int i = 0; i < count; i++) {
      int kind = random.nextInt(12);
      if (kind >= 10) {
        addExtra(kind == 10, staging);
      } else if (kind == 9) {
        swap(whole.remove(whole.size() - 1), whole);
      } else {
        Path file = whole.remove(whole.size() - 1);
        alter(file, kind);
      }
    }
    return count;
  }

  private void alter(Path file, int kind) throws IOException {
    byte[] bytes = stored.get(file).clone();
    touched.add(file);
    String defect = "altered";
    switch (kind) {
      case 0, 1, 2 -> {
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        Files.write(file, bytes);
      }
      case 3 -> Files.write(file, Arrays.copyOf(bytes, random.nextInt(bytes.length)));
      case 4 -> Files.write(file, Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(100)));
      case 5 -> {
        Files.delete(file);
        defect = "missing";
      }
      case 6 -> {
        Files.delete(file);
        Files.createDirectory(file);
      }
      case 7 -> {
        Path elsewhere = directory.resolve("elsewhere-" + names++);
        Files.move(file, elsewhere);
        Files.createSymbolicLink(file, elsewhere);
        touched.add(elsewhere);
      }
      default -> {
        byte[] other = new byte[bytes.length];
        do {
          random.nextBytes(other);
        } while (Arrays.equals(other, bytes));
        Files.write(file, other);
      }
    }
    expected.add(name(file) + " " + defect);
  }

  private void swap(Path one, List<Path> others) throws IOException {
    Path other = others.remove(others.size() - 1);
    while (Arrays.equals(stored.get(one), stored.get(other))) {
      other = others.remove(others.size() - 1);
    }
    Files.write(one, stored.get(other));
    Files.write(other, stored.get(one));
    for (Path file : List.of(one, other)) {
      touched.add(file);
      expected.add(name(file) + " altered");
    }
  }

  private void addExtra(boolean below, boolean staging) throws IOException {
    String batch = batches.get(random.nextInt(BATCHES));
    String name = "extra-" + names++;
    Path file =
        switch (random.nextInt(staging ? 4 : 3)) {
          case 0 -> bag(batch).resolve(name);
          case 1 -> bag(batch).resolve("data/box-0").resolve(name);
          case 3 -> home().resolve("staging").resolve(batch).resolve(name);
          default -> bag(batch).resolve("data").resolve(name);
        };
    boolean staged = file.startsWith(home().resolve("staging"));
    if (below && !staged) {
      file = file.resolve("below").resolve("it");
    }
    Files.createDirectories(file.getParent());
    Files.write(file, new byte[random.nextInt(3)]);
    touched.add(file);
    expected.add((staged ? batch + " staging/" + name : name(file)) + " extra");
  }

  /** Batch and path as a finding has them. */
  private String name(Path file) {
    Path below = home().resolve("batches").relativize(file);
    String name = below.subpath(1, below.getNameCount()).toString();
    return below.getName(0) + " " + (name.startsWith("data/") ? name.substring(4) : name);
  }

  private void restore() throws IOException {
    for (Path file : touched) {
      Files.deleteIfExists(file);
      if (stored.containsKey(file)) {
        Files.write(file, stored.get(file));
      }
    }
    touched.clear();
    expected.clear();
  }

  private void assertFound(boolean audit) throws IOException {
    TreeSet<String> found = new TreeSet<>();
    if (audit) {
      CommandRun run = CommandRun.in(home(), "audit", "--json");
      found.addAll(findings(run));
      assertEquals(exit(expected), run.exit(), run.err());
    } else {
      for (String batch : batches) {
        CommandRun run = CommandRun.in(home(), "verify", "--deep", "--json", batch);
        found.addAll(findings(run));
        assertEquals(
            exit(expected.stream().filter(each -> each.startsWith(batch)).toList()),
            run.exit(),
            run.err());
      }
    }
    assertEquals(expected, found);
  }

  private static int exit(Iterable<String> expected) {
    int exit = 0;
    for (String each : expected) {
      exit = Math.max(exit, each.endsWith(" altered") ? 6 : 4);
    }
    return exit;
  }

  private static List<String> findings(CommandRun run) throws IOException {
    List<String> findings = new ArrayList<>();
    for (String line : run.outLines()) {
      JsonNode event = new ObjectMapper().readTree(line);
      if (event.get("event").asText().equals("finding")) {
        findings.add(
            event.get("batch_id").asText()
                + " "
                + event.get("path").asText()
                + " "
                + event.get("defect").asText());
      }
    }
    return findings;
  }
}
