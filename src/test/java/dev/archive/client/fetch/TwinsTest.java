package dev.archive.client.fetch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.archive.durable.TargetDirectory;
import dev.archive.model.LogicalPath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names that a file system may take for one another are told apart by what it does with them. */
class TwinsTest {
  private static final List<String> PATHS =
      List.of("/a", "/B/x", "/A", "/b/X", "/c", "/\u00e9", "/e\u0301", "/\u00c9", "/B", "/b");

  /** A file system that finds names by something that it makes of them. */
  private static final class Disk implements Twins.Places {
    private final UnaryOperator<String> folds;
    private final Map<String, String> names = new HashMap<>();
    private final Map<String, Integer> inodes = new HashMap<>();

    Disk(UnaryOperator<String> folds) {
      this.folds = folds;
    }

    void put(String path) {
      names.putIfAbsent(folds.apply(path), path);
      inodes.put(folds.apply(path), inodes.size());
    }

    @Override
    public Object key(String path) {
      return inodes.get(folds.apply(path));
    }

    @Override
    public boolean lists(String path) {
      return path.equals(names.get(folds.apply(path)));
    }
  }

  /** A link must not replace the file that was fetched under its other spelling. */
  @Test
  void noFurtherNameOfAFileIsLinkedIntoThePlaceOfATwin(@TempDir Path directory) throws Exception {
    Disk disk = new Disk(path -> path.toLowerCase(Locale.ROOT));
    Twins twins = new Twins(disk, List.of("/A", "/a", "/z"));
    disk.put("/a");
    twins.claim("/a");
    Files.writeString(directory.resolve("z"), "z");
    HardLinks links =
        new HardLinks(
            TargetDirectory.open(directory, ".staging"),
            Map.of(LogicalPath.parse("/A"), LogicalPath.parse("/z")));
    Set<LogicalPath> some = Set.of(LogicalPath.parse("/A"));
    assertEquals(Set.of(), links.make(some, Set.of(), true, twins));
    assertEquals(Map.of(LogicalPath.parse("/A"), "/a"), links.taken());
    assertFalse(Files.exists(directory.resolve("A")));
  }

  /** Puts all of them there that are free, and tells to whom the others' places belong. */
  private static Map<String, String> put(Disk disk, List<String> paths) throws IOException {
    Twins twins = new Twins(disk, paths);
    Map<String, String> taken = new HashMap<>();
    for (int round = 0; round < twins.rounds(); round++) {
      for (String path : paths) {
        if (twins.round(path) == round) {
          String owner = twins.owner(path);
          if (owner == null) {
            disk.put(path);
            twins.claim(path);
          } else {
            taken.put(path, owner);
          }
        }
      }
    }
    return taken;
  }

  @Test
  void noneIsTakenWhereNamesAreToldApart() throws IOException {
    assertEquals(Map.of(), put(new Disk(path -> path), PATHS));
  }

  @Test
  void eachThatFindsAnotherIsNamedWithIt() throws IOException {
    assertEquals(
        Map.of("/A", "/a", "/b/X", "/B/x", "/b", "/B", "/\u00c9", "/\u00e9"),
        put(new Disk(path -> path.toLowerCase(Locale.ROOT)), PATHS));
    assertEquals(
        Map.of("/e\u0301", "/\u00e9"),
        put(new Disk(path -> path.replace("e\u0301", "\u00e9")), PATHS));
  }

  @Test
  void whatWasThereBeforeUnderBothNamesIsNoOtherName() throws IOException {
    Disk disk = new Disk(path -> path);
    disk.put("/a");
    disk.put("/A");
    disk.inodes.put("/A", disk.inodes.get("/a"));
    Twins twins = new Twins(disk, PATHS);
    twins.claim("/a");
    assertNull(twins.owner("/A"), "a hard link that a person made");
    assertFalse(twins.has("/c"));
  }
}
