package dev.archive.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.matrix.SmallDisk;
import dev.archive.model.Count;
import dev.archive.server.IngestServer;
import dev.archive.testing.FaultProxy;
import dev.archive.testing.Rules;
import dev.archive.testing.ServerFixture;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * "Nothing has changed" is said only where the archive still holds the batch and the files are
 * still what was archived. {@code -Darchive.tree=20000} makes the tree larger.
 */
class UnchangedTest {
  private static final int FILES = Integer.getInteger("archive.tree", 25);

  @TempDir Path directory;
  private Path tree;
  private IngestServer server;
  private FaultProxy proxy;
  private Duration later = Duration.ofMinutes(1);

  @BeforeEach
  void makeATreeAndAServer() throws IOException {
    tree = Trees.small(directory.resolve("tree"), FILES, 1);
    start("root");
  }

  private void start(String root) throws IOException {
    server = ServerFixture.start(directory.resolve(root));
    URI url = URI.create(server.url());
    if (proxy == null) {
      proxy = FaultProxy.start(url.getHost(), url.getPort(), 1, Rules.none());
    } else {
      proxy.setUpstream(url.getHost(), url.getPort());
    }
  }

  @AfterEach
  void stop() {
    proxy.close();
    server.close();
  }

  private CommandRun upload(String... more) {
    List<String> args = new ArrayList<>(List.of("upload", "--json", "--server", url()));
    args.addAll(List.of(more));
    args.add(tree.toString());
    return run(args);
  }

  private String url() {
    return proxy.uri().toString().replaceFirst("/$", "");
  }

  private CommandRun embedded(String... more) {
    List<String> args = new ArrayList<>(List.of("upload", "--json"));
    args.addAll(List.of(more));
    args.add(tree.toString());
    return run(args);
  }

  /** Some time after the files were made: then their stamps can be trusted. */
  private CommandRun run(List<String> args) {
    return CommandRun.of(
        Clock.offset(Clock.systemUTC(), later),
        Map.of(
            "XDG_STATE_HOME", directory.resolve("state").toString(),
            "ARCHIVE_HOME", directory.resolve("home").toString()),
        args.toArray(String[]::new));
  }

  private CommandRun archived(CommandRun run) {
    assertEquals(0, run.exit(), run.err());
    assertNotNull(run.field("batch", "batch_id"), "bytes were sent");
    assertEquals(String.valueOf(FILES), run.receiptField("files"));
    return run;
  }

  private static void assertUnchanged(CommandRun first, CommandRun run) {
    assertEquals(0, run.exit(), run.err());
    assertTrue(run.out().contains("nothing has changed since batch"), run.out());
    assertEquals(first.receiptField("batch_id"), run.receiptField("batch_id"));
  }

  private static void assertRefused(CommandRun run, String why) {
    assertEquals(4, run.exit(), run.err());
    assertTrue(run.err().contains(why), run.err());
    assertTrue(run.err().contains("--again"), run.err());
    assertFalse(run.out().contains("\"event\":\"receipt\""), run.out());
    assertFalse(run.out().contains("\"event\":\"batch\""), run.out());
  }

  private static void assertOther(CommandRun first, CommandRun run) {
    assertNotEquals(first.receiptField("batch_id"), run.receiptField("batch_id"));
  }

  @Test
  void theSameTreeAgainAsksForTheBatchInOneCall() {
    CommandRun first = archived(upload());
    long before = proxy.stats().requests();
    assertUnchanged(first, upload());
    assertEquals(2, proxy.stats().requests() - before, "who it is, and the summary");
  }

  @Test
  void anArchiveThatWasRemovedIsNotTheSame() throws IOException {
    CommandRun first = archived(upload());
    server.close();
    Trees.delete(directory.resolve("root"));
    start("root");
    assertRefused(upload(), "another archive");
    assertRefused(upload("--metadata", "k=new"), "another archive");
    CommandRun again = archived(upload("--again"));
    assertOther(first, again);
    assertUnchanged(again, upload());
  }

  @Test
  void anOlderStateOfTheSameArchiveIsArchivedTo() throws IOException {
    server.close();
    copy(directory.resolve("root"), directory.resolve("older"));
    start("root");
    CommandRun first = archived(upload());
    server.close();
    Trees.delete(directory.resolve("root"));
    start("older");
    CommandRun second = archived(upload());
    assertOther(first, second);
    assertTrue(second.out().contains("has lost batch " + first.receiptField("batch_id")));
    assertUnchanged(second, upload());
  }

  @Test
  void aServerThatCannotBeReachedIsNotUnchanged() {
    archived(upload());
    server.close();
    CommandRun run = upload("--timeout", "1s");
    assertEquals(5, run.exit(), run.err());
  }

