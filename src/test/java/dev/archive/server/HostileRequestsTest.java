package dev.archive.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.testing.ArchiveProcess;
import java.io.IOException;
import java.io.InputStream;
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
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Requests that are small and ask for much, sixteen at a time, to a server in 256 MiB: it answers
 * each, and health throughout. {@code -Darchive.requests=300} sends as many, {@code -Darchive.seed}
 * begins elsewhere.
 */
class HostileRequestsTest {
  private static final int REQUESTS = Integer.getInteger("archive.requests", 60);
  private static final long SEED = Long.getLong("archive.seed", 1);
  private static final int AT_ONCE = 16;
  private static final Duration TIMEOUT = Duration.ofMinutes(3);

  @TempDir Path directory;

  /** What came of one: 0 where the connection was cut. */
  private record Outcome(String kind, int status, long sent, long received) {}

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final Queue<Long> healthMillis = new ConcurrentLinkedQueue<>();
  private final Queue<String> silences = new ConcurrentLinkedQueue<>();

  @Test
  void smallRequestsThatAskForMuchAreAnsweredAndHealthToo() throws Exception {
    Path root = Files.createDirectory(directory.resolve("root"));
    try (ArchiveProcess server =
        ArchiveProcess.serve(
            root, List.of(), List.of("-Xmx256m", "-Xlog:gc:file=" + directory.resolve("gc.log")))) {
      HostileRequests requests = new HostileRequests(new ApiClient(server.url()), SEED);
      AtomicBoolean over = new AtomicBoolean();
      CompletableFuture<Void> health = CompletableFuture.runAsync(() -> watch(server.url(), over));
      List<Outcome> outcomes = sendAll(server.url(), requests);
      over.set(true);
      health.get(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
      report(outcomes);
      assertTrue(server.isAlive(), server::log);
      assertFalse(server.log().contains("OutOfMemoryError"), server::log);
      assertEquals(List.of(), List.copyOf(silences));
      assertFalse(healthMillis.isEmpty());
      for (Outcome each : outcomes) {
        assertTrue(each.status >= 200, each + " got no answer");
        assertTrue(each.status < 500 || each.status == 503 || each.status == 507, each::toString);
        assertTrue(
            each.kind.startsWith("stream")
                || each.received < 100 * 16_384 + 64 * each.sent + (1 << 20),
            each + " got a large answer");
      }
    }
  }

  private List<Outcome> sendAll(String url, HostileRequests requests) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE);
    try {
      List<Future<Outcome>> sent = new ArrayList<>();
      Random random = new Random(SEED);
      for (int i = 0; i < REQUESTS; i++) {
        HostileRequests.Asked asked = requests.next(random);
        sent.add(threads.submit(() -> send(url, asked)));
      }
      List<Outcome> outcomes = new ArrayList<>();
      for (Future<Outcome> each : sent) {
        outcomes.add(each.get(TIMEOUT.toSeconds(), TimeUnit.SECONDS));
      }
      return outcomes;
    } finally {
      threads.shutdownNow();
    }
  }

  private Outcome send(String url, HostileRequests.Asked asked) throws InterruptedException {
    HttpRequest.Builder call =
        HttpRequest.newBuilder(
                URI.create(
                    asked.target().startsWith("http") ? asked.target() : url + asked.target()))
            .timeout(TIMEOUT)
            .method(asked.method(), BodyPublishers.ofByteArray(asked.body()));
    asked.headers().forEach(call::header);
    try {
      HttpResponse<InputStream> answer = http.send(call.build(), BodyHandlers.ofInputStream());
      long received = 0;
      try (InputStream body = answer.body()) {
        byte[] scrap = new byte[1 << 16];
        for (int read = body.read(scrap); read >= 0; read = body.read(scrap)) {
          received += read;
        }
      }
      return new Outcome(asked.kind(), answer.statusCode(), asked.body().length, received);
    } catch (IOException e) {
      return new Outcome(asked.kind() + ": " + e, 0, asked.body().length, 0);
    }
  }

  /** Asks for health again and again, on connections of its own. */
  private void watch(String url, AtomicBoolean over) {
    HttpClient own = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    HttpRequest live =
        HttpRequest.newBuilder(URI.create(url + "/health/live")).timeout(TIMEOUT).build();
    while (!over.get()) {
      long begun = System.nanoTime();
      try {
        int status = own.send(live, BodyHandlers.discarding()).statusCode();
        if (status != 200) {
          silences.add("health said " + status);
        }
      } catch (IOException e) {
        silences.add("health did not answer: " + e);
        return;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
      healthMillis.add(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
    }
  }

  /** The most memory in use behind a collection, in MiB, in the first and second half of them. */
  private List<Integer> memory() throws IOException {
    List<Integer> used = new ArrayList<>();
    Matcher line =
        Pattern.compile("->(\\d+)M\\(").matcher(Files.readString(directory.resolve("gc.log")));
    while (line.find()) {
      used.add(Integer.parseInt(line.group(1)));
    }
    int half = used.size() / 2;
    return List.of(most(used.subList(0, half)), most(used.subList(half, used.size())));
  }

  private static int most(List<Integer> numbers) {
    return numbers.stream().mapToInt(each -> each).max().orElse(0);
  }

  private void report(List<Outcome> outcomes) throws IOException {
    Map<String, Integer> kinds = new TreeMap<>();
    outcomes.forEach(each -> kinds.merge(each.kind + " " + each.status, 1, Integer::sum));
    List<Long> sorted = healthMillis.stream().sorted().toList();
    System.err.printf(
        "%d requests, %d health calls (median %d ms, longest %d ms), largest answer %d bytes,"
            + " memory behind collections at most %s MiB in each half: %s%n",
        outcomes.size(),
        sorted.size(),
        sorted.get(sorted.size() / 2),
        sorted.get(sorted.size() - 1),
        outcomes.stream().mapToLong(Outcome::received).max().orElse(0),
        memory(),
        kinds);
  }
}
