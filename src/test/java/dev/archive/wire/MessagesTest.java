package dev.archive.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Result;
import dev.archive.model.Sha256;
import dev.archive.wire.Messages.AbortAnswer;
import dev.archive.wire.Messages.AttributesAnswer;
import dev.archive.wire.Messages.AuditFinding;
import dev.archive.wire.Messages.AuditPage;
import dev.archive.wire.Messages.BatchList;
import dev.archive.wire.Messages.BulkCompleteRequest;
import dev.archive.wire.Messages.BulkStartRequest;
import dev.archive.wire.Messages.BundledFile;
import dev.archive.wire.Messages.CompleteAnswer;
import dev.archive.wire.Messages.CompleteRequest;
import dev.archive.wire.Messages.Expected;
import dev.archive.wire.Messages.FileStatus;
import dev.archive.wire.Messages.FinalizeAnswer;
import dev.archive.wire.Messages.FinalizeRequest;
import dev.archive.wire.Messages.FinalizedEvent;
import dev.archive.wire.Messages.ForgetAnswer;
import dev.archive.wire.Messages.ForgetRequest;
import dev.archive.wire.Messages.HistoryEvent;
import dev.archive.wire.Messages.HistoryHead;
import dev.archive.wire.Messages.InitAnswer;
import dev.archive.wire.Messages.InitRequest;
import dev.archive.wire.Messages.Part;
import dev.archive.wire.Messages.PartRange;
import dev.archive.wire.Messages.PartUrl;
import dev.archive.wire.Messages.PartsAnswer;
import dev.archive.wire.Messages.PartsRequest;
import dev.archive.wire.Messages.Processing;
import dev.archive.wire.Messages.ReceivedPart;
import dev.archive.wire.Messages.Service;
import dev.archive.wire.Messages.Skipped;
import dev.archive.wire.Messages.StartAnswer;
import dev.archive.wire.Messages.StartRequest;
import dev.archive.wire.Messages.StatusHead;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each message as it stands on the wire, letter by letter. */
class MessagesTest {
  private static final String BATCH = "01K0000000000000000000000A";
  private static final Sha256 HELLO = Sha256.of("hello".getBytes(UTF_8));
  private static final String TIME = "2026-11-24T12:00:00Z";
  private static final String NO_PARENT = "0".repeat(26);
  private static final RawJson PROMPTS = new RawJson("{\"general\":\"slowly\"}");
  private static final StatusHead OPEN =
      new StatusHead(
          BATCH,
          "sess_" + BATCH,
          "uploading",
          "Ada",
          "/letters",
          NO_PARENT,
          2L,
          1L,
          10L,
          5L,
          TIME,
          null,
          null,
          null,
          3L,
          null,
          null,
          null,
          "2026-11-25T12:00:00Z",
          null,
          null,
          null);

