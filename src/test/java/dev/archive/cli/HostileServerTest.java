package dev.archive.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.cli.process.OutOfMemory;
import dev.archive.server.IngestServer;
import dev.archive.testing.JavaProcess;
import dev.archive.testing.Lies;
import dev.archive.testing.LyingProxy;
import dev.archive.testing.ServerFixture;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers that are silent, trickle, repeat themselves, or say what a terminal would obey. */
@Timeout(120)
class HostileServerTest {
  private static final String BATCH = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

  @TempDir Path directory;
  private Path tree;
  private IngestServer server;
  private LyingProxy proxy;

  @BeforeEach
  void start() throws IOException {
    tree = Trees.small(directory.resolve("tree"), 3, 1);
    server = ServerFixture.start(directory.resolve("root"));
    proxy = new LyingProxy(server.url());
  }

  @AfterEach
  void stop() {
    proxy.close();
    server.close();
  }

  private CommandRun run(String... args) {
    return CommandRun.in(directory.resolve("home"), args);
  }

  private CommandRun upload(String... more) {
    List<String> args = new ArrayList<>(List.of("upload", "--server", proxy.url()));
    args.addAll(List.of(more));
    args.add(tree.toString());
    return run(args.toArray(String[]::new));
  }

  private String batch() {
    CommandRun run = upload("--json");
    assertEquals(0, run.exit(), run.err());
    return run.receiptField("batch_id");
  }

  private void lie(String about, LyingProxy.Lie lie) {
    proxy.lie(call -> call.matches(about), lie);
  }

  @Test
  void oneDamagedAnswerToTheFirstCallIsAskedForAgain() {
    AtomicInteger calls = new AtomicInteger();
    lie(
        "GET /",
        (exchange, status, truth) ->
            LyingProxy.answer(
                exchange,
                status,
                calls.getAndIncrement() == 0 ? "{\"serv".getBytes(UTF_8) : truth));
    CommandRun run = upload();
    assertEquals(0, run.exit(), run.err());
    assertTrue(calls.get() > 1, "the first answer was damaged");
  }

  private static LyingProxy.Lie altered(UnaryOperator<String> alteration) {
    return (exchange, status, truth) ->
        LyingProxy.answer(
            exchange, status, alteration.apply(new String(truth, UTF_8)).getBytes(UTF_8));
  }

  @Test
  void aSilentFirstContactEndsAtTheTimeout() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    List<Socket> held = new ArrayList<>();
    try (ServerSocket silent = new ServerSocket(0, 9, InetAddress.getLoopbackAddress())) {
      Thread accepting =
          new Thread(
              () -> {
                while (true) {
                  try {
                    held.add(silent.accept());
                    asked.incrementAndGet();
                  } catch (IOException e) {
                    return;
                  }
                }
              });
      accepting.start();
      CommandRun run =
          run(
              "upload",
              "--timeout",
              "500ms",
              "--server",
              "http://127.0.0.1:" + silent.getLocalPort(),
              tree.toString());
      assertEquals(5, run.exit(), run.err());
      assertTrue(run.err().contains("--timeout"), run.err());
      assertEquals(1, asked.get());
    }
    for (Socket each : held) {
      each.close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET /", "POST /api/batches/init", "POST .*/finalize"})
  void anAnswerThatTricklesEndsAtTheTimeout(String call) {
    lie(call, Lies.of(Lies.Kind.SLOW, new SplittableRandom(1)));
    CommandRun run = upload("--timeout", "3s");
    assertEquals(5, run.exit(), run.err());
    assertTrue(run.err().contains("the time given with --timeout is over"), run.err());
    assertTrue(
        !call.contains("finalize")
            || run.err().contains("whether the batch was finalized is unknown"),
        run.err());
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"next\":\"" + BATCH + "\"", "\"next\":\"00000000000000000000000000\""})
  void aListThatDoesNotAdvanceEnds(String next) {
    byte[] page =
        ("{\"batches\":[{\"batch_id\":\"" + BATCH + "\",\"status\":\"uploading\"}]," + next + "}")
            .getBytes(UTF_8);
    lie("GET /api/batches.*", LyingProxy.Lie.body(page));
    CommandRun run = run("list", "--server", proxy.url());
    assertEquals(5, run.exit(), run.err());
    assertTrue(run.err().contains("its list"), run.err());
  }

