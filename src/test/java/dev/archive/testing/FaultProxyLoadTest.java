package dev.archive.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class FaultProxyLoadTest {
  private EchoServer server;

  @BeforeEach
  void start() throws IOException {
    server = new EchoServer();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void aThousandRequestsPassUnchangedOnOneConnection() throws Exception {
    try (FaultProxy proxy = FaultProxy.start(server.address(), 1, Rules.none());
        RawClient client = new RawClient(proxy.address())) {
      long bytes = 0;
      for (int i = 1; i <= 1000; i++) {
        String line = "PUT /" + i;
        String body = "x".repeat(i % 97);
        bytes += RawClient.request(line, body).length;
        String expected = EchoServer.expected(line, body) + " #" + i;
        assertEquals(expected, client.ask(line, body).text());
      }
      Stats stats = proxy.stats();
      assertEquals(1, stats.connections());
      assertEquals(1000, stats.requests());
      assertEquals(bytes, stats.requestBytes());
      assertEquals(bytes, stats.receivedBytes());
      assertEquals(List.of(), proxy.decisions());
    }
  }

  @Test
  void sixtyFourConnectionsCarryFiftyMegabytesAtOnce() throws Exception {
    int connections = 64;
    byte[] body = new byte[50_000_000 / connections];
    new SplittableRandom(5).nextBytes(body);
    String expected = EchoServer.expected("PUT /big", body);
    ExecutorService clients = Executors.newFixedThreadPool(connections);
    try (FaultProxy proxy = FaultProxy.start(server.address(), 1, Rules.none())) {
      Callable<String> upload =
          () -> {
            try (RawClient client = new RawClient(proxy.address())) {
              client.send(RawClient.request("PUT /big", body));
              return client.read().text();
            }
          };
      List<Callable<String>> uploads = new ArrayList<>();
      for (int i = 0; i < connections; i++) {
        uploads.add(upload);
      }
      for (Future<String> answer : clients.invokeAll(uploads)) {
        assertTrue(answer.get().startsWith(expected + " #"));
      }
      assertEquals((long) connections * body.length, proxy.stats().bodyBytes());
    } finally {
      clients.shutdownNow();
    }
  }

  @Test
  void theSameSeedGivesTheSameDecisions() throws Exception {
    List<Decision> first = decisions(7);
    assertTrue(first.size() > 50, "" + first.size());
    assertEquals(first, decisions(7));
    assertNotEquals(first, decisions(8));
  }

  private List<Decision> decisions(long seed) throws IOException {
    Rules rules = Rules.chaosWithFlips(0.5);
    try (FaultProxy proxy = FaultProxy.start(server.address(), seed, rules)) {
      RawClient client = new RawClient(proxy.address());
      for (int i = 0; i < 200; i++) {
        try {
          client.ask("PUT /" + i, "y".repeat(i));
        } catch (IOException | NumberFormatException e) {
          client.close();
          client = new RawClient(proxy.address());
        }
      }
      client.close();
      return proxy.decisions();
    }
  }

  @Test
  void retriesGetThroughChaosAndNothingIsLeftBehind() throws Exception {
    int workers = 8;
    ExecutorService clients = Executors.newFixedThreadPool(workers);
    FaultProxy proxy = FaultProxy.start(server.address(), 3, Rules.chaos(0.3));
    try {
      List<Callable<Void>> tasks = new ArrayList<>();
      for (int i = 0; i < workers; i++) {
        String line = "PUT /" + i;
        tasks.add(
            () -> {
              for (int n = 0; n < 100; n++) {
                upload(proxy, line, "z".repeat(n));
              }
              return null;
            });
      }
      for (Future<Void> done : clients.invokeAll(tasks)) {
        done.get();
      }
      assertTrue(proxy.stats().allFaults() > 100, proxy.log());
    } finally {
      clients.shutdownNow();
      proxy.close();
    }
    String name = "fault-proxy-" + proxy.port();
    assertTrue(
        Thread.getAllStackTraces().keySet().stream()
            .noneMatch(thread -> thread.getName().equals(name)));
    assertEquals(0, proxy.openConnections());
    assertThrows(IOException.class, () -> new RawClient(proxy.address()).close());
  }

  private static void upload(FaultProxy proxy, String line, String body) {
    while (true) {
      try (RawClient client = new RawClient(proxy.address())) {
        RawClient.Answer answer = client.ask(line, body);
        if (answer.status() == 200) {
          assertTrue(answer.text().startsWith(EchoServer.expected(line, body) + " #"));
          return;
        }
      } catch (IOException e) {
        // again
      }
    }
  }

  @Test
  void anEarlyRefusalReachesAClientThatIsStillSending() throws Exception {
    String refusal = "HTTP/1.1 413 Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    try (EarlyServer early = new EarlyServer(refusal);
        FaultProxy proxy = FaultProxy.start(early.address(), 1, Rules.none());
        RawClient client = new RawClient(proxy.address())) {
      client.send("PUT /a HTTP/1.1\r\nContent-Length: 100000000\r\n\r\n");
      client.send(new byte[200_000]);
      assertEquals(413, client.read().status());
    }
  }

  @Test
  void interimAnswersAndAnswersWithoutBodyPass() throws Exception {
    String answer = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 None\r\nX: y\r\n\r\n";
    try (EarlyServer early = new EarlyServer(answer);
        FaultProxy proxy = FaultProxy.start(early.address(), 1, Rules.none());
        RawClient client = new RawClient(proxy.address())) {
      client.send("DELETE /a HTTP/1.1\r\nHost: x\r\n\r\n");
      assertEquals(100, client.read().status());
      assertEquals(204, client.read().status());
    }
  }

  @Test
  void whatIsNotHttpPassesAsItIs() throws Exception {
    try (Sniffer sniffer = new Sniffer("what?");
        FaultProxy proxy = FaultProxy.start(sniffer.address(), 1, Rules.chaos(1));
        RawClient client = new RawClient(proxy.address())) {
      client.send("hello\n\nthere");
      client.endOutput();
      assertEquals("what?", client.readToEnd().text());
      assertEquals("hello\n\nthere", sniffer.next().text());
      assertEquals(List.of(), proxy.decisions());
    }
  }

  @Test
  void theJdkClientMeetsItsServerThroughTheProxy() throws Exception {
    HttpClient client = HttpClient.newHttpClient();
    try (FaultProxy proxy = FaultProxy.start(server.address(), 1, Rules.none())) {
      byte[] body = new byte[300_000];
      List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        HttpRequest request =
            HttpRequest.newBuilder(proxy.uri().resolve("/" + (i % 2 == 0 ? "chunked" : "plain")))
                .expectContinue(i % 3 == 0)
                .PUT(
                    i % 5 == 0
                        ? BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body))
                        : BodyPublishers.ofByteArray(body))
                .build();
        answers.add(client.sendAsync(request, BodyHandlers.ofString()));
      }
      for (CompletableFuture<HttpResponse<String>> answer : answers) {
        String line = "PUT " + answer.get().uri().getPath();
        assertTrue(answer.get().body().startsWith(EchoServer.expected(line, body)));
      }
      assertEquals(40L * body.length, proxy.stats().bodyBytes());
    }
  }
}
