package dev.archive.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.durable.FileLock;
import dev.archive.server.IngestServer;
import dev.archive.testing.Action;
import dev.archive.testing.Direction;
import dev.archive.testing.FaultProxy;
import dev.archive.testing.Match;
import dev.archive.testing.Offset;
import dev.archive.testing.Rule;
import dev.archive.testing.Rules;
import dev.archive.testing.ServerFixture;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stopped anywhere, the same command finishes, and nothing is sent twice. */
class ResumeTest {
  @TempDir Path directory;

  /** Enough for several bundles, and a few files that go by themselves. */
  private static final int SMALL = 400;

  private static final int LARGE = 6;
  private static final String FILES = String.valueOf(SMALL + LARGE);

  /** One for the batch, two for each file, one for finalize. */
  private static final String VERSION = String.valueOf(2 * (SMALL + LARGE) + 2);

  private IngestServer server;
  private FaultProxy proxy;
  private Path tree;

  @BeforeEach
  void startAServerBehindAProxy() throws IOException {
    server = ServerFixture.start(directory.resolve("root"));
    URI url = URI.create(server.url());
    proxy = FaultProxy.start(url.getHost(), url.getPort(), 1, Rules.none());
    tree = Trees.small(directory.resolve("tree"), SMALL, 1);
    for (int i = 0; i < LARGE; i++) {
      Trees.random(tree.resolve("large-" + i), 1_200_000, i);
    }
  }

  @AfterEach
  void stop() {
    proxy.close();
    server.close();
  }

  private CommandRun upload(String... more) {
    List<String> args =
        new ArrayList<>(
            List.of("upload", "--json", "--server", proxy.uri().toString().replaceFirst("/$", "")));
    args.addAll(List.of(more));
    args.add(tree.toString());
    return CommandRun.of(
        Map.of("XDG_STATE_HOME", directory.resolve("state").toString()),
        args.toArray(String[]::new));
  }

  private CommandRun brokenOff(String... more) {
    // Two bundles get through, one after the other, and the answer to the third ends the run.
    proxy.setRules(
        Rules.of(
            Rule.status(Match.request("POST .*/bundle").after(2), 401, ""),
            Rule.status(Match.request("PUT .*"), 401, "")));
    List<String> args = new ArrayList<>(List.of("--parallel", "1"));
    args.addAll(List.of(more));
    CommandRun run = upload(args.toArray(String[]::new));
    assertEquals(12, run.exit(), run.err());
    proxy.setRules(Rules.none());
    return run;
  }

  @Test
  void whenItsTimeIsOverItSaysHowToGoOn() {
    proxy.setRules(Rules.of(Rule.status(Match.request("POST .*/bundle"), 503, "1")));
    CommandRun run = upload("--timeout", "2s");
    assertEquals(5, run.exit(), run.err());
    assertTrue(run.err().contains("run the same command again"), run.err());
  }

  @Test
  void aBatchThatWasAbortedMeanwhileIsPlannedAnew() throws IOException {
    String batch = brokenOff().field("batch", "batch_id");
    assertEquals(0, CommandRun.of(Map.of(), "abort", "--server", server.url(), batch).exit());
    CommandRun second = upload();
    assertEquals(0, second.exit(), second.err());
    assertNotEquals(batch, second.receiptField("batch_id"));
    String note = "batch " + batch + " of the interrupted run cannot hold the plan";
    assertTrue((second.out() + second.err()).contains(note), second.err());
    assertEquals(VERSION, second.receiptField("version"));
  }

  @Test
  void theNextRunSendsOnlyWhatIsMissing() throws IOException {
    CommandRun first = brokenOff();
    long before = proxy.stats().receivedBodyBytes();
    CommandRun second = upload();
    assertEquals(0, second.exit(), second.err());
    assertEquals(first.field("batch", "batch_id"), second.receiptField("batch_id"));
    assertEquals(FILES, second.receiptField("files"));
    int held = Integer.parseInt(second.field("resumed", "files"));
    assertTrue(held > 0, second.out());
    long all = 0;
    for (Path file : Trees.files(tree)) {
      all += Files.size(file);
    }
    long sent = proxy.stats().receivedBodyBytes() - before;
    assertTrue(sent < all, sent + " of " + all);
    CommandRun verified =
        CommandRun.of(
            Map.of(),
            "verify",
            "--server",
            server.url(),
            second.receiptField("batch_id"),
            tree.toString());
    assertEquals(0, verified.exit(), verified.err());
  }