  @Test
  void anEmbeddedArchiveThatIsGoneIsNotMadeAgainInSilence() throws IOException {
    archived(embedded());
    Path home = directory.resolve("home");
    Files.move(home, directory.resolve("unmounted"));
    assertRefused(embedded(), "is its disk mounted?");
    assertTrue(Files.notExists(home));
    Files.createDirectories(home.resolve("lost+found"));
    assertRefused(embedded(), "is its disk mounted?");
    assertRefused(run(List.of("list")), "is its disk mounted?");
    tree = Trees.small(directory.resolve("another"), FILES, 2);
    assertRefused(embedded(), "is its disk mounted?");
    try (Stream<Path> names = Files.list(home)) {
      assertEquals(List.of(home.resolve("lost+found")), names.toList());
    }
    tree = directory.resolve("tree");
    Files.writeString(home.resolve("NOT-MOUNTED.txt"), "Ask the archivist for the disk.");
    assertRefused(embedded(), "is its disk mounted?");
    assertTrue(Files.notExists(home.resolve("state.db")));
    // A run that planned again, and was killed before it opened its next batch.
    changeJournal(line -> !line.contains("{\"batch\":") && !line.contains("{\"finished\":"));
    assertRefused(embedded(), "is its disk mounted?");
    archived(embedded("--again"));
  }

  @Test
  void changedMetadataIsANewWish() {
    CommandRun first = archived(upload());
    CommandRun second = archived(upload("--metadata", "k=new"));
    assertOther(first, second);
    assertUnchanged(second, upload("--metadata", "{ \"k\": \"new\" }"));
    CommandRun third = archived(upload("--metadata", "k=newer"));
    assertOther(second, third);
    assertOther(third, archived(upload()));
  }

  @Test
  void anEditThatKeepsSizeAndTimeIsSeen() throws IOException {
    CommandRun first = archived(upload());
    edit(Trees.files(tree).get(3));
    CommandRun second = archived(upload());
    assertOther(first, second);
    assertNotEquals(first.receiptField("manifest_sha256"), second.receiptField("manifest_sha256"));
  }

  @Test
  void anEditThatKeepsAllStampsIsSeenWhereTheyWereYoung() throws IOException {
    later = Duration.ZERO;
    Path edited = Trees.files(tree).get(3);
    Files.write(edited, Files.readAllBytes(edited));
    CommandRun first = archived(upload());
    edit(edited);
    // As on a file system that counts in seconds: the edit left no trace in the stamps.
    pretendTheJournalSaw(edited);
    CommandRun second = archived(upload());
    assertOther(first, second);
  }

  @Test
  void filesThatAreOnlyKnownByOtherStampsAreReadAndNotSent() throws IOException {
    CommandRun first = archived(upload());
    copy(tree, directory.resolve("copy"));
    Trees.delete(tree);
    copy(directory.resolve("copy"), tree);
    CommandRun second = upload();
    assertUnchanged(first, second);
    String reading = "reading " + Count.number(FILES) + " of " + Count.of(FILES, "file");
    assertTrue(second.out().contains(reading), second.out());
    CommandRun third = upload();
    assertUnchanged(first, third);
    assertFalse(third.out().contains("reading"), "the new stamps were kept");
  }

  @Test
  void stampsThatMayBeIgnoredAreNoReasonToRead() throws IOException {
    CommandRun first = archived(upload());
    for (Path file : Trees.files(tree)) {
      FileTime time = Files.getLastModifiedTime(file);
      Files.setLastModifiedTime(file, FileTime.fromMillis(0));
      Files.setLastModifiedTime(file, time);
    }
    CommandRun second = upload("--ignore-ctime");
    assertUnchanged(first, second);
    assertFalse(second.out().contains("reading"), second.out());
    copy(tree, directory.resolve("copy"));
    Trees.delete(tree);
    copy(directory.resolve("copy"), tree);
    CommandRun third = upload("--ignore-inode");
    assertUnchanged(first, third);
    assertFalse(third.out().contains("reading"), third.out());
    assertTrue(upload("--ignore-ctime").out().contains("reading"));
  }

  @Test
  void whatOneRunIgnoresIsStillReadByTheNextThatDoesNot() throws IOException {
    CommandRun first = archived(upload());
    edit(Trees.files(tree).get(3));
    // Another file that has to be read makes the run write its journal again.
    Files.setLastModifiedTime(Trees.files(tree).get(5), FileTime.fromMillis(1_000_000));
    assertUnchanged(first, upload("--ignore-ctime"));
    Files.setLastModifiedTime(Trees.files(tree).get(5), FileTime.fromMillis(2_000_000));
    assertUnchanged(first, upload("--ignore-inode"));
    assertOther(first, archived(upload()));
  }

