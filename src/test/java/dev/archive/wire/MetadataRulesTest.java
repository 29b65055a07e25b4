package dev.archive.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.wire.JournalMessages.Line;
import dev.archive.wire.JournalMessages.Planned;
import dev.archive.wire.Messages.BatchList;
import dev.archive.wire.Messages.InitRequest;
import dev.archive.wire.Messages.StatusHead;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Metadata is kept byte for byte, and what the rules let in can be listed and journaled again. */
class MetadataRulesTest {
  private static RawJson read(String metadata) {
    return Json.read(metadata.getBytes(UTF_8), RawJson.class);
  }

  private static String nested(int depth) {
    return "{\"a\":".repeat(depth - 1) + "{}" + "}".repeat(depth - 1);
  }

  private static String keys(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> "\"k" + i + "\":0")
        .collect(Collectors.joining(",", "{", "}"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"x\":1e400,\"z\":1.10,\"w\":12345678901234567.5,\"n\":-0.0,\"e\":1E+2}",
        "{ \"b\" : [ 1 ,\t2 ],\n  \"a\" : { } }",
        "{\"e\":\"\\u00e9\\ud83d\\ude00\",\"s\":\"a\\/b\",\"u\":\"é😀\"}",
        "{\"pi\":3.14159265358979323846264338327950288419716939937510}"
      })
  void whatComesInGoesOutByteForByte(String metadata) throws IOException {
    InitRequest request =
        Json.read(
            ("{ \"uploader\": \"u\", \"metadata\" : " + metadata + " , \"file_count\":1}")
                .getBytes(UTF_8),
            InitRequest.class);
    assertEquals(metadata, request.metadata().text());
    assertTrue(new String(Json.bytes(request), UTF_8).contains("\"metadata\":" + metadata));
    assertEquals(metadata, read("  " + metadata + "\n").text());
    Line line = Line.of(Planned.of(1, 1, "k", read(metadata)));
    byte[] journaled = Json.bytes(line);
    assertTrue(new String(journaled, UTF_8).indexOf('\n') < 0, "a journal has a line each");
    assertEquals(metadata, Json.read(journaled, Line.class).planned().described().text());
    MetadataRules.check("metadata", request.metadata());
  }

  @Test
  void aStreamKeepsTheDigitsOfNumbers() throws IOException {
    String metadata = "{\"x\":1e400,\"z\":[1.10],\"w\":12345678901234567.5}";
    String list =
        "{\"batch_id\":\"b\",\"status\":\"uploading\",\"metadata\":" + metadata + ",\"files\":[]}";
    StatusHead head =
        Json.readStatus(new ByteArrayInputStream(list.getBytes(UTF_8)), 10, file -> {});
    assertEquals(metadata, head.metadata().text());
  }

  @Test
  void textOfManyLinesIsPrintedOnOne() {
    InitRequest request =
        new InitRequest(null, null, null, null, read("{\n\"a\":\r\n1}"), null, null);
    assertEquals("{\"metadata\":{ \"a\":  1}}", Json.text(request));
  }

  @Test
  void membersKeepTheirDigitsAndOrder() {
    RawJson object = read("{ \"b\" : 1.10, \"a\": [1e400, {\"c\": null}] }");
    assertEquals(
        "{\"b\":1.10,\"a\":[1e400,{\"c\":null}]}", Json.object(Json.members(object)).text());
  }

  @Test
  void theLargestOfEachKindIsAcceptedListedAndJournaled() {
    String text = "{\"a\":\"" + "x".repeat(MetadataRules.MAX_BYTES - 8) + "\"}";
    String number = "{\"n\":" + "9".repeat(MetadataRules.MAX_NUMBER_LENGTH) + "}";
    String key = "{\"" + "k".repeat(MetadataRules.MAX_KEY_LENGTH) + "\":1}";
    for (String metadata :
        new String[] {
          text, number, key, nested(MetadataRules.MAX_DEPTH), keys(MetadataRules.MAX_KEYS)
        }) {
      RawJson json = read(metadata);
      MetadataRules.check("metadata", json);
      BatchList page =
          Json.read(
              ("{\"batches\":[{\"batch_id\":\"b\",\"status\":\"uploading\",\"metadata\":"
                      + metadata
                      + "}]}")
                  .getBytes(UTF_8),
              BatchList.class);
      assertEquals(json, page.batches().get(0).metadata());
      Line line = Line.of(Planned.of(1, 1, "k", json));
      assertEquals(json, Json.read(Json.bytes(line), Line.class).planned().described());
    }
  }

  @Test
  void oneMoreOfEachKindIsRefusedInWords() {
    assertRefused("{\"a\":\"" + "x".repeat(MetadataRules.MAX_BYTES - 7) + "\"}", "bytes");
    assertRefused("{\"n\":" + "9".repeat(MetadataRules.MAX_NUMBER_LENGTH + 1) + "}", "number");
    assertRefused("{\"" + "k".repeat(MetadataRules.MAX_KEY_LENGTH + 1) + "\":1}", "256 characters");
    assertRefused(nested(MetadataRules.MAX_DEPTH + 1), "nested deeper than 20 levels");
    assertRefused(nested(50_000), "nested deeper than 20 levels");
    assertRefused(keys(MetadataRules.MAX_KEYS + 1), "more than 10,000 keys");
  }

  private static void assertRefused(String metadata, String rule) {
    ArchiveException refused =
        assertThrows(
            ArchiveException.class, () -> MetadataRules.check("metadata", new RawJson(metadata)));
    assertEquals(ErrorCode.INVALID_REQUEST, refused.code());
    assertTrue(refused.getMessage().contains(rule), refused.getMessage());
  }

  @Test
  void whatAnOlderServerLetInCanStillBeRead() {
    assertEquals(nested(40), read(nested(40)).text());
  }
}
