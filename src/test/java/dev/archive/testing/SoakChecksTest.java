package dev.archive.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.archive.durable.FileLock;
import dev.archive.testing.SoakTally.Wrong;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The soak sees what it is there to see: each check goes red on what it must find. */
class SoakChecksTest {
  private static final String BATCH = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  private static final byte[] NOTHING = {};

  @TempDir Path directory;
  private final SoakTally tally = new SoakTally(new PrintStream(OutputStream.nullOutputStream()));
  private Path tree;
  private Path bag;
  private BagChecker checker;

  @BeforeEach
  void archiveByHand() throws Exception {
    ServerFixture.start(directory.resolve("root")).close();
    checker = new BagChecker(directory.resolve("root"), directory.resolve("state"), tally);
    Trees.file(directory.resolve("state/receipts/" + BATCH + ".json"), "{}");
    tree = Trees.small(directory.resolve("tree"), 5, 1);
    Trees.file(tree.resolve("100%"), "as BagIt writes it");
    bag = directory.resolve("root/batches/" + BATCH);
    StringBuilder manifest = new StringBuilder();
    for (Path file : Trees.files(tree)) {
      String name = "data/" + tree.relativize(file);
      Trees.file(bag.resolve(name), "");
      Files.write(bag.resolve(name), Files.readAllBytes(file));
      String line = Trees.sha256(file) + "  " + name.replace("%", "%25") + "\n";
      manifest.append(line);
    }
    Trees.file(bag.resolve("manifest-sha256.txt"), manifest.toString());
    String tags = Trees.sha256(bag.resolve("manifest-sha256.txt")) + "  manifest-sha256.txt\n";
    Trees.file(bag.resolve("tagmanifest-sha256.txt"), tags);
  }

  private Path stored() throws Exception {
    return Trees.files(bag.resolve("data")).get(2);
  }

  private void assertFound(Wrong... kinds) {
    assertEquals(new TreeSet<>(Set.of(kinds)), tally.wrongKinds());
  }

  @Test
  void aSoundBagIsNotComplainedOf() throws Exception {
    checker.check(tree, BATCH);
    assertFound();
  }

  @Test
  void anAlteredFileIsFound() throws Exception {
    Files.writeString(stored(), "other content");
    checker.check(tree, BATCH);
    assertFound(Wrong.LOST, Wrong.FALSE_SUCCESS);
  }

  @Test
  void aMissingFileIsFoundAlsoWhereTheManifestDoesNotKnowIt() throws Exception {
    Trees.file(tree.resolve("new"), "never archived");
    checker.check(tree, BATCH);
    assertFound(Wrong.LOST);
  }

  @Test
  void aFileTooManyIsFound() throws Exception {
    Trees.file(bag.resolve("data/twin"), "of nothing");
    checker.check(tree, BATCH);
    assertFound(Wrong.DUPLICATE);
  }

  @Test
  void aReceiptThatIsMissingIsFound() throws Exception {
    Files.delete(directory.resolve("state/receipts/" + BATCH + ".json"));
    checker.check(tree, BATCH);
    assertFound(Wrong.FALSE_SUCCESS);
  }

  @Test
  void whatIsLeftOverIsFound() throws Exception {
    checker.checkTheRest(Set.of());
    assertFound();
    Trees.file(directory.resolve("state/runs/a/.journal.tmp"), "half");
    checker.checkTheRest(Set.of());
    assertFound(Wrong.LEFT_OVER);
  }

  @Test
  void aLockThatIsHeldIsFound() throws Exception {
    try (FileLock lock = FileLock.tryLock(directory.resolve("root/lock"))) {
      checker.checkTheRest(Set.of());
    }
    assertFound(Wrong.LEFT_OVER);
  }

  @Test
  void aBatchThatTheLedgerDoesNotKnowIsFound() throws Exception {
    checker.checkTheRest(Set.of(BATCH));
    assertFound(Wrong.LOST);
  }

  @Test
  void bytesOfAFileThatTheServerSaidItHasAreSeenWhenTheyAreSentAgain() {
    List<String> told = new ArrayList<>();
    Acknowledged acknowledged = new Acknowledged(told::add);
    String complete = "POST /api/batches/" + BATCH + "/files/complete";
    acknowledged.asked(put("/a"), NOTHING);
    acknowledged.answered(complete, key("/a"), 503, NOTHING);
    acknowledged.asked(put("/a"), NOTHING);
    assertEquals(List.of(), told);
    acknowledged.answered(complete, key("/a"), 200, "{\"success\":true}".getBytes(UTF_8));
    acknowledged.asked(put("/b"), NOTHING);
    assertEquals(List.of(), told);
    acknowledged.asked(put("/a"), NOTHING);
    assertEquals(List.of("staging/" + BATCH + "/a"), told);
    String status =
        "{\"files\":[{\"r2_key\":\"staging/" + BATCH + "/b\",\"status\":\"completed\"}]}";
    acknowledged.answered(
        "GET /api/batches/" + BATCH + "/status", NOTHING, 200, status.getBytes(UTF_8));
    acknowledged.asked(put("/b"), NOTHING);
    assertEquals(2, told.size());
  }

  @Test
  void filesOfABundleCountAsAcknowledgedOnceTheirClientHeardIt() throws Exception {
    List<String> told = new ArrayList<>();
    Acknowledged acknowledged = new Acknowledged(told::add);
    String bundle = "POST /api/batches/" + BATCH + "/files/bundle";
    byte[] tar = tarOf(tree);
    byte[] answer =
        ("{\"files\":[{\"r2_key\":\"staging/"
                + BATCH
                + "/100%\",\"status\":\"completed\"},"
                + "{\"error\":\"no\",\"code\":\"FIXITY_MISMATCH\"}]}")
            .getBytes(UTF_8);
    acknowledged.asked(bundle, tar);
    acknowledged.answered(bundle, tar, 200, answer);
    acknowledged.asked(bundle, tar);
    assertEquals(List.of(), told);
    assertEquals(1, acknowledged.afterLostAnswers());
    acknowledged.relayed(bundle, tar, 200, answer);
    acknowledged.asked(bundle, tar);
    assertEquals(List.of("staging/" + BATCH + "/100%"), told);
  }

  @Test
  void namesAreReadFromTarStreams() throws Exception {
    Path deep = tree.resolve("Größe/" + "long/".repeat(40) + "name");
    Trees.file(deep, "x");
    Set<String> expected = new TreeSet<>();
    Trees.files(tree).forEach(file -> expected.add(tree.relativize(file).toString()));
    assertEquals(expected, new TreeSet<>(TarNames.of(tarOf(tree))));
  }

  private static byte[] tarOf(Path tree) throws Exception {
    Process tar =
        new ProcessBuilder("sh", "-c", "tar --format=pax -cf - *").directory(tree.toFile()).start();
    return tar.getInputStream().readAllBytes();
  }

  private static byte[] key(String path) {
    return ("{\"r2_key\":\"staging/" + BATCH + path + "\"}").getBytes(UTF_8);
  }

  private static String put(String path) {
    String token = Base64.getUrlEncoder().withoutPadding().encodeToString(path.getBytes(UTF_8));
    return "PUT /upload/" + BATCH + "/" + token + "?size=1&signature=0";
  }
}
