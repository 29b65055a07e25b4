package dev.archive.cli.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.archive.cli.CommandRun;
import dev.archive.testing.Trees;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code --receipt} and {@code --report} destroy nothing, and what they lose is no success. */
class TargetFileTest {
  /** As build 199cdaa wrote them: without an end of line. */
  private static final String OLD_RECEIPT =
      "{\"event\":\"receipt\",\"batch_id\":\"01M8NAPKFSJV3VSTR3Y1359NX6\",\"version\":4,\"files\":1,"
          + "\"bytes\":3,\"manifest_sha256\":"
          + "\"7270f020b1b6ec7d84e631e14d12a652234371fb2831c9e5cb959091e0d69512\","
          + "\"status\":\"enqueued\",\"server\":\"embedded:/home/ada/archive\",\"entries\":[{\"path\":"
          + "\"/a\",\"size\":3,\"sha256\":"
          + "\"98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4\"}]}";

  @TempDir Path directory;
  private Path tree;
  private Path source;

  @BeforeEach
  void plant() throws IOException {
    tree = Files.createDirectories(directory.resolve("tree"));
    source = Trees.file(tree.resolve("a.tif"), "the only copy");
  }

  private Path home() {
    return directory.resolve("home");
  }

  private CommandRun upload(Path receipt) {
    return CommandRun.in(home(), "upload", "--receipt", receipt.toString(), tree.toString());
  }

  private void assertRefused(Path receipt, String why) {
    CommandRun run = upload(receipt);
    assertEquals(2, run.exit(), receipt + ": " + run.err());
    assertTrue(run.err().contains(why), receipt + ": " + run.err());
    assertTrue(run.err().contains("nothing was done"), receipt + ": " + run.err());
    assertFalse(run.err().contains("\tat "), run.err());
    assertFalse(Files.exists(home()), receipt + ": refused before any work");
  }

  private void assertWritten(Path receipt) throws IOException {
    CommandRun run = upload(receipt);
    assertEquals(0, run.exit(), run.err());
    String written = Files.readString(receipt);
    assertTrue(written.startsWith("{\"event\":\"receipt\",\"batch_id\":\""), written);
    assertTrue(written.contains(Trees.sha256(source)), written);
  }

  @Test
  void whatIsThereIsNotOverwritten() throws Exception {
    String inside = "it would lie in";
    assertRefused(source, inside);
    assertRefused(tree.resolve("new.json"), inside);
    assertRefused(tree.resolve("../tree/new.json"), inside);
    Path parent = Files.createSymbolicLink(directory.resolve("parent"), tree);
    assertRefused(parent.resolve("a.tif"), inside);
    assertRefused(parent.resolve("new.json"), inside);
    assertRefused(Files.createSymbolicLink(directory.resolve("to-source"), source), inside);
    assertRefused(directory.resolve("home/receipt.json"), "there is no such directory");
    String stranger = "a file is there that is not an earlier receipt, and is not overwritten";
    assertRefused(Files.createLink(directory.resolve("hard"), source), stranger);
    assertRefused(Trees.file(directory.resolve("stranger"), "theirs"), stranger);
    assertRefused(Trees.file(directory.resolve("near"), "{\"event\":\"receipt\"}"), stranger);
    assertRefused(directory, "it is a directory");
    assertRefused(Path.of("/"), "it is a directory");
    assertRefused(directory.resolve("stranger/x"), "cannot be written");
    assertRefused(
        Files.createSymbolicLink(directory.resolve("dangling"), directory.resolve("gone")),
        "it is a symlink to nothing");
    assertRefused(
        Files.createSymbolicLink(directory.resolve("loop"), Path.of("loop")), "cannot be written");
    assertRefused(directory.resolve("x".repeat(256)), "cannot be written");
    assertEquals("the only copy", Files.readString(source));
    assertEquals("theirs", Files.readString(directory.resolve("stranger")));
    assertFalse(Files.exists(directory.resolve("gone")));
    assertEquals(List.of(source), Trees.files(tree));
  }