  @Test
  void anHonestAuditHasAPartWithoutFilesAndEnds() {
    CommandRun run = run("verify", "--deep", "--server", proxy.url(), batch());
    assertEquals(0, run.exit(), run.err());
  }

  @Test
  void anAuditThatGoesRoundInCirclesEnds() {
    String batch = batch();
    AtomicInteger parts = new AtomicInteger();
    lie(
        "GET .*/audit.*",
        (exchange, status, truth) ->
            LyingProxy.answer(
                exchange,
                200,
                ("{\"batch_id\":\""
                        + batch
                        + "\",\"status\":\"enqueued\",\"files\":60000,\"files_read\":0,"
                        + "\"bytes_read\":0,\"findings\":[],\"next\":\"names:"
                        + parts.incrementAndGet() % 2
                        + "\"}")
                    .getBytes(UTF_8)));
    CommandRun run = run("verify", "--deep", "--server", proxy.url(), batch);
    assertEquals(5, run.exit(), run.err());
    assertEquals(2, parts.get());
  }

  @ParameterizedTest
  @CsvSource({"list", "history", "abort", "status", "verify"})
  void oneBusyAnswerIsNoFailure(String command) {
    String batch = batch();
    if (command.equals("abort")) {
      lie("POST .*/files/bundle", Lies.of(Lies.Kind.BUSY, new SplittableRandom(1)));
      CommandRun open = upload("--json", "--again", "--timeout", "1s");
      batch = open.field("batch", "batch_id");
    }
    AtomicInteger calls = new AtomicInteger();
    proxy.lie(
        call -> call.contains("/api/") && calls.incrementAndGet() == 1,
        Lies.of(Lies.Kind.BUSY, new SplittableRandom(1)));
    List<String> args = new ArrayList<>(List.of(command, "--server", proxy.url()));
    if (!command.equals("list")) {
      args.add(batch);
    }
    if (command.equals("verify")) {
      args.add(tree.toString());
    }
    CommandRun run = run(args.toArray(String[]::new));
    assertEquals(1, proxy.lies());
    assertEquals(0, run.exit(), run.err());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"file:///etc/passwd", "http://user:secret@127.0.0.1:1/x", "gopher://127.0.0.1/x"})
  void anUploadUrlThatIsNotToBeUsedEndsTheRunAtOnce(String url) throws IOException {
    Trees.random(tree.resolve("large"), 6 << 20, 1);
    lie("POST .*/files/start", altered(json -> json.replaceAll("http://[^\"]*", url)));
    CommandRun run = upload("--json");
    assertEquals(4, run.exit(), run.err());
    assertTrue(run.err().contains("upload URL that is not used"), run.err());
    assertTrue(!(run.err() + run.out()).contains("secret"), run.err());
    assertEquals("UNSAFE_URL", run.field("error", "code"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "POST .*/files/start | \"presigned_urls\":[^]]*] | \"presigned_urls\":[null]",
        "POST .*/files/start | \"part_size\":[0-9]* | \"part_size\":-1",
        "POST .*/files/start | \"part_size\":[0-9]* | \"part_size\":1",
        "POST .*/files/start | \"r2_key\":\"[^\"]*\" | \"r2_key\":null",
        "POST .*/files/complete | true | false",
        "POST .*/init | \"batch_id\":\"[^\"]*\" | \"batch_id\":null",
        "GET .*summary=true | \"status\":\"[^\"]*\" | \"status\":null",
        "GET .*summary=true | \"files_uploaded\":[0-9]* | \"files_uploaded\":-1",
        "GET .*since=.* | \"logical_path\":\"[^\"]*\" | \"logical_path\":null",
        "GET .*since=.* | \\{\"r2_key | null,{\"r2_key",
        "GET /api/batches.* | \"batches\":\\[ | \"batches\":[null,",
        "GET .*history.* | \"kind\":\"[^\"]*\" | \"kind\":null",
        "GET .*history.* | \"version\":[0-9]* | \"version\":null",
        "DELETE .* | \"status\":\"[^\"]*\" | \"status\":null",
      })
  void aNullOrAnAbsurdNumberIsABadAnswerInWords(String call, String what, String instead)
      throws IOException {
    Trees.random(tree.resolve("large"), 6 << 20, 1);
    String batch = batch();
    lie(call, altered(json -> json.replaceAll(what, instead)));
    String url = proxy.url();
    CommandRun run =
        call.contains("summary")
            ? run("status", "--server", url, batch)
            : call.contains("since")
                ? run("status", "--files", "--server", url, batch)
                : call.contains("batches.*")
                    ? run("list", "--server", url)
                    : call.contains("history")
                        ? run("history", "--server", url, batch)
                        : call.startsWith("DELETE")
                            ? run("abort", "--server", url, batch)
                            : upload("--again", "--timeout", "2s");
    // A finalized batch cannot be aborted, whatever the answer says.
    int expected = call.startsWith("DELETE") ? 4 : 5;
    assertEquals(expected, run.exit(), run.err());
    assertTrue(!run.err().contains("Exception") && !run.err().contains("unexpected"), run.err());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "--json"})
  void nothingThatAServerSaysReachesTheTerminalRaw(String json) {
    String batch = batch();
    List<CommandRun> runs = new ArrayList<>();
    lie(".*", Lies.of(Lies.Kind.ESCAPES, new SplittableRandom(1)));
    for (List<String> command :
        List.of(
            List.of("status"),
            List.of("status", "--files"),
            List.of("list"),
            List.of("history"),
            List.of("abort"),
            List.of("verify"),
            List.of("verify", "--deep"))) {
      List<String> args = new ArrayList<>(command);
      if (!json.isEmpty() && !command.get(0).equals("abort")) {
        args.add(json);
      }
      args.addAll(List.of("--server", proxy.url()));
      if (!command.get(0).equals("list")) {
        args.add(batch);
      }
      if (command.equals(List.of("verify"))) {
        args.add(tree.toString());
      }
      runs.add(run(args.toArray(String[]::new)));
    }
    lie("GET .*|DELETE .*", Lies.of(Lies.Kind.LONG_ERROR, new SplittableRandom(1)));
    runs.add(run("list", "--server", proxy.url()));
    lie("POST .*/finalize", Lies.of(Lies.Kind.ESCAPES, new SplittableRandom(1)));
    runs.add(json.isEmpty() ? upload("--again") : upload("--again", json));
    lie("POST .*/finalize", Lies.of(Lies.Kind.LONG_ERROR, new SplittableRandom(1)));
    runs.add(upload("--again", "--timeout", "1s"));
    lie("POST .*", Lies.of(Lies.Kind.ESCAPES, new SplittableRandom(1)));
    runs.add(
        json.isEmpty() ? run("resume", "--timeout", "1s") : run("resume", json, "--timeout", "1s"));
    for (CommandRun run : runs) {
      assertTrue(
          (run.out() + run.err()).codePoints().noneMatch(HostileServerTest::isRaw),
          run.out() + run.err());
      assertTrue(run.exit() != 1, run.err());
      assertTrue(run.errLines().stream().allMatch(line -> line.length() < 1000), run.err());
    }
  }

  private static boolean isRaw(int c) {
    int type = Character.getType(c);
    return c != '\n'
        && (type == Character.CONTROL
            || type == Character.FORMAT
            || type == Character.LINE_SEPARATOR
            || type == Character.PARAGRAPH_SEPARATOR);
  }

  @Test
  void whenMemoryIsOutASentenceSaysSoAndTheExitIs1() throws Exception {
    Process process = JavaProcess.start(Map.of(), OutOfMemoryInAThread.class.getName());
    String said = JavaProcess.output(process);
    assertEquals(1, process.exitValue(), said);
    assertTrue(said.startsWith("archive: out of memory"), said);
    assertEquals(1, said.lines().count(), said);
  }

  /** Runs out of memory beside the main thread. */
  static final class OutOfMemoryInAThread {
    public static void main(String[] args) throws InterruptedException {
      OutOfMemory.install();
      Thread thread =
          new Thread(
              () -> {
                List<byte[]> all = new ArrayList<>();
                while (true) {
                  all.add(new byte[1 << 20]);
                }
              });
      thread.start();
      thread.join();
    }
  }
}
