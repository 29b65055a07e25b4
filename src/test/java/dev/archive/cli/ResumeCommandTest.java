package dev.archive.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.server.IngestServer;
import dev.archive.testing.FaultProxy;
import dev.archive.testing.Match;
import dev.archive.testing.Rule;
import dev.archive.testing.Rules;
import dev.archive.testing.ServerFixture;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code archive resume} is the upload command again, by the batch it began. */
class ResumeCommandTest {
  private static final Rules NO_BYTES =
      Rules.of(Rule.status(Match.request("PUT .*|POST .*/bundle"), 503, "1"));

  @TempDir Path directory;
  private IngestServer server;
  private FaultProxy proxy;

  @BeforeEach
  void startAServerBehindAProxy() throws IOException {
    server = ServerFixture.start(directory.resolve("root"));
    URI url = URI.create(server.url());
    proxy = FaultProxy.start(url.getHost(), url.getPort(), 1, Rules.none());
  }

  @AfterEach
  void stop() {
    proxy.close();
    server.close();
  }

  private CommandRun archive(String... args) {
    return CommandRun.of(
        Map.of(
            "XDG_STATE_HOME", directory.resolve("state").toString(),
            "ARCHIVE_HOME", directory.resolve("home").toString()),
        args);
  }

  private Path tree(String name) throws IOException {
    return Trees.small(directory.resolve(name), 12, name.hashCode());
  }

  /** An upload whose time is over before a byte got through. */
  private CommandRun brokenOff(Path tree, String... more) {
    proxy.setRules(NO_BYTES);
    List<String> args = new ArrayList<>(List.of("upload", "--json", "--timeout", "1s"));
    args.addAll(List.of("--server", proxy.uri().toString()));
    args.addAll(List.of(more));
    args.add(tree.toString());
    CommandRun run = archive(args.toArray(String[]::new));
    assertEquals(5, run.exit(), run.err());
    proxy.setRules(Rules.none());
    return run;
  }

  @Test
  void theOneUnfinishedRunNeedsNoName() throws IOException {
    CommandRun first = brokenOff(tree("a"), "--root-path", "/box", "--uploader", "somebody");
    CommandRun second = archive("resume", "--json");
    assertEquals(0, second.exit(), second.err());
    assertEquals(first.field("batch", "batch_id"), second.receiptField("batch_id"));
    assertNotNull(second.field("resumed", "files"));
    assertEquals(12, Trees.files(bag(second).resolve("data/box")).size());
    assertTrue(Files.readString(bag(second).resolve("bag-info.txt")).contains("somebody"));
  }

  @Test
  void ofSeveralTheBatchSaysWhich() throws IOException {
    CommandRun one = brokenOff(tree("a"));
    CommandRun other = brokenOff(tree("b"));
    CommandRun asked = archive("resume");
    assertEquals(2, asked.exit(), asked.err());
    assertTrue(asked.err().contains("2 runs are unfinished; nothing was done"), asked.err());
    List<String> lines = asked.outLines();
    assertEquals(2, lines.size());
    for (String part :
        List.of(
            one.field("batch", "batch_id"),
            proxy.uri().toString(),
            directory.resolve("a").toRealPath().toString())) {
      assertTrue(lines.stream().anyMatch(line -> line.contains(part)), asked.out());
    }
    CommandRun resumed = archive("resume", "--json", other.field("batch", "batch_id"));
    assertEquals(0, resumed.exit(), resumed.err());
    assertEquals(other.field("batch", "batch_id"), resumed.receiptField("batch_id"));
    CommandRun last = archive("resume", "--json");
    assertEquals(one.field("batch", "batch_id"), last.receiptField("batch_id"));
  }

  @Test
  void severalAreListedForMachinesToo() throws IOException {
    brokenOff(tree("a"));
    CommandRun other = brokenOff(tree("b"));
    CommandRun asked = archive("resume", "--json");
    assertEquals(2, asked.exit(), asked.err());
    assertEquals(2, asked.outLines().size());
    assertEquals(other.field("batch", "batch_id"), asked.field("unfinished", "batch_id"));
  }

