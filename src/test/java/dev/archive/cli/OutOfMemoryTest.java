package dev.archive.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.cli.process.OutOfMemory;
import dev.archive.server.ApiClient;
import dev.archive.testing.ArchiveProcess;
import dev.archive.testing.JavaProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Whichever thread of a server runs out of memory, it ends with exit 1 and one sentence. */
class OutOfMemoryTest {
  @TempDir Path directory;

  /** On a thread of Jetty, and on that of a timer. */
  @ParameterizedTest
  @ValueSource(strings = {"answer:1", "peers:2"})
  void aServerOutOfMemoryEndsWithASentenceAndExit1(String place) throws Exception {
    Path root = Files.createDirectory(directory.resolve("root"));
    try (ArchiveProcess server =
        ArchiveProcess.serve(
            root, List.of(), List.of("-Darchive.failpoint=" + place + ":memory"))) {
      if (!place.startsWith("peers")) {
        ApiClient api = new ApiClient(server.url(), false);
        try {
          for (int i = 0; i < 10; i++) {
            var unused = api.postText("/api/batches/init", INIT);
          }
        } catch (AssertionError e) {
          // It ended before it answered.
        }
      }
      assertEquals(1, server.exit(), server::log);
      assertEnded(server.log());
    }
  }

  private static final String INIT =
      "{\"uploader\":\"u\",\"root_path\":\"/r\",\"file_count\":1,\"total_size\":1}";

  private static void assertEnded(String log) {
    assertTrue(log.startsWith("archive: out of memory"), log);
    assertEquals(1, log.lines().count(), log);
  }

  @Test
  void theShellHeadLeavesTheExitToTheProgram() throws Exception {
    assertFalse(Files.readString(Path.of("src/main/sh/archive.sh")).contains("OnOutOfMemory"));
  }

  @Test
  void whatALibraryLogsOfItAndGoesOnEndsTheProcessToo() throws Exception {
    Process process = JavaProcess.start(Map.of(), LoggedAlone.class.getName());
    String said = JavaProcess.output(process);
    assertEquals(1, process.exitValue(), said);
    // The line of the log came before the trace that begins with the error.
    assertTrue(said.lines().toList().get(1).startsWith("archive: out of memory"), said);
    assertEquals(2, said.lines().count(), said);
  }

  /** Logs as a library does that has caught everything. */
  static final class LoggedAlone {
    public static void main(String[] args) throws InterruptedException {
      OutOfMemory.install();
      LoggerFactory.getLogger("library").warn("went wrong", new IllegalStateException(fatal()));
      new java.util.concurrent.CountDownLatch(1).await();
    }

    private static Error fatal() {
      return new OutOfMemoryError("Java heap space");
    }
  }

  @Test
  void whereNoThreadCanBeStartedTheSentenceNamesThatLimit() throws Exception {
    Process process = JavaProcess.start(Map.of(), NoMoreThreads.class.getName());
    String said = JavaProcess.output(process);
    assertEquals(1, process.exitValue(), said);
    assertTrue(said.startsWith("archive: the system starts no more threads"), said);
    assertEquals(1, said.lines().count(), said);
  }

  /** Meets the error that Java throws where the system refuses a thread. */
  static final class NoMoreThreads {
    public static void main(String[] args) {
      OutOfMemory.install();
      throw new OutOfMemoryError("unable to create native thread: possibly out of memory");
    }
  }
}
