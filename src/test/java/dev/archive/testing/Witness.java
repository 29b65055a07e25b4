package dev.archive.testing;

import dev.archive.model.Sha256;
import dev.archive.server.IngestServer;
import dev.archive.server.ServerOptions;
import dev.archive.wire.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Brings small batches into servers of this very process, one on each disk, and writes down
 * everything that a server acknowledged as soon as it did. Run again, it first looks whether all of
 * that is still there. For {@code scripts/powercut.sh}, which kills it anywhere: one process with
 * many servers and their clients in it starts once for as many power cuts.
 *
 * <p>Arguments: a seed, how many files of a batch are sent side by side, and the disks; what was
 * acknowledged on one is in the file beside it whose name ends in {@code .acks}. With {@code init}
 * before these it ends once the batches are there. It prints {@code DISK lost …} and {@code DISK
 * torn …} for what should not be, and {@code DISK done} where a batch is finalized and whole.
 */
public final class Witness {
  private static final int SMALL_FILES = 8;

  /** Enough to be sent in parts, in one of them. */
  private static final int LARGE = 5_600_000;

  private final Path root;
  private final String url;
  private final OutputStream acknowledgements;
  private final List<String> paths = new ArrayList<>();
  private final List<byte[]> contents = new ArrayList<>();
  private String batch;