  @Test
  void aRunAgainAfterSuccessSaysSoAndSendsNothing() {
    CommandRun first = upload();
    assertEquals(0, first.exit(), first.err());
    long requests = proxy.stats().requests();
    CommandRun second = upload();
    assertEquals(0, second.exit(), second.err());
    assertEquals(first.receiptField("batch_id"), second.receiptField("batch_id"));
    assertTrue(second.out().contains("nothing was sent"), second.out());
    assertEquals(
        2, proxy.stats().requests() - requests, "who it is, and whether it holds the batch");
    assertEquals(first.receiptField("batch_id"), upload("--rehash").receiptField("batch_id"));
    assertNotEquals(first.receiptField("batch_id"), upload("--again").receiptField("batch_id"));
  }

  @Test
  void aBatchThatIsNotFinalizedIsNotFetchedAndNotCalledDamaged() {
    String batch = brokenOff().field("batch", "batch_id");
    Path to = directory.resolve("fetched");
    CommandRun run =
        CommandRun.of(Map.of(), "fetch", "--server", server.url(), batch, "--to", to.toString());
    assertEquals(3, run.exit(), run.err());
    assertTrue(run.err().contains("is not finalized; nothing was fetched"), run.err());
    assertTrue(Files.notExists(to));
  }

  @Test
  void aNewBatchThatWasAskedForIsTakenUpToo() {
    CommandRun first = upload();
    CommandRun second = brokenOff("--again");
    CommandRun third = upload("--again");
    assertEquals(0, third.exit(), third.err());
    assertNotEquals(first.receiptField("batch_id"), third.receiptField("batch_id"));
    assertEquals(second.field("batch", "batch_id"), third.receiptField("batch_id"));
  }

  @Test
  void aFileThatWasEditedSinceIsArchivedAnew() throws IOException {
    CommandRun first = upload();
    Path edited = Trees.files(tree).get(3);
    Files.writeString(edited, "edited since");
    CommandRun second = upload();
    assertEquals(0, second.exit(), second.err());
    assertNotEquals(first.receiptField("batch_id"), second.receiptField("batch_id"));
    assertEquals(
        "edited since",
        Files.readString(
            directory
                .resolve("root/batches")
                .resolve(second.receiptField("batch_id"))
                .resolve("data")
                .resolve(tree.relativize(edited).toString())));
  }

  @Test
  void aFileEditedBetweenTwoHalvesOfARunIsNeverJoined() throws IOException {
    brokenOff();
    for (Path file : Trees.files(tree)) {
      flip(file);
    }
    CommandRun second = upload();
    assertEquals(0, second.exit(), second.err());
    CommandRun verified = verify(second);
    assertEquals(0, verified.exit(), verified.err());
  }

  @Test
  void aDigestThatAnInterruptedRunRegisteredGoesWithTheBytesThatHadIt() throws IOException {
    Path parts = Trees.random(tree.resolve("parts"), 6_000_000, 7);
    assertEquals(0, upload().exit());
    flip(parts);
    // Reads what has changed before it sends anything, and registers what it read.
    brokenOff();
    for (Path file : Trees.files(tree)) {
      flip(file);
    }
    CommandRun third = upload();
    assertEquals(0, third.exit(), third.out() + third.err());
    assertEquals(0, verify(third).exit());
  }

  private static void flip(Path file) throws IOException {
    byte[] content = Files.readAllBytes(file);
    content[0] ^= 1;
    Files.write(file, content);
  }

  private CommandRun verify(CommandRun upload) {
    return CommandRun.of(
        Map.of(),
        "verify",
        "--server",
        server.url(),
        upload.receiptField("batch_id"),
        tree.toString());
  }

  @Test
  void aLostJournalTailCostsOnlyReading() throws IOException {
    brokenOff();
    Path journal;
    try (var files = Files.walk(directory.resolve("state"))) {
      journal = files.filter(file -> file.endsWith("journal")).findFirst().orElseThrow();
    }
    String text = Files.readString(journal);
    Files.writeString(journal, text.substring(0, text.indexOf("\"proved\"")));
    long before = proxy.stats().receivedBodyBytes();
    CommandRun second = upload();
    assertEquals(0, second.exit(), second.err());
    assertTrue(Integer.parseInt(second.field("resumed", "files")) > 0, second.out());
    assertTrue(proxy.stats().receivedBodyBytes() > before);
  }

  @Test
  void aLostAnswerToFinalizeIsAskedAboutAndGivesTheSameReceipt() {
    proxy.setRules(Rules.of(Rule.dropResponse(Match.request("POST .*/finalize").first(2))));
    CommandRun run = upload();
    assertEquals(0, run.exit(), run.err());
    assertEquals(VERSION, run.receiptField("version"));
  }