  static Stream<Arguments> golden() {
    return Stream.of(
        message(
            "service",
            new Service("archive", "0.1.0", "healthy", List.of("versions", "digests"), null)),
        message(
            "init-request",
            new InitRequest(
                "Ada",
                "/letters",
                2L,
                10L,
                new RawJson("{\"box\":7,\"title\":\"Briefe\"}"),
                NO_PARENT,
                PROMPTS)),
        message("init-request-least", new InitRequest("Ada", "/", 0L, 0L, null, null, null)),
        message("init-answer", new InitAnswer(BATCH, "sess_" + BATCH, 1L)),
        message("processing", new Processing(true, false, true)),
        message(
            "start-request",
            new StartRequest(
                "may.tif",
                5L,
                "/letters/may.tif",
                "image/tiff",
                HELLO.cid(),
                Processing.ALL,
                HELLO.hex())),
        message(
            "start-answer-simple",
            new StartAnswer(
                "staging/" + BATCH + "/letters/may.tif",
                StartAnswer.SIMPLE,
                "http://localhost/upload/x",
                null,
                null,
                null,
                null,
                FileStatus.UPLOADING,
                2L)),
        message(
            "start-answer-multipart",
            new StartAnswer(
                "staging/" + BATCH + "/big",
                StartAnswer.MULTIPART,
                null,
                "u1",
                10_485_760L,
                List.of(
                    new PartUrl(1, "http://localhost/upload/1"),
                    new PartUrl(2, "http://localhost/upload/2")),
                List.of(new ReceivedPart(2, 1024L, "abc")),
                FileStatus.UPLOADING,
                2L)),
        message(
            "start-request-pages",
            new StartRequest(
                "big",
                1L << 40,
                "/big",
                "image/tiff",
                null,
                Processing.ALL,
                HELLO.hex(),
                true,
                new PartRange(1, 100))),
        message(
            "start-answer-page",
            new StartAnswer(
                "staging/" + BATCH + "/big",
                StartAnswer.MULTIPART,
                null,
                "u1",
                110_100_480L,
                List.of(new PartUrl(1, "http://localhost/upload/1", Map.of())),
                null,
                FileStatus.UPLOADING,
                2L,
                null,
                2)),
        message("part-range", new PartRange(1, 100)),
        message(
            "parts-request", new PartsRequest("staging/" + BATCH + "/big", "u1", 101, 100, true)),
        message(
            "parts-answer",
            new PartsAnswer(
                "u1",
                List.of(new PartUrl(101, "http://localhost/upload/101")),
                List.of(new ReceivedPart(101, 1024L, "abc")),
                102,
                2L)),
        message("part-url", new PartUrl(1, "http://localhost/upload/1")),
        message("received-part", new ReceivedPart(2, 1024L, "abc")),
        message("part", new Part(1, "\"abc\"")),
        message(
            "complete-request",
            new CompleteRequest(
                "staging/" + BATCH + "/big",
                "u1",
                List.of(new Part(1, "abc")),
                HELLO.hex(),
                HELLO.cid())),
        message("complete-answer", new CompleteAnswer(true, HELLO.hex(), 3L)),
        message("complete-answer-base", new CompleteAnswer(true, null, null)),
        message(
            "bulk-start-request",
            new BulkStartRequest(
                List.of(new StartRequest("a", 5L, "/a", "image/tiff", null, null, null)))),
        message(
            "bulk-complete-request",
            new BulkCompleteRequest(
                List.of(new CompleteRequest("staging/" + BATCH + "/a", null, null, null, null)))),
        message(
            "bundled-file",
            new BundledFile(
                "/a", "staging/" + BATCH + "/a", 5L, FileStatus.COMPLETED, HELLO.hex(), 3L)),
        message("expected", new Expected(1L, 5L, HELLO.hex())),
        message("finalize-request", new FinalizeRequest(new Expected(1L, 5L, HELLO.hex()))),
        message(
            "finalize-request-amended",
            new FinalizeRequest(
                new Expected(1L, 5L, HELLO.hex()),
                true,
                List.of(new Skipped("/letters/june.tif", "cannot be read")))),
        message("skipped", new Skipped("/letters/june.tif", "cannot be read")),
        message("forget-request", new ForgetRequest("staging/" + BATCH + "/letters/may.tif")),
        message("forget-answer", new ForgetAnswer(true, 4L)),
        message(
            "finalize-answer",
            new FinalizeAnswer(
                BATCH,
                "enqueued",
                1L,
                5L,
                "staging/" + BATCH + "/",
                4L,
                TIME,
                HELLO.hex(),
                HELLO.hex())),
        message("attributes-answer", new AttributesAnswer(true, 12)),
        message("status-head", OPEN),
        message(
            "finalized-event",
            new FinalizedEvent(
                "finalized",
                BATCH,
                4L,
                1L,
                5L,
                HELLO.hex(),
                TIME,
                "/letters",
                "Ada",
                new RawJson("{\"box\":7}"),
                "/srv/batches/" + BATCH,
                null)),
        message("abort-answer", new AbortAnswer(BATCH, "aborted", 4L)),
        message("batch-list", new BatchList(List.of(OPEN), BATCH)),
        message(
            "status-head-finalized",
            new StatusHead(
                BATCH,
                "sess_" + BATCH,
                "enqueued",
                "Ada",
                "/letters",
                NO_PARENT,
                1L,
                1L,
                5L,
                5L,
                TIME,
                "2026-11-24T12:01:00Z",
                new RawJson("{\"box\":7}"),
                PROMPTS,
                4L,
                "2026-11-24T12:01:00Z",
                HELLO.hex(),
                HELLO.hex(),
                null,
                null,
                null,
                4L)),
        message("history-head", new HistoryHead(BATCH, "uploading", 3L, 2L)),
        message(
            "history-event",
            new HistoryEvent(
                3L,
                "completed",
                "/letters/may.tif",
                5L,
                HELLO.hex(),
                null,
                "4k2x9a-17",
                TIME,
                HELLO.hex())),
        message(
            "history-event-batch",
            new HistoryEvent(
                1L, "created", null, 10L, null, "uploading", "run-1", TIME, HELLO.hex())),
        message(
            "audit-page",
            new AuditPage(
                BATCH,
                "enqueued",
                2L,
                1L,
                5L,
                List.of(
                    new AuditFinding(
                        "/letters/may.tif", "missing", null, 5L, null, HELLO.hex(), null)),
                "files:3")),
        message(
            "audit-finding",
            new AuditFinding(
                "/letters/may.tif", "altered", 4L, 5L, HELLO.hex(), HELLO.hex(), null)),
        message(
            "audit-finding-extra",
            new AuditFinding("notes", "extra", null, null, null, null, "a symbolic link")),
        message(
            "file-status",
            new FileStatus(
                "staging/" + BATCH + "/letters/may.tif",
                "may.tif",
                5L,
                "/letters/may.tif",
                "image/tiff",
                Processing.ALL,
                StartAnswer.SIMPLE,
                FileStatus.COMPLETED,
                TIME,
                HELLO.cid(),
                HELLO.hex(),
                3L)),
        message(
            "file-status-open",
            new FileStatus(
                "staging/" + BATCH + "/a",
                "a",
                5L,
                "/a",
                "image/tiff",
                Processing.ALL,
                StartAnswer.SIMPLE,
                FileStatus.UPLOADING,
                null,
                null,
                null,
                null)));
  }

