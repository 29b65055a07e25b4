package dev.archive.history;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.archive.history.Call.Kind;
import dev.archive.history.Call.Ok;
import dev.archive.history.Call.Outcome;
import dev.archive.history.Call.Refused;
import dev.archive.history.Call.Unknown;
import dev.archive.history.Evidence.Recorded;
import dev.archive.model.BatchId;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import dev.archive.server.IngestServer;
import dev.archive.testing.Action;
import dev.archive.testing.FaultProxy;
import dev.archive.testing.Match;
import dev.archive.testing.Rule;
import dev.archive.testing.Rules;
import dev.archive.testing.Trees;
import dev.archive.wire.Json;
import dev.archive.wire.Messages.CompleteRequest;
import dev.archive.wire.Messages.FileStatus;
import dev.archive.wire.Messages.InitRequest;
import dev.archive.wire.Messages.StartRequest;
import dev.archive.wire.Routes;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One batch that several clients work on at once, over a network that makes faults: they register
 * the same few files with different contents, send bytes, complete, read, repeat old calls late,
 * and all finalize in the end. The choices follow from the seed; what the threads make of them does
 * not.
 */
final class RandomRun {
  private static final int CLIENTS = 3;
  private static final int STEPS = 6;
  private static final int FILES = 4;
  private static final int TRIES = 3;
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /**
   * Of the faults only those that change no byte: a changed path would be another wish. The proxy
   * doubles no registration, since it tells its client only how the second one went: that may be
   * refused where the first took effect and was replaced between them. The clients do that
   * themselves, in {@link #repeat}, and note both answers.
   */
  private static final Rules FAULTS =
      new Rules(
              Rules.chaos(0.25).list().stream()
                  .filter(rule -> !(rule.action() instanceof Action.Dup))
                  .toList())
          .and(
              Rule.dup(
                  Match.request("(PUT|GET) .*|POST .*(/complete|/finalize)").withProbability(0.05)),
              Rule.hold(
                  Match.request("POST .*/files/.*").withProbability(0.05), 2, "POST .*", 100));

  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final long seed;
  private final IngestServer server;
  private final Path root;
  private final List<Call> calls = Collections.synchronizedList(new ArrayList<>());
  private final AtomicInteger operations = new AtomicInteger();
  private BatchId batch;
  private List<?> decisions = List.of();

  RandomRun(long seed, IngestServer server, Path root) {
    this.seed = seed;
    this.server = server;
    this.root = root;
  }

  /** Runs to the end and gathers what there is to know. */
  Evidence run() throws IOException, InterruptedException {
    create();
    URI direct = URI.create(server.url());
    try (FaultProxy proxy = FaultProxy.start(direct.getHost(), direct.getPort(), seed, FAULTS)) {
      together(proxy, (random, base) -> work(random, base));
      settle(direct.toString());
      together(proxy, (random, base) -> finish(random, base));
      finalizeBatch("last-" + seed, direct.toString());
      decisions = proxy.decisions();
    }
    return evidence(direct.toString());
  }

  long seed() {
    return seed;
  }

  /** The faults that were made, for whoever looks at a run that went wrong. */
  List<?> decisions() {
    return decisions;
  }

  private interface Part {
    void play(Random random, String base);
  }

