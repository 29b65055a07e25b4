package dev.archive.cli;

import dev.archive.cli.process.Context;
import dev.archive.cli.process.Output;
import dev.archive.cli.process.Settings;
import dev.archive.server.IngestServer;
import dev.archive.server.ServerOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Runs the usual commands once on next to nothing, so that the JVM can keep the classes that they
 * load for later starts ({@code -XX:ArchiveClassesAtExit}, see the shell head of the program).
 */
final class Rehearsal {
  private static final int SMALL_FILES = 50;

  /** One file goes in parts. */
  private static final int LARGE = 6 << 20;

  private static final Pattern BATCH = Pattern.compile("receipt +batch (\\w+)");

  private final Path directory;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final Context context;

  private Rehearsal(Path directory, Clock clock) {
    this.directory = directory;
    this.context =
        new Context(
            new Output(out),
            System.err,
            new Settings(
                Map.of(
                    "ARCHIVE_HOME", directory.resolve("home").toString(),
                    "XDG_STATE_HOME", directory.resolve("state").toString())),
            clock);
  }

  /** Works in the directory that is the only argument, and leaves it to be removed. */
  public static void main(String[] args) throws IOException {
    new Rehearsal(Path.of(args[0]), Clock.systemUTC()).run();
  }

  private void run() throws IOException {
    String source = source().toString();
    command("--version");
    command("--help");
    command("upload", source);
    ServerOptions options =
        new ServerOptions(directory.resolve("root"), "127.0.0.1", 0, null, Context.version());
    try (IngestServer server = IngestServer.start(options, context.clock())) {
      String there = "--server=" + server.url();
      command("upload", there, source);
      Matcher receipt = BATCH.matcher(out.toString(StandardCharsets.UTF_8));
      String batch = receipt.results().reduce((one, other) -> other).orElseThrow().group(1);
      command("status", there, batch);
      command("status", there, "--json", "--files", batch);
      command("verify", there, batch, source);
      command("list", there);
      command("receipts");
      command("receipt", batch);
      // The handshake fails, with most of the classes that one needs which does not.
      command("status", there.replace("http:", "https:"), batch);
    }
    command("serve", "--help");
  }

  private Path source() throws IOException {
    Path source = Files.createDirectory(directory.resolve("source"));
    for (int i = 0; i < SMALL_FILES; i++) {
      Files.writeString(source.resolve("small " + i), "content " + i);
    }
    Files.write(source.resolve("large"), new byte[LARGE]);
    return source;
  }

  private void command(String... line) {
    Main.run(context, line);
  }
}
