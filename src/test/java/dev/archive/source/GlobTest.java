package dev.archive.source;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What random trees do not reach. */
class GlobTest {
  private static boolean matches(String pattern, String text) {
    return new Glob(pattern.getBytes(UTF_8), false).matches(text.getBytes(UTF_8), 0);
  }

  @Test
  void hostilePatternsTakeNoTime() {
    assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () -> {
          assertFalse(matches("*a".repeat(100) + "b", "a".repeat(255)));
          assertFalse(matches("**/a/".repeat(100) + "b", "a/".repeat(1000) + "c"));
        });
  }

  @Test
  void everyByteIsWhatAClassSays() {
    for (int c = 1; c < 128; c++) {
      String text = String.valueOf((char) c);
      assertTrue(matches("[[:alpha:]]", text) == (c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'));
      assertTrue(matches("[[:xdigit:]]", text) == "0123456789abcdefABCDEF".contains(text));
      // A class never matches a slash.
      boolean punct = "!\"#$%&'()*+,-.:;<=>?@[\\]^_`{|}~".contains(text);
      assertTrue(matches("[[:punct:]]", text) == punct, text);
    }
    assertFalse(matches("[[:nothing:]]", "a"));
    assertFalse(matches("[!a]", "/"));
    assertTrue(matches("??", "é"));
  }
}
