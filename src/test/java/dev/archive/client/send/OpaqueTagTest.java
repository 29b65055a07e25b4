package dev.archive.client.send;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is sent back of a part's ETag: the text between its quotes, unchanged. */
class OpaqueTagTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      quoteCharacter = '!',
      value = {
        "\"9a0364b9\" 9a0364b9",
        "\"AbC-2\" AbC-2",
        "W/\"9a0364b9\" 9a0364b9",
        "9a0364b9 9a0364b9",
        "\"a\"b\" a\"b",
        "\"\"\"\" \"\"",
        "\" \"",
        "W/x W/x",
        "w/\"x\" w/\"x\"",
        "\"open \"open"
      })
  void isTheTextBetweenTheQuotes(String etag, String text) {
    assertEquals(text, MultipartSender.opaque(etag));
  }
}