  @Test
  void sourceFileNamedAsSuchIsNotOverwritten() throws IOException {
    CommandRun run =
        CommandRun.in(home(), "upload", "--receipt", source.toString(), source.toString());
    assertEquals(2, run.exit(), run.err());
    assertEquals("the only copy", Files.readString(source));
  }

  @Test
  void earlierReceiptsAreReplacedAlsoThroughSymlinks() throws IOException {
    Path receipt = directory.resolve("receipt.json");
    assertWritten(receipt);
    Path link = Files.createSymbolicLink(directory.resolve("link"), receipt);
    Path old = Trees.file(directory.resolve("old.json"), OLD_RECEIPT);
    Path empty = Trees.file(directory.resolve("empty"), "");
    // A name that writers of temporary files like.
    Path temporary = Trees.file(directory.resolve(".receipt.json.tmp"), "theirs");
    Trees.file(tree.resolve("b"), "b");
    assertWritten(link);
    assertTrue(Files.isSymbolicLink(link));
    assertTrue(Files.readString(receipt).contains("\"path\":\"/b\""));
    assertWritten(old);
    assertWritten(empty);
    assertEquals("theirs", Files.readString(temporary));
    try (Stream<Path> names = Files.list(directory)) {
      assertEquals(
          0,
          names.filter(name -> name.getFileName().toString().startsWith(".archive-")).count(),
          "no temporary file stays");
    }
  }

