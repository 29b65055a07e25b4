package dev.archive.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.archive.ledger.Deliveries;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The server's clock is set forward and back by hours, days and years: before a start, between
 * calls and between runs. No batch expires early, and every message is delivered.
 */
@Timeout(60)
class ClockCampaignTest {
  private static final Duration DAY = Duration.ofHours(24);
  private static final Duration GRACE = ServerOptions.EXPIRE_GRACE;
  private static final int ACTS = 30;
  private static final int MAX_SECONDS = 30;
  private static final List<Duration> JUMPS =
      List.of(
          Duration.ofMinutes(30),
          Duration.ofHours(3),
          Duration.ofDays(2),
          Duration.ofDays(30),
          Duration.ofDays(4000));

  @TempDir Path root;
  private final SettableClock clock = new SettableClock();
  private final Set<String> told = ConcurrentHashMap.newKeySet();
  private HttpServer receiver;

  /** When each open batch was last used, on the monotonic clock. */
  private final Map<String, Long> open = new HashMap<>();

  private final List<String> finalized = new ArrayList<>();

  /** The start or jump that was last, on the monotonic clock. */
  private long disturbed;

  private int expired;

  static LongStream seeds() {
    return LongStream.rangeClosed(1, Long.getLong("archive.seeds", 1));
  }

  @BeforeEach
  void receive() throws IOException {
    receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    receiver.createContext(
        "/",
        exchange -> {
          String body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
          told.add(body.replaceFirst(".*\"batch_id\":\"([^\"]*)\".*", "$1"));
          exchange.sendResponseHeaders(204, -1);
          exchange.close();
        });
    receiver.start();
  }

  @AfterEach
  void end() {
    receiver.stop(0);
  }

  private RunningServer server() {
    disturbed = clock.nanos();
    return RunningServer.on(
        new ServerOptions(
            root,
            "127.0.0.1",
            0,
            null,
            "test",
            DAY,
            false,
            "http://127.0.0.1:" + receiver.getAddress().getPort() + "/"),
        clock);
  }

  @ParameterizedTest(name = "seed={0}")
  @MethodSource("seeds")
  void nothingExpiresEarlyAndEveryMessageIsDelivered(long seed) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    RunningServer server = server();
    try {
      for (int act = 0; act < ACTS; act++) {
        switch (random.nextInt(7)) {
          case 0 -> open.put(server.api().init(1), clock.nanos());
          case 1 -> finish(server);
          case 2 -> {
            clock.jump(jump(random));
            disturbed = clock.nanos();
          }
          case 3 -> clock.advance(Duration.ofMinutes(random.nextInt(1, 50)));
          case 4 -> {
            clock.advance(Duration.ofHours(random.nextInt(1, 40)));
            server.housekeep();
          }
          case 5 -> {
            server.close();
            clock.jump(random.nextBoolean() ? Duration.ZERO : jump(random));
            clock.advance(random.nextBoolean() ? Duration.ZERO : DAY.multipliedBy(3));
            server = server();
          }
          default -> server.housekeep();
        }
        check(server);
      }
      deliver(server);
    } finally {
      server.close();
    }
  }

  private static Duration jump(SplittableRandom random) {
    Duration by = JUMPS.get(random.nextInt(JUMPS.size()));
    return random.nextBoolean() ? by : by.negated();
  }

  private void finish(RunningServer server) {
    if (open.isEmpty()) {
      open.put(server.api().init(1), clock.nanos());
    }
    String batch = open.keySet().iterator().next();
    server.api().add(batch, "/a", batch.getBytes(UTF_8));
    server.api().finalizeBatch(batch).expect(200);
    open.remove(batch);
    finalized.add(batch);
  }

  /** What has expired was idle for the grace period, with no start and no jump meanwhile. */
  private void check(RunningServer server) {
    for (String batch : List.copyOf(open.keySet())) {
      String status = server.api().status(batch, "?summary=true").text("status");
      if (status.equals("expired")) {
        long now = clock.nanos();
        assertTrue(now - open.get(batch) >= GRACE.toNanos(), batch);
        assertTrue(now - disturbed >= GRACE.toNanos(), batch);
        open.remove(batch);
        expired++;
      } else {
        assertEquals("uploading", status);
      }
    }
  }

  /**
   * A message is due within the longest wait, also after the clock was set back by less than that.
   * The clock stands then, so that nothing else becomes due.
   */
  private void deliver(RunningServer server) {
    clock.advance(Deliveries.MAX_WAIT);
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(MAX_SECONDS);
    while (!told.containsAll(finalized)) {
      assertTrue(System.nanoTime() < end, "not delivered: " + finalized + ", but " + told);
      Thread.onSpinWait();
    }
    for (String batch : finalized) {
      assertTrue(
          Set.of("completed", "processing")
              .contains(server.api().status(batch, "?summary=true").text("status")));
    }
  }
}
