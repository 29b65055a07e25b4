package dev.archive.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One thing is one thing, in every message. */
class CountTest {
  private static final String NOUNS =
      "(file|byte|batch(es)?|part|entr(y|ies)|second|run|receipt|symlink|journal|difference)s?\\b";

  /** A number, or what becomes one, right before a noun: limits in capitals are never one. */
  private static final Pattern BY_ITSELF =
      Pattern.compile(
          "(?<=[\\w)\\]])(?<![A-Z_]{3})(?<!MAX_[A-Z]{1,20}\\.toSeconds\\(\\))\\s*\\+\\s*\" "
              + NOUNS
              + "|%,?d "
              + NOUNS);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0|file|0 files",
        "1|file|1 file",
        "2|batch|2 batches",
        "1|batch|1 batch",
        "1234567|byte|1,234,567 bytes",
        "3|empty directory|3 empty directories",
        "1|entry|1 entry"
      })
  void nounGoesWithItsNumber(long number, String noun, String expected) {
    assertEquals(expected, Count.of(number, noun));
  }

  @Test
  void noMessageCountsByItself() throws IOException {
    List<String> found = new ArrayList<>();
    try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
      for (Path file : files.filter(each -> each.toString().endsWith(".java")).toList()) {
        String text = Files.readString(file);
        BY_ITSELF
            .matcher(text)
            .results()
            .map(MatchResult::start)
            .filter(at -> !text.startsWith("%,d", at) || !isLimit(text, at))
            .forEach(at -> found.add(file + " line " + text.substring(0, at).lines().count()));
      }
    }
    assertEquals(List.of(), found, "use Count");
  }

  /** Of a format: whether its values are limits. */
  private static boolean isLimit(String text, int at) {
    return text.substring(at, Math.min(text.length(), at + 200)).contains("MAX_");
  }

  @Test
  void plantedCountIsFound() {
    for (String planted :
        List.of("size()\n  + \" files\"", "count + \" byte\"", "\"of %,d files\"")) {
      assertEquals(1, BY_ITSELF.matcher(planted).results().count(), planted);
    }
    for (String limit : List.of("MAX_NAME + \" bytes\"", "\"b\"\n + \" file\"")) {
      assertEquals(0, BY_ITSELF.matcher(limit).results().count(), limit);
    }
  }
}
