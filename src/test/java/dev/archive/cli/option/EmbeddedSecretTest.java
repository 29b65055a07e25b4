package dev.archive.cli.option;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.archive.cli.process.Context;
import dev.archive.cli.process.Output;
import dev.archive.cli.process.Settings;
import dev.archive.server.ApiClient;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The embedded archive as another user of the machine finds it. */
class EmbeddedSecretTest {
  @Test
  void otherUsersOfTheMachineAreKeptOut(@TempDir Path directory) {
    Context context =
        new Context(
            new Output(new ByteArrayOutputStream()),
            new PrintStream(new ByteArrayOutputStream()),
            new Settings(
                Map.of(
                    "ARCHIVE_HOME", directory.resolve("home").toString(),
                    "XDG_STATE_HOME", directory.resolve("state").toString())),
            Clock.systemUTC());
    try (ServerChoice.Opened opened = new ServerChoice().open(context, true)) {
      ApiClient stranger = new ApiClient(opened.endpoint().url());
      stranger.get("/").expect(401, "UNAUTHORIZED");
      stranger.get("/api/batches").expect(401, "UNAUTHORIZED");
      stranger.post("/api/batches/init", ApiClient.initRequest(1, 1)).expect(401, "UNAUTHORIZED");
      assertEquals(43, opened.endpoint().token().reveal().length());
      assertFalse(opened.toString().contains(opened.endpoint().token().reveal()));
    }
  }
}
