package dev.archive.testing;

import dev.archive.durable.FileLock;
import dev.archive.testing.SoakTally.Wrong;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Looks at what a server and its clients have on disk, by other means than the program's own. */
final class BagChecker {
  private final Path root;
  private final Path state;
  private final SoakTally tally;

  /**
   * A checker.
   *
   * @param root of the server
   * @param state directory of journals and receipts
   */
  BagChecker(Path root, Path state, SoakTally tally) {
    this.root = root;
    this.state = state;
    this.tally = tally;
  }

  /** Of a directory that is said to be archived: bag, receipt, and every file by its digest. */
  void check(Path tree, String batch) throws IOException, InterruptedException {
    Path bag = root.resolve("batches").resolve(batch);
    for (String manifest : List.of("manifest-sha256.txt", "tagmanifest-sha256.txt")) {
      String complaint = sha256sum(bag, manifest);
      if (!complaint.isEmpty()) {
        tally.wrong(Wrong.FALSE_SUCCESS, bag + ": sha256sum -c " + manifest + ": " + complaint);
      }
    }
    if (!Files.exists(state.resolve("receipts").resolve(batch + ".json"))) {
      tally.wrong(Wrong.FALSE_SUCCESS, "there is no receipt of " + batch);
    }
    Set<Path> names = new HashSet<>();
    for (Path file : Trees.files(tree)) {
      Path name = tree.relativize(file);
      names.add(name);
      Path stored = bag.resolve("data").resolve(name.toString());
      if (!Files.exists(stored) || !Trees.sha256(stored).equals(Trees.sha256(file))) {
        tally.wrong(Wrong.LOST, file + " is not in " + batch + " as it is");
      }
    }
    for (Path stored : Files.exists(bag) ? Trees.files(bag.resolve("data")) : List.<Path>of()) {
      if (!names.contains(bag.resolve("data").relativize(stored))) {
        tally.wrong(Wrong.DUPLICATE, stored + " is of no file in " + tree);
      }
    }
  }

  /** The complaint of sha256sum; empty where all is well. Names with % are as BagIt writes them. */
  private static String sha256sum(Path bag, String manifest)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                "sh", "-c", "sed s/%25/%/g " + manifest + " | sha256sum -c --quiet --strict -")
            .directory(bag.toFile())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return process.waitFor() == 0 ? "" : output.strip();
  }

  /**
   * When all has ended: the ledger is sound and knows just these batches, all finalized; nothing is
   * left half done, and no lock is held.
   */
  void checkTheRest(Set<String> batches) throws IOException, SQLException {
    try (Connection ledger =
            DriverManager.getConnection("jdbc:sqlite:" + root.resolve("state.db"));
        ResultSet check = ledger.createStatement().executeQuery("PRAGMA integrity_check");
        ResultSet known = ledger.createStatement().executeQuery("SELECT id, status FROM batch")) {
      if (!check.next() || !"ok".equals(check.getString(1))) {
        tally.wrong(Wrong.LEFT_OVER, "integrity_check: " + check.getString(1));
      }
      Set<String> missing = new HashSet<>(batches);
      while (known.next()) {
        if (!missing.remove(known.getString(1))) {
          tally.wrong(Wrong.DUPLICATE, "batch " + known.getString(1) + " is nobody's");
        } else if (!"enqueued".equals(known.getString(2))) {
          tally.wrong(Wrong.FALSE_SUCCESS, known.getString(1) + " is " + known.getString(2));
        }
      }
      missing.forEach(batch -> tally.wrong(Wrong.LOST, "batch " + batch));
    }
    for (Path directory : List.of(root, state)) {
      try (Stream<Path> all = Files.walk(directory)) {
        for (Path file : all.toList()) {
          String name = file.getFileName().toString();
          if (name.endsWith(".tmp") || name.endsWith(".parts")) {
            tally.wrong(Wrong.LEFT_OVER, file.toString());
          } else if (name.equals("lock") || name.endsWith(".lock")) {
            requireFree(file);
          }
        }
      }
    }
  }

  private void requireFree(Path file) throws IOException {
    try (FileLock lock = FileLock.tryLock(file)) {
      if (lock == null) {
        tally.wrong(Wrong.LEFT_OVER, "the lock " + file + " is held");
      }
    }
  }
}