  private static Arguments message(String name, Object value) {
    return Arguments.of(name, value);
  }

  @ParameterizedTest
  @MethodSource("golden")
  void messageIsWrittenAsInItsFile(String name, Object message) throws IOException {
    assertEquals(file(name), Json.text(message) + "\n");
    assertEquals(file(name), new String(Json.bytes(message), UTF_8) + "\n");
  }

  @ParameterizedTest
  @MethodSource("golden")
  void fileIsReadAsItsMessage(String name, Object message) throws IOException {
    assertEquals(message, Json.read(file(name).getBytes(UTF_8), message.getClass()));
  }

  @ParameterizedTest
  @MethodSource("golden")
  void unknownFieldsAreIgnored(String name, Object message) throws IOException {
    String more = file(name).replaceFirst("\\{", "{\"colour\":{\"of\":[\"the\",\"box\"]},");
    assertEquals(message, Json.read(more.getBytes(UTF_8), message.getClass()));
  }

  @Test
  void everyMessageHasItsFile() {
    Set<Class<?>> written =
        golden().map(each -> each.get()[1].getClass()).collect(Collectors.toSet());
    assertEquals(Set.of(Messages.class.getDeclaredClasses()), written);
    assertEquals(
        Arrays.stream(Messages.class.getDeclaredClasses()).filter(Class::isRecord).count(),
        written.size());
  }

  @Test
  void resultsAreTheAnswersAndErrorsInTheirOrder() throws IOException {
    Results<CompleteAnswer> results =
        new Results<>(
            List.of(
                Result.of(new CompleteAnswer(true, HELLO.hex(), 3L)),
                Result.failed(new ArchiveException(ErrorCode.FILE_NOT_FOUND, "not here"))),
            3L);
    String text =
        "{\"files\":[{\"success\":true,\"sha256\":\""
            + HELLO
            + "\",\"version\":3},{\"error\":\"not"
            + " here\",\"code\":\"FILE_NOT_FOUND\"}],\"version\":3}";
    assertEquals(text, Json.text(results));
    Results<CompleteAnswer> read = Json.readResults(in(text), CompleteAnswer.class, 2);
    assertEquals(results.files().get(0), read.files().get(0));
    assertEquals(ErrorCode.FILE_NOT_FOUND, read.files().get(1).failure().code());
    assertEquals(3L, read.version());
    assertThrows(
        ArchiveException.class,
        () -> Json.readResults(in("{\"files\":7}"), CompleteAnswer.class, 2));
  }

  private static InputStream in(String text) {
    return new ByteArrayInputStream(text.getBytes(UTF_8));
  }

  private static String file(String name) throws IOException {
    try (InputStream in = MessagesTest.class.getResourceAsStream("/wire/" + name + ".json")) {
      assertNotNull(in, name);
      return new String(in.readAllBytes(), UTF_8);
    }
  }
}