  @Test
  void nothingToTakeUpIsNoFailure() throws IOException {
    CommandRun none = archive("resume");
    assertEquals(0, none.exit(), none.err());
    assertTrue(none.err().contains("there is no run to take up"), none.err());
    CommandRun done =
        archive("upload", "--json", "--server", proxy.uri().toString(), tree("a").toString());
    assertEquals(0, archive("resume").exit());
    CommandRun named = archive("resume", done.receiptField("batch_id"));
    assertEquals(0, named.exit(), named.err());
    assertTrue(named.err().contains("was archived"), named.err());
  }

  @Test
  void aBatchOfNoRunHereIsWrongUsage() {
    CommandRun run = archive("resume", "01ARZ3NDEKTSV4RRFFQ69G5FAV");
    assertEquals(2, run.exit());
    assertTrue(run.err().contains("there is no run of batch 01ARZ3NDEKTSV4RRFFQ69G5FAV"));
  }

  @Test
  void metadataIsThatOfTheFirstCommandEvenWhenNoServerHeardIt() throws IOException {
    proxy.setRules(Rules.of(Rule.status(Match.request("POST .*/init"), 503, "1")));
    CommandRun first =
        archive(
            "upload",
            "--timeout",
            "1s",
            "--metadata",
            "box=7",
            "--server",
            proxy.uri().toString(),
            tree("a").toString());
    assertEquals(5, first.exit(), first.err());
    proxy.setRules(Rules.none());
    CommandRun second = archive("resume", "--json");
    assertEquals(0, second.exit(), second.err());
    String info = Files.readString(bag(second).resolve("bag-info.txt"));
    assertTrue(info.contains("{\"box\":\"7\"}"), info);
  }

  @Test
  void aRunWithTheEmbeddedArchiveGoesBackToThatArchive() throws IOException {
    Path tree = tree("a");
    CommandRun first = archive("upload", "--json", tree.toString());
    assertEquals(0, first.exit(), first.err());
    changeJournal(line -> !line.contains("{\"finished\":"));
    Files.delete(
        directory.resolve("state/archive/receipts/" + first.receiptField("batch_id") + ".json"));
    CommandRun elsewhere =
        CommandRun.of(
            Map.of(
                "XDG_STATE_HOME", directory.resolve("state").toString(),
                "ARCHIVE_HOME", directory.resolve("elsewhere").toString()),
            "resume",
            "--json");
    assertEquals(0, elsewhere.exit(), elsewhere.err());
    assertEquals(first.receiptField("batch_id"), elsewhere.receiptField("batch_id"));
    assertEquals(first.receiptField("manifest_sha256"), elsewhere.receiptField("manifest_sha256"));
    assertTrue(Files.notExists(directory.resolve("elsewhere")));
  }

  @Test
  void aJournalThatCannotBeUsedIsNamedAndTheOthersAreStillTakenUp() throws IOException {
    brokenOff(tree("a"));
    changeJournal(line -> !line.contains("{\"header\":"));
    CommandRun alone = archive("resume");
    assertEquals(2, alone.exit(), alone.err());
    assertTrue(alone.err().contains("does not begin as a journal does"), alone.err());
    CommandRun other = brokenOff(tree("b"));
    CommandRun resumed = archive("resume", "--json");
    assertEquals(0, resumed.exit(), resumed.err());
    assertTrue(resumed.err().contains("does not begin as a journal does"), resumed.err());
    assertEquals(other.field("batch", "batch_id"), resumed.receiptField("batch_id"));
  }

  private Path bag(CommandRun run) {
    return directory.resolve("root/batches").resolve(run.receiptField("batch_id"));
  }

  private void changeJournal(Predicate<String> keep) throws IOException {
    Path journal;
    try (var files = Files.walk(directory.resolve("state"))) {
      journal = files.filter(file -> file.endsWith("journal")).findFirst().orElseThrow();
    }
    Files.write(journal, Files.readAllLines(journal).stream().filter(keep).toList());
  }
}