  @Test
  void everyKindOfCallMayLoseItsAnswer() {
    proxy.setRules(
        Rules.of(
            Rule.dropResponse(Match.request("POST .*/init").first(1)),
            Rule.dropResponse(Match.request("POST .*/bundle").withProbability(0.4)),
            Rule.dropResponse(Match.request("POST .*/start").withProbability(0.2)),
            Rule.dropResponse(Match.request("PUT .*").withProbability(0.2)),
            Rule.dropResponse(Match.request("POST .*/complete").withProbability(0.2)),
            Rule.dropResponse(Match.request("GET .*/status.*").first(1))));
    CommandRun run = upload();
    assertEquals(0, run.exit(), run.err() + proxy.log());
    assertEquals(FILES, run.receiptField("files"));
    assertEquals(VERSION, run.receiptField("version"), "each change took effect once");
  }

  @Test
  void everyKindOfCallMayArriveCutOff() {
    proxy.setRules(
        Rules.of(
            cutOff("POST .*/init"),
            cutOff("POST .*/bundle"),
            cutOff("POST .*/start"),
            cutOff("PUT .*"),
            cutOff("POST .*/complete"),
            cutOff("POST .*/finalize")));
    CommandRun run = upload();
    assertEquals(0, run.exit(), run.err() + proxy.log());
    assertEquals(6, proxy.stats().faults(Action.Kind.TRUNC));
    assertEquals(VERSION, run.receiptField("version"), "each change took effect once");
  }

  private static Rule cutOff(String request) {
    return Rule.trunc(Match.request(request).nth(1), Direction.REQUEST, Offset.lastByte());
  }

  @Test
  void aSecondRunOfTheSameSourcesIsToldSoAtOnce() throws IOException {
    upload();
    Path lock;
    try (var files = Files.walk(directory.resolve("state"))) {
      lock = files.filter(file -> file.endsWith("lock")).findFirst().orElseThrow();
    }
    try (FileLock held = FileLock.tryLock(lock)) {
      CommandRun run = upload();
      assertEquals(11, run.exit(), run.err());
      assertTrue(run.err().contains("another run is archiving the same sources"), run.err());
      assertEquals(11, upload("--wait=300ms").exit());
      assertTrue(held != null);
    }
    assertEquals(0, upload("--wait").exit());
  }

  @Test
  void sourcesThatBecameEmptyAreNoSuccessUnlessAllowed() throws IOException {
    assertEquals(0, upload().exit());
    for (Path file : Trees.files(tree)) {
      Files.delete(file);
    }
    CommandRun run = upload();
    assertEquals(2, run.exit(), run.err());
    Path receipt = directory.resolve("receipt.json");
    CommandRun allowed = upload("--allow-empty", "--receipt", receipt.toString());
    assertEquals(0, allowed.exit());
    assertTrue(allowed.err().contains("no receipt was written to \"" + receipt), allowed.err());
    assertFalse(Files.exists(receipt));
  }

  @Test
  void aReceiptThatIsDamagedIsToldAndNotPrinted() throws IOException {
    String batch = upload().receiptField("batch_id");
    Path state = directory.resolve("state");
    Path kept =
        Trees.files(state).stream()
            .filter(each -> each.endsWith(batch + ".json"))
            .findFirst()
            .orElseThrow();
    byte[] whole = Files.readAllBytes(kept);
    for (int length : new int[] {0, 1, whole.length / 2, whole.length - 2}) {
      Files.write(kept, Arrays.copyOf(whole, length));
      CommandRun run = CommandRun.of(Map.of("XDG_STATE_HOME", state.toString()), "receipt", batch);
      assertEquals(2, run.exit(), length + run.err());
      assertTrue(run.err().contains("cannot be read"), run.err());
      assertEquals("", run.out());
    }
  }

  @Test
  void receiptsAreKeptAndCanBeCheckedWithSha256sum() throws Exception {
    String batch = upload().receiptField("batch_id");
    Map<String, String> environment =
        Map.of("XDG_STATE_HOME", directory.resolve("state").toString());
    assertTrue(CommandRun.of(environment, "receipts").out().contains(batch));
    assertTrue(CommandRun.of(environment, "receipt", batch).out().contains("\"entries\":["));
    Path sums = directory.resolve("sums");
    Files.writeString(sums, CommandRun.of(environment, "receipt", "--sha256sum", batch).out());
    Process check =
        new ProcessBuilder("sha256sum", "-c", "--quiet", sums.toString())
            .directory(tree.toFile())
            .start();
    assertEquals(0, check.waitFor());
  }
}
