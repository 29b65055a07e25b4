package dev.archive.cli.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.archive.cli.CommandRun;
import dev.archive.cli.Main;
import dev.archive.testing.Trees;
import java.io.ByteArrayOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.channels.Channels;
import java.nio.channels.Pipe;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Output that cannot be written is never a success. */
class OutputTest {
  private static final Path FULL = Path.of("/dev/full");

  @TempDir Path directory;
  private Path tree;
  private String batch;

  @BeforeEach
  void archiveSomething() throws IOException {
    assumeTrue(Files.exists(FULL));
    tree = Trees.small(directory.resolve("tree"), 3, 1);
    CommandRun upload = CommandRun.in(home(), "upload", "--json", tree.toString());
    assertEquals(0, upload.exit(), upload.err());
    batch = upload.receiptField("batch_id");
  }

  private Path home() {
    return directory.resolve("home");
  }

  /** Every way to a result, with whether it only reads. */
  private List<List<String>> commands() {
    String source = tree.toString();
    return List.of(
        List.of("upload", source),
        List.of("upload", "--json", source),
        List.of("upload", "--again", "--json", "--quiet", source),
        List.of("upload", "--dry-run", "--json", source),
        List.of("receipt", batch),
        List.of("receipt", "--sha256sum", batch),
        List.of("receipts"),
        List.of("receipts", "--json"),
        List.of("list"),
        List.of("list", "--json"),
        List.of("status", batch),
        List.of("status", "--files", batch),
        List.of("status", "--files", "--json", batch),
        List.of("history", batch),
        List.of("history", "--json", batch),
        List.of("verify", batch, source),
        List.of("verify", "--json", "--deep", batch),
        List.of("audit"),
        List.of("audit", "--json"),
        List.of("completion", "bash"),
        List.of("--help"),
        List.of("upload", "--help"),
        List.of("--version"));
  }

  private static boolean changes(List<String> command) {
    return command.get(0).equals("upload")
        && !command.contains("--dry-run")
        && !command.contains("--help");
  }

  private record Ended(int exit, String err) {}

  private Ended run(OutputStream out, List<String> command) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Context context =
        new Context(
            new Output(out),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            new Settings(
                Map.of("ARCHIVE_HOME", home().toString(), "XDG_STATE_HOME", home() + "-state")),
            Clock.systemUTC());
    int exit = Main.run(context, command.toArray(String[]::new));
    return new Ended(exit, err.toString(StandardCharsets.UTF_8));
  }

  @Test
  void fullOutputIsNeverASuccess() throws IOException {
    for (List<String> command : commands()) {
      try (OutputStream full = new FileOutputStream(FULL.toFile())) {
        Ended run = run(full, command);
        assertEquals(ExitCodes.OUTPUT_FAILED, run.exit, command + run.err);
        assertTrue(
            run.err.contains(" could not be written to standard output: No space left on device; "),
            command + run.err);
        assertFalse(run.err.contains("\tat "), command + run.err);
      }
    }
  }

  @Test
  void closedPipeEndsWhatReadsAndFailsWhatChanges() throws IOException {
    for (List<String> command : commands()) {
      Pipe pipe = Pipe.open();
      pipe.source().close();
      try (OutputStream closed = Channels.newOutputStream(pipe.sink())) {
        Ended run = run(closed, command);
        assertEquals(
            changes(command) ? ExitCodes.OUTPUT_FAILED : ExitCodes.OK, run.exit, command + run.err);
        assertEquals(changes(command), run.err.contains("could not be written"), command + run.err);
      }
    }
  }

  @Test
  void lostReceiptIsNamedWithWhereItIsKept() throws IOException {
    try (OutputStream full = new FileOutputStream(FULL.toFile())) {
      Ended run = run(full, List.of("upload", tree.toString()));
      Path kept = Path.of(home() + "-state", "archive", "receipts", batch + ".json");
      assertTrue(Files.exists(kept));
      assertTrue(
          run.err.endsWith(
              "archive: the receipt could not be written to standard output: No space left on"
                  + " device; batch "
                  + batch
                  + " is archived, and its receipt is kept in \""
                  + kept
                  + "\"\n"),
          run.err);
    }
  }

  @Test
  void findingsWinOverLostOutput() throws IOException {
    Files.writeString(tree.resolve("more"), "more");
    try (OutputStream full = new FileOutputStream(FULL.toFile())) {
      Ended run = run(full, List.of("verify", batch, tree.toString()));
      assertEquals(ExitCodes.DIFFERENT, run.exit, run.err);
      assertTrue(run.err.contains("could not be written"), run.err);
      assertEquals(ExitCodes.USAGE, run(full, List.of("status", "no-batch")).exit);
    }
  }

  @Test
  void whatComesAfterTheFirstFailureIsNotWritten() {
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    OutputStream once =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("once");
          }

          @Override
          public void write(byte[] bytes, int offset, int length) throws IOException {
            if (new String(bytes, offset, length, StandardCharsets.UTF_8).contains("second")) {
              throw new IOException("once");
            }
            written.write(bytes, offset, length);
          }
        };
    Output output = new Output(once);
    output.are(Output.Purpose.CHANGES);
    output.println("first");
    output.println("second");
    output.println("third");
    assertEquals(ExitCodes.OUTPUT_FAILED, output.end(ExitCodes.OK, line -> {}));
    assertEquals("first\n", written.toString(StandardCharsets.UTF_8));
    assertEquals(ExitCodes.INTERRUPTED, output.end(ExitCodes.INTERRUPTED, line -> {}));
  }
}
