package dev.archive.client.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.client.run.RunReport;
import dev.archive.client.run.UploadOptions;
import dev.archive.client.run.UploadRun;
import dev.archive.client.state.Trust;
import dev.archive.client.work.Deadline;
import dev.archive.client.work.ImpatientPause;
import dev.archive.client.work.Progress;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.server.IngestServer;
import dev.archive.source.Filters;
import dev.archive.source.OwnPlaces;
import dev.archive.testing.Action;
import dev.archive.testing.Direction;
import dev.archive.testing.FaultProxy;
import dev.archive.testing.Match;
import dev.archive.testing.Offset;
import dev.archive.testing.Rule;
import dev.archive.testing.Rules;
import dev.archive.testing.ServerFixture;
import dev.archive.testing.Trees;
import dev.archive.wire.Messages.FileStatus;
import dev.archive.wire.Messages.InitRequest;
import dev.archive.wire.Messages.Processing;
import dev.archive.wire.Messages.StartRequest;
import dev.archive.wire.Messages.StatusHead;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The state of a batch, read page by page through a link that breaks while the state moves. */
class StatusPagesTest {
  private static final int FILES = 3;

  @TempDir Path directory;
  private IngestServer server;
  private FaultProxy proxy;
  private HttpIngestApi http;
  private IngestApi api;
  private BatchId batch;
  private StatusPages pages;

  @BeforeEach
  void openABatchOfTenFiles() {
    server = ServerFixture.start(directory.resolve("root"));
    URI url = URI.create(server.url());
    proxy = FaultProxy.start(url.getHost(), url.getPort(), 1, Rules.none());
    http = new HttpIngestApi(Endpoint.open(proxyUrl()), "test", 1);
    api =
        new RetryingIngestApi(
            http,
            RetryPolicy.NORMAL,
            new ImpatientPause(),
            new SplittableRandom(1),
            true,
            Deadline.in(null),
            Progress.silent());
    batch = api.init(new InitRequest("me", "/", 10L, 10L, null, null, null), "key");
    for (int i = 0; i < 10; i++) {
      register(i, 1);
    }
    pages = new StatusPages(api, batch, Long.MAX_VALUE, FILES);
  }

  @AfterEach
  void stop() {
    http.close();
    proxy.close();
    server.close();
  }

  private String proxyUrl() {
    return proxy.uri().toString().replaceFirst("/$", "");
  }

  private void register(int file, long size) {
    String name = "f" + file;
    api.start(
        batch, new StartRequest(name, size, "/" + name, "text/plain", null, Processing.ALL, null));
  }

  @Test
  void whatWasToldLastOfEachFileIsTheStateAtTheVersionOfTheLastPage() {
    Map<String, FileStatus> told = new HashMap<>();
    List<String> order = new ArrayList<>();
    StatusHead head =
        pages.read(
            0,
            page -> {
              for (FileStatus file : page) {
                told.put(file.logicalPath(), file);
                order.add(file.logicalPath());
              }
              if (order.size() == FILES) {
                register(0, 2);
                register(9, 2);
                register(10, 1);
              }
            });
    Map<String, FileStatus> whole = new HashMap<>();
    StatusHead atOnce =
        api.status(batch, Long.MAX_VALUE, file -> whole.put(file.logicalPath(), file));
    assertEquals(whole, told);
    assertEquals(atOnce.version(), head.version());
    assertEquals(
        List.of(
            "/f0", "/f1", "/f2", "/f3", "/f4", "/f5", "/f6", "/f7", "/f8", "/f0", "/f9", "/f10"),
        order);
  }

  @Test
  void afterAVersionOnlyWhatChangedSinceIsRead() {
    long before = api.summary(batch).version();
    register(4, 2);
    List<String> paths = new ArrayList<>();
    pages.read(before, page -> page.forEach(file -> paths.add(file.logicalPath())));
    assertEquals(List.of("/f4"), paths);
  }

  @Test
  void aConnectionThatBreaksInTheMiddleCostsOnePage() {
    long before = proxy.stats().requests();
    proxy.setRules(
        Rules.of(
            Rule.rst(
                Match.request("GET .*since=.*").nth(3), Direction.RESPONSE, Offset.body(700))));
    List<String> paths = new ArrayList<>();
    pages.read(0, page -> page.forEach(file -> paths.add(file.logicalPath())));
    assertEquals(1, proxy.stats().faults(Action.Kind.RST));
    assertEquals(10, paths.size(), paths.toString());
    assertEquals(4 + 1, proxy.stats().requests() - before);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'files':[]",
        "'version':5,'files':[],'next':0",
        "'version':5,'files':[{'logical_path':'/a','version':3}],'next':4",
        "'version':5,'files':[{'logical_path':'/a','version':0}]",
        "'version':5,'files':[{'logical_path':'/a'}]",
        "'version':5,'files':[{'logical_path':'/a','version':3},{'logical_path':'/b','version':3}]"
      })
  void anAnswerThatCannotBeTrustedToBeWholeIsRefused(String state) {
    String body =
        ("{'batch_id':'" + batch + "','status':'uploading'," + state + "}").replace('\'', '"');
    proxy.setRules(
        Rules.of(
            Rule.reply(
                Match.request("GET .*since=.*"),
                200,
                Map.of("Content-Type", "application/json"),
                body)));
    ArchiveException problem =
        assertThrows(ArchiveException.class, () -> pages.read(0, page -> {}));
    assertEquals(ErrorCode.BAD_ANSWER, problem.code());
  }

  @Test
  void aSecondRoundReadsOnlyWhatChangedSinceTheFirst() throws Exception {
    Path tree = Trees.small(directory.resolve("tree"), 5, 1);
    Trees.random(tree.resolve("large"), 6 << 20, 1);
    Match complete = Match.request("POST .*/files/complete");
    Rule forgotten =
        Rule.reply(
            complete.first(1),
            200,
            Map.of("Content-Type", "application/json"),
            "{\"success\":true}");
    proxy.setRules(
        Rules.of(
            forgotten,
            Rule.rate(Match.request("GET .*since=0&.*"), Direction.RESPONSE, 1 << 30),
            Rule.rate(Match.request("GET .*since=[1-9].*"), Direction.RESPONSE, 1 << 30)));
    UploadOptions options =
        new UploadOptions(
            List.of(tree),
            new UploadOptions.Server(Endpoint.open(proxyUrl()), proxyUrl()),
            "me",
            "/",
            null,
            5,
            2,
            null,
            new UploadOptions.Repeat(directory.resolve("state"), false, false, Trust.FULL),
            new UploadOptions.Allow(false, false),
            Duration.ZERO,
            null,
            "test",
            OwnPlaces.NONE,
            Filters.NONE);
    RunReport report =
        new UploadRun(
                options,
                Progress.silent(),
                Clock.systemUTC(),
                new SplittableRandom(1),
                new ImpatientPause())
            .run();
    assertEquals(6, report.receipt().files());
    assertEquals(1, proxy.stats().faults(Action.Kind.REPLY));
    List<String> reads =
        proxy.decisions().stream()
            .filter(decision -> decision.action().kind() == Action.Kind.RATE)
            .map(decision -> decision.rule().replaceFirst(" .*", ""))
            .toList();
    assertEquals(2, reads.size(), proxy.log());
    assertTrue(!reads.get(0).equals(reads.get(1)), proxy.log());
  }
}