  @Test
  void pipesAreWrittenThrough() throws Exception {
    Path fifo = directory.resolve("fifo");
    assumeTrue(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor() == 0);
    CompletableFuture<String> read =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return Files.readString(fifo);
              } catch (IOException e) {
                return e.toString();
              }
            });
    CommandRun run = upload(fifo);
    assertEquals(0, run.exit(), run.err());
    assertTrue(read.get(60, TimeUnit.SECONDS).contains(Trees.sha256(source)));
    assertFalse(Files.isRegularFile(fifo));
    CommandRun unread =
        CommandRun.in(
            home(), "upload", "--timeout", "1s", "--receipt", fifo.toString(), tree.toString());
    assertEquals(5, unread.exit(), unread.err());
    assertTrue(unread.err().contains("nobody reads the named pipe"), unread.err());
    assertEquals(Duration.ofSeconds(30), TargetFile.readerWait(null), "no run waits for ever");
    assertEquals(Duration.ofSeconds(30), TargetFile.readerWait(Duration.ofDays(1)));
  }

  @Test
  void dashIsStandardOutput() throws IOException {
    CommandRun run = CommandRun.in(home(), "upload", "--quiet", "--receipt", "-", tree.toString());
    assertEquals(0, run.exit(), run.err());
    assertTrue(run.out().startsWith("{\"event\":\"receipt\""), run.out());
    assertTrue(run.out().contains(Trees.sha256(source)), run.out());
    assertFalse(Files.exists(Path.of("-")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--receipt - --report -",
        "--receipt - --failed-list /dev/stdout",
        "--json --receipt -",
        "--json --report -"
      })
  void twoOutputsOnStandardOutputAreRefusedBeforeAnyWork(String options) {
    List<String> line = new ArrayList<>(List.of("upload"));
    line.addAll(List.of(options.split(" ")));
    line.add(tree.toString());
    CommandRun run = CommandRun.in(home(), line.toArray(String[]::new));
    assertEquals(2, run.exit(), run.out() + run.err());
    assertFalse(run.out().contains("receipt\""), run.out());
    assertTrue(
        (run.out() + run.err()).contains("standard output is named for two outputs"), run.err());
    assertFalse(Files.exists(home()), "nothing was done");
  }

  @Test
  void receiptThatCannotBeWrittenIsNoSuccessAndIsKept() {
    assumeTrue(Files.exists(Path.of("/dev/full")));
    CommandRun run =
        CommandRun.in(home(), "upload", "--json", "--receipt", "/dev/full", tree.toString());
    assertEquals(7, run.exit(), run.err());
    Path kept = Path.of(home() + "-state/archive/receipts", run.receiptField("batch_id") + ".json");
    assertTrue(Files.exists(kept));
    assertTrue(
        run.err().contains("the receipt could not be written to \"/dev/full\": No space left"),
        run.err());
    assertTrue(run.err().contains("its receipt is kept in \"" + kept + "\""), run.err());
  }

  @Test
  void findingsOfAnAuditWinOverItsLostReport() throws IOException {
    assumeTrue(Files.exists(Path.of("/dev/full")));
    assertEquals(0, CommandRun.in(home(), "upload", tree.toString()).exit());
    CommandRun well = CommandRun.in(home(), "audit", "--report", "/dev/full");
    assertEquals(7, well.exit(), well.err());
    assertTrue(well.err().contains("the report could not be written"), well.err());
    Path stored;
    try (Stream<Path> files = Files.walk(home())) {
      stored = files.filter(file -> file.endsWith("data/a.tif")).findFirst().orElseThrow();
    }
    Files.writeString(stored, "the only cOpy");
    CommandRun damaged = CommandRun.in(home(), "audit", "--again", "--report", "/dev/full");
    assertEquals(6, damaged.exit(), damaged.err());
    assertTrue(damaged.err().contains("the report could not be written"), damaged.err());
    Files.delete(stored);
    assertEquals(4, CommandRun.in(home(), "audit", "--report", "/dev/full", "--again").exit());
  }

  @Test
  void twoRunsWithOneReceiptLeaveAWholeOne() throws Exception {
    Path receipt = directory.resolve("receipt.json");
    Path other = Trees.small(directory.resolve("other"), 40, 1);
    CyclicBarrier both = new CyclicBarrier(2);
    List<CompletableFuture<CommandRun>> runs =
        Stream.of(tree, other)
            .map(
                from ->
                    CompletableFuture.supplyAsync(
                        () -> {
                          try {
                            both.await(60, TimeUnit.SECONDS);
                          } catch (Exception e) {
                            throw new IllegalStateException(e);
                          }
                          return CommandRun.in(
                              directory.resolve("home-" + from.getFileName()),
                              "upload",
                              "--json",
                              "--receipt",
                              receipt.toString(),
                              from.toString());
                        }))
            .toList();
    String written = "";
    for (CompletableFuture<CommandRun> run : runs) {
      assertEquals(0, run.get().exit(), run.get().err());
    }
    written = Files.readString(receipt);
    String batch = written.replaceFirst("(?s).*?\"batch_id\":\"([0-9A-Z]{26})\".*", "$1");
    boolean first = batch.equals(runs.get(0).get().receiptField("batch_id"));
    assertTrue(first || batch.equals(runs.get(1).get().receiptField("batch_id")), written);
    assertTrue(written.endsWith("]}"), written);
    assertEquals(first ? 2 : 41, written.split("\"sha256\":", -1).length);
  }

  @Test
  void nothingIsWrittenOverTheOutputOfTheSameCommand() throws Exception {
    // Only a process of its own has a standard output that is a file.
    Path out = directory.resolve("out");
    ProcessBuilder builder =
        new ProcessBuilder(
            ProcessHandle.current().info().command().orElse("java"),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            "dev.archive.cli.Main",
            "upload",
            "--receipt",
            out.toString(),
            tree.toString());
    builder.environment().put("ARCHIVE_HOME", home().toString());
    builder.environment().put("XDG_STATE_HOME", home() + "-state");
    Process run = builder.redirectOutput(out.toFile()).start();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    run.getErrorStream().transferTo(err);
    String said = err.toString(StandardCharsets.UTF_8);
    assertEquals(2, run.waitFor(), said);
    assertTrue(said.contains("other output of this command goes there"), said);
    assertFalse(Files.exists(home()));
  }
}