  private void together(FaultProxy proxy, Part part) throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    for (int client = 0; client < CLIENTS; client++) {
      Random random = new Random(seed * CLIENTS + client);
      Thread thread = new Thread(() -> part.play(random, proxy.uri().toString()));
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join();
    }
  }

  private void work(Random random, String base) {
    for (int step = 0; step < STEPS; step++) {
      int choice = random.nextInt(10);
      if (choice < 7) {
        add(random.nextInt(FILES), random.nextInt(4) == 0 ? 2 : 1, random.nextBoolean(), base);
      } else if (choice == 7) {
        repeat(random, base);
      } else {
        read(base);
      }
    }
  }

  private void finish(Random random, String base) {
    String operation = operation();
    for (int i = 0; i < TRIES; i++) {
      finalizeBatch(operation, base);
      repeat(random, base);
      read(base);
    }
  }

  /** Brings every file that is not complete to its end, without faults. */
  private void settle(String base) throws IOException {
    Map<String, Sha256> done = completed(base);
    for (int file = 0; file < FILES; file++) {
      if (!done.containsKey(path(file))) {
        add(file, 1, false, base);
      }
    }
  }

  private void add(int file, int variant, boolean digest, String base) {
    byte[] content = content(file, variant);
    String operation = operation();
    HttpResponse<String> started = null;
    for (int i = 0; i < TRIES && started == null; i++) {
      started = register(operation, path(file), content, digest, base);
    }
    if (started == null || started.statusCode() != 200) {
      return;
    }
    String url =
        String.valueOf(Json.readObject(started.body().getBytes(UTF_8)).get("presigned_url"));
    boolean sent = false;
    for (int i = 0; i < TRIES && !sent; i++) {
      sent = put(url, content);
    }
    operation = operation();
    HttpResponse<String> completed = null;
    for (int i = 0; i < TRIES && completed == null; i++) {
      completed = complete(operation, path(file), content, base);
    }
  }

  /** Sends an earlier call once more, as a network may that had kept it. */
  private void repeat(Random random, String base) {
    List<Call> earlier;
    synchronized (calls) {
      earlier =
          calls.stream()
              .filter(call -> call.kind() == Kind.REGISTER || call.kind() == Kind.COMPLETE)
              .toList();
    }
    if (earlier.isEmpty()) {
      return;
    }
    Call call = earlier.get(random.nextInt(earlier.size()));
    byte[] content = new byte[0];
    for (int variant = 1; variant <= 2; variant++) {
      byte[] candidate = content(Integer.parseInt(call.path().substring(1)), variant);
      content = candidate.length == call.size() ? candidate : content;
    }
    if (call.kind() == Kind.REGISTER) {
      register(call.operation(), call.path(), content, call.sha256() != null, base);
    } else {
      complete(call.operation(), call.path(), content, base);
    }
  }

  private void create() throws IOException {
    InitRequest request = new InitRequest("Ada", "/", (long) FILES, 0L, null, null, null);
    HttpResponse<String> answer =
        call("create-" + seed, Kind.CREATE, null, null, null, server.url() + Routes.INIT, request);
    batch =
        BatchId.parse(
            String.valueOf(Json.readObject(answer.body().getBytes(UTF_8)).get("batch_id")));
  }

  private HttpResponse<String> register(
      String operation, String path, byte[] content, boolean digest, String base) {
    Sha256 sha256 = digest ? Sha256.of(content) : null;
    StartRequest request =
        new StartRequest(
            path.substring(1),
            (long) content.length,
            path,
            "text/plain",
            null,
            null,
            sha256 == null ? null : sha256.hex());
    return call(operation, Kind.REGISTER, path, content, sha256, url(base, Routes.START), request);
  }

  private HttpResponse<String> complete(
      String operation, String path, byte[] content, String base) {
    Sha256 sha256 = Sha256.of(content);
    CompleteRequest request =
        new CompleteRequest(
            Routes.key(batch, LogicalPath.parse(path)), null, null, sha256.hex(), null);
    return call(
        operation, Kind.COMPLETE, path, content, sha256, url(base, Routes.COMPLETE), request);
  }

  private void finalizeBatch(String operation, String base) {
    call(operation, Kind.FINALIZE, null, null, null, url(base, Routes.FINALIZE), Map.of());
  }

  private void read(String base) {
    call(
        operation(), Kind.READ, null, null, null, url(base, Routes.STATUS) + "?summary=true", null);
  }

  private boolean put(String url, byte[] content) {
    try {
      return HTTP.send(
                  HttpRequest.newBuilder(URI.create(url))
                      .timeout(PATIENCE)
                      .PUT(BodyPublishers.ofByteArray(content))
                      .build(),
                  BodyHandlers.discarding())
              .statusCode()
          == 200;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /**
   * Asks once, and notes how it went.
   *
   * @return null where nobody knows
   */
  private HttpResponse<String> call(
      String operation,
      Kind kind,
      String path,
      byte[] content,
      Sha256 sha256,
      String url,
      Object message) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url))
            .timeout(PATIENCE)
            .header("Idempotency-Key", operation);
    if (message != null) {
      request.POST(BodyPublishers.ofString(Json.text(message)));
    }
    long size = content == null ? 0 : content.length;
    long invoked = System.nanoTime();
    HttpResponse<String> response = null;
    Outcome outcome;
    try {
      response = HTTP.send(request.build(), BodyHandlers.ofString());
      outcome = outcome(response);
    } catch (IOException e) {
      outcome = new Unknown(e.toString());
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    calls.add(new Call(operation, kind, path, size, sha256, invoked, System.nanoTime(), outcome));
    return outcome instanceof Unknown ? null : response;
  }

  private static Outcome outcome(HttpResponse<String> response) {
    int status = response.statusCode();
    if (status >= 500 || status == 429) {
      return new Unknown("HTTP status " + status);
    }
    if (status >= 300) {
      return new Refused(status);
    }
    Object version = Json.readObject(response.body().getBytes(UTF_8)).get("version");
    return new Ok(((Number) version).longValue());
  }

  private String url(String base, String call) {
    return base + Routes.batch(batch, call);
  }

  private String operation() {
    return "run" + seed + "-" + operations.incrementAndGet();
  }

  private static String path(int file) {
    return "/" + file;
  }

  private static byte[] content(int file, int variant) {
    byte[] content = new byte[10 * file + variant];
    Arrays.fill(content, (byte) ('a' + variant));
    return content;
  }

  private Evidence evidence(String base) throws IOException {
    List<Recorded> events = new ArrayList<>();
    Json.readHistory(
        get(url(base, Routes.HISTORY)),
        Long.MAX_VALUE,
        each -> events.add(new Recorded(each.event(), each.chainedBy())));
    Map<String, Sha256> stored = new TreeMap<>();
    Path data = IngestServer.bag(root, batch.value()).resolve("data");
    for (Path file : Trees.files(data)) {
      stored.put("/" + data.relativize(file), Sha256.of(Files.readAllBytes(file)));
    }
    return new Evidence(batch, List.copyOf(calls), events, completed(base), stored);
  }

  private Map<String, Sha256> completed(String base) throws IOException {
    Map<String, Sha256> completed = new TreeMap<>();
    Json.readStatus(
        get(url(base, Routes.STATUS)),
        Long.MAX_VALUE,
        file -> {
          if (file.status().equals(FileStatus.COMPLETED)) {
            completed.put(file.logicalPath(), Sha256.parse(file.sha256()));
          }
        });
    return completed;
  }

  private static ByteArrayInputStream get(String url) throws IOException {
    try {
      return new ByteArrayInputStream(
          HTTP.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofByteArray())
              .body());
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