  @Test
  void anotherInodeThatOneRunIgnoresIsStillReadByTheNext() throws IOException {
    CommandRun first = archived(upload());
    Path replaced = Trees.files(tree).get(3);
    FileTime time = Files.getLastModifiedTime(replaced);
    byte[] content = Files.readAllBytes(replaced);
    content[0] ^= 1;
    Path other = Files.write(directory.resolve("other"), content);
    Files.setLastModifiedTime(other, time);
    Files.move(other, replaced, StandardCopyOption.REPLACE_EXISTING);
    Files.setLastModifiedTime(Trees.files(tree).get(5), FileTime.fromMillis(1_000_000));
    assertUnchanged(first, upload("--ignore-inode"));
    assertOther(first, archived(upload("--ignore-ctime")));
  }

  @Test
  void aReceiptThatWasRemovedIsKeptAgain() throws IOException {
    CommandRun first = archived(upload());
    Path kept =
        directory.resolve("state/archive/receipts/" + first.receiptField("batch_id") + ".json");
    String receipt = Files.readString(kept);
    Files.delete(kept);
    assertUnchanged(first, upload());
    assertEquals(receipt, Files.readString(kept));
  }

  @Test
  void noMetadataIsTheSameAsAnEmptyObject() {
    CommandRun first = archived(upload());
    assertUnchanged(first, upload("--metadata", "{}"));
  }

  @Test
  void whatIsSkippedFitsBesideMetadataOfManyBytes() throws Exception {
    Path described = directory.resolve("metadata.json");
    Files.writeString(described, "{\"t\":\"" + "é".repeat(200_000) + "\"}");
    List<String> pipes = new ArrayList<>(List.of("mkfifo"));
    for (int i = 0; i < 900; i++) {
      pipes.add(tree.resolve("p".repeat(200) + i).toString());
    }
    assertEquals(0, new ProcessBuilder(pipes).inheritIO().start().waitFor());
    CommandRun run = upload("--allow-skipped", "--metadata", "@" + described);
    assertEquals(3, run.exit(), run.err());
    assertEquals(String.valueOf(FILES), run.receiptField("files"), run.err());
  }

  @Test
  void theDeviceOfADiskThatIsMountedAgainDoesNotCount() throws Exception {
    Path mount = Files.createDirectory(directory.resolve("disk"));
    try (SmallDisk disk = SmallDisk.ext4(mount, 16 + FILES / 100)) {
      copy(tree, mount.resolve("tree"));
      tree = mount.resolve("tree");
      CommandRun first = archived(upload());
      Object before = Files.getAttribute(tree, "unix:dev");
      disk.moveToAnotherDevice();
      assertNotEquals(before, Files.getAttribute(tree, "unix:dev"));
      CommandRun second = upload();
      assertUnchanged(first, second);
      assertFalse(second.out().contains("reading"), second.out());
    }
  }

  private static void edit(Path file) throws IOException {
    FileTime time = Files.getLastModifiedTime(file);
    byte[] content = Files.readAllBytes(file);
    content[0] ^= 1;
    Files.write(file, content);
    Files.setLastModifiedTime(file, time);
  }

  private void changeJournal(Predicate<String> keep) throws IOException {
    Files.write(journal(), Files.readAllLines(journal()).stream().filter(keep).toList());
  }

  private Path journal() throws IOException {
    try (Stream<Path> files = Files.walk(directory.resolve("state"))) {
      return files.filter(each -> each.endsWith("journal")).findFirst().orElseThrow();
    }
  }

  /** Writes the stamp that a file has now into the journal, where its old one was. */
  private void pretendTheJournalSaw(Path file) throws IOException {
    Path journal = journal();
    String now = Files.getAttribute(file, "unix:ctime").toString();
    String name = tree.relativize(file).toString();
    IntPredicate hex = c -> "0123456789abcdef".indexOf(c) >= 0;
    List<String> lines = new ArrayList<>();
    for (String line : Files.readAllLines(journal)) {
      assertTrue(line.chars().limit(8).allMatch(hex), line);
      String text = line.substring(9);
      if (text.contains("/" + name + "\"")) {
        text = text.replaceFirst("\"changed\":\"[^\"]*\"", "\"changed\":\"" + now + "\"");
      }
      java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
      crc.update(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
      lines.add(String.format("%08x %s", crc.getValue(), text));
    }
    Files.write(journal, lines);
  }

  /** A copy with the same times and other inodes. */
  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> all = Files.walk(from)) {
      for (Path each : all.toList()) {
        Path target = to.resolve(from.relativize(each).toString());
        if (Files.isDirectory(each)) {
          Files.createDirectories(target);
        } else {
          Files.copy(each, target, StandardCopyOption.COPY_ATTRIBUTES);
          FileTime time = Files.getLastModifiedTime(each);
          Files.getFileAttributeView(target, BasicFileAttributeView.class)
              .setTimes(time, null, null);
        }
      }
    }
  }
}