  private Witness(Path root, String url, long seed, OutputStream acknowledgements) {
    this.root = root;
    this.url = url;
    this.acknowledgements = acknowledgements;
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i <= SMALL_FILES; i++) {
      byte[] content = new byte[i == SMALL_FILES ? LARGE : 1 + random.nextInt(20_000)];
      random.nextBytes(content);
      paths.add("/box-" + i % 2 + "/letter-" + i);
      contents.add(content);
    }
  }

  /** Runs it; see above. */
  public static void main(String[] args) throws Exception {
    boolean onlyInit = args[0].equals("init");
    List<String> rest = List.of(args).subList(onlyInit ? 1 : 0, args.length);
    long seed = Long.parseLong(rest.get(0));
    int threads = Integer.parseInt(rest.get(1));
    List<String> disks = rest.subList(2, rest.size());
    List<Thread> running = new ArrayList<>();
    for (String disk : disks) {
      Thread thread = new Thread(() -> runOn(disk, seed, onlyInit ? 0 : threads));
      thread.start();
      running.add(thread);
    }
    for (Thread thread : running) {
      thread.join();
    }
  }

  private static void runOn(String disk, long seed, int threads) {
    Path acknowledged = Path.of(disk + ".acks");
    Path root = Path.of(disk, "root");
    try (IngestServer server =
            IngestServer.start(
                new ServerOptions(root, "127.0.0.1", 0, null, "test"), Clock.systemUTC());
        OutputStream out =
            Files.newOutputStream(
                acknowledged, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      Witness witness = new Witness(root, server.url(), seed, out);
      witness.check(Files.readString(acknowledged));
      witness.init();
      if (threads > 0) {
        witness.deposit(threads);
      }
    } catch (Exception e) {
      System.out.println(disk + " failed: " + e);
    }
  }

  private void report(String what) {
    System.out.println(root.getParent() + " " + what);
  }

  /** One call of the system a line, so that none is half acknowledged. */
  private void say(Object... words) {
    List<String> texts = Arrays.stream(words).map(String::valueOf).toList();
    try {
      acknowledgements.write((String.join(" ", texts) + "\n").getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void init() throws IOException {
    Map<String, Object> wish =
        Map.of(
            "uploader", "Ada", "root_path", "/", "file_count", paths.size(), "total_size", LARGE);
    Map<String, Object> answer = post("/api/batches/init", wish);
    batch = (String) answer.get("batch_id");
    say("init", batch, answer.get("version"));
  }

  private void deposit(int threads) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      deposit(pool);
    } finally {
      pool.shutdownNow();
    }
  }

  private void deposit(ExecutorService pool) throws Exception {
    if (text("/api/batches/" + batch + "/status").contains("\"enqueued_at\":null")) {
      Map<?, ?>[] starts = new Map<?, ?>[paths.size()];
      forAll(pool, i -> starts[i] = start(i));
      forAll(pool, i -> put(i, starts[i]));
      forAll(pool, this::complete);
    }
    Map<String, Object> receipt = post("/api/batches/" + batch + "/finalize", Map.of());
    say("finalize", batch, receipt.get("version"), receipt.get("manifest_sha256"));
    checkFiles(true);
    report("done");
  }

  private interface Step {
    void run(int file) throws IOException;
  }

  private void forAll(ExecutorService pool, Step step) throws Exception {
    List<Callable<Void>> work = new ArrayList<>();
    for (int i = 0; i < paths.size(); i++) {
      int file = i;
      work.add(
          () -> {
            step.run(file);
            return null;
          });
    }
    for (Future<Void> done : pool.invokeAll(work)) {
      done.get();
    }
  }

  private Map<String, Object> start(int file) throws IOException {
    Map<String, Object> answer =
        post(
            "/api/batches/" + batch + "/files/start",
            Map.of("logical_path", paths.get(file), "file_size", contents.get(file).length));
    say("start", paths.get(file), answer.get("version"));
    return answer;
  }

  private void put(int file, Map<?, ?> start) throws IOException {
    if ("completed".equals(start.get("status")) || start.get("received") != null) {
      return;
    }
    Object target = start.get("presigned_url");
    if (target == null) {
      target = ((Map<?, ?>) ((List<?>) start.get("presigned_urls")).get(0)).get("url");
    }
    // So that it can be killed behind one answer and before the next request.
    say("sending", paths.get(file));
    call("PUT", (String) target, contents.get(file));
    say("put", paths.get(file));
  }

  private void complete(int file) throws IOException {
    Map<String, Object> answer =
        post(
            "/api/batches/" + batch + "/files/complete",
            Map.of("r2_key", "staging/" + batch + paths.get(file)));
    say("complete", paths.get(file), answer.get("version"));
  }

  private void check(String acknowledged) throws IOException {
    List<String> lines = acknowledged.lines().toList();
    for (String line : lines) {
      String[] words = line.split(" ", -1);
      if (words[0].equals("init")) {
        batch = words[1];
      }
    }
    if (batch == null) {
      return;
    }
    checkFiles(false);
    String status = text("/api/batches/" + batch + "/status");
    for (String line : lines) {
      if (!holds(line.split(" ", -1), status)) {
        report("lost " + line);
      }
    }
  }

  private boolean holds(String[] words, String status) throws IOException {
    return switch (words[0]) {
      case "init" -> status.contains('"' + batch + '"') && isAtLeast(status, words[2]);
      case "start" -> entry(status, words[1]) != null && isAtLeast(status, words[2]);
      case "put" -> isThere(paths.indexOf(words[1]), entry(status, words[1]));
      case "complete" ->
          String.valueOf(entry(status, words[1])).contains("\"status\":\"completed\"")
              && isWhole(paths.indexOf(words[1]))
              && isAtLeast(status, words[2]);
      case "finalize" -> status.contains(words[3]) && isAtLeast(status, words[2]);
      default -> true;
    };
  }

  /** The batch's version is the first of the status; those of its files come later. */
  private static boolean isAtLeast(String status, String version) {
    String now = status.replaceFirst("(?s).*?\"version\":(\\d+).*", "$1");
    return now.matches("\\d+") && Long.parseLong(now) >= Long.parseLong(version);
  }

  private static String entry(String status, String path) {
    int at = status.indexOf("\"logical_path\":\"" + path + '"');
    return at < 0 ? null : status.substring(at, status.indexOf('}', status.indexOf('}', at) + 1));
  }

  private boolean isThere(int file, String entry) throws IOException {
    return isWhole(file)
        || entry != null
            && contents.get(file).length == LARGE
            && start(file).get("received") != null;
  }

  private Path published(int file) {
    return root.resolve("batches").resolve(batch).resolve("data" + paths.get(file));
  }

  private boolean isWhole(int file) throws IOException {
    Path there = published(file);
    return Files.exists(there) && Arrays.equals(contents.get(file), Files.readAllBytes(there));
  }

  private void checkFiles(boolean all) throws IOException {
    for (int i = 0; i < paths.size(); i++) {
      if ((all || Files.exists(published(i))) && !isWhole(i)) {
        report("torn " + paths.get(i));
      }
    }
  }

  private Map<String, Object> post(String path, Map<String, Object> message) throws IOException {
    return Json.readObject(call("POST", url + path, Json.bytes(message)));
  }

  private String text(String path) throws IOException {
    return new String(call("GET", url + path, null), StandardCharsets.UTF_8);
  }

  /** What the server answered; an error's text too, where nothing was sent. */
  private static byte[] call(String method, String target, byte[] body) throws IOException {
    HttpURLConnection call = (HttpURLConnection) URI.create(target).toURL().openConnection();
    call.setRequestMethod(method);
    if (body != null) {
      call.setDoOutput(true);
      call.setFixedLengthStreamingMode(body.length);
      call.setRequestProperty("Content-Type", "application/json");
      // The same request has the same key after a cut, and no other request has it.
      call.setRequestProperty("Idempotency-Key", "witness-" + Sha256.of(body).hex());
      call.getOutputStream().write(body);
    }
    boolean failed = call.getResponseCode() >= 400;
    try (InputStream in = failed ? call.getErrorStream() : call.getInputStream()) {
      byte[] answer = in.readAllBytes();
      if (failed && body != null) {
        throw new IOException(target + " answered " + new String(answer, StandardCharsets.UTF_8));
      }
      return answer;
    }
  }
}
