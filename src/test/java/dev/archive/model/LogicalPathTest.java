package dev.archive.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogicalPathTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/a",
        "/a/b",
        "/...",
        "/.a",
        "/a.",
        "/ ",
        "/\\",
        "/..\\x",
        "/%2e%2e",
        "/😀",
        "/\u202e",
        "/ä",
        "/a\u0308"
      })
  void pathIsKeptExactly(String text) {
    assertEquals(text, LogicalPath.parse(text).toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a",
        "/",
        "//",
        "/a/",
        "//a",
        "/a//b",
        "/.",
        "/..",
        "/a/.",
        "/a/../b",
        "/\u0000",
        "/\n",
        "/\u007f",
        "/\u0080",
        "/\u009f",
        "/\ud800",
        "/\udc00",
        "/\udc00\ud800",
        "/a\ud83d"
      })
  void whatIsNoPathIsRefused(String text) {
    ArchiveException refused = assertThrows(ArchiveException.class, () -> LogicalPath.parse(text));
    assertEquals(ErrorCode.INVALID_REQUEST, refused.code());
  }

  @Test
  void nothingIsNoPath() {
    assertThrows(ArchiveException.class, () -> LogicalPath.parse(null));
  }

  @Test
  void lengthIsCountedInBytes() {
    assertEquals(4096, LogicalPath.parse("/" + "n".repeat(4095)).toString().length());
    assertThrows(ArchiveException.class, () -> LogicalPath.parse("/" + "n".repeat(4096)));
    assertThrows(ArchiveException.class, () -> LogicalPath.parse("/" + "ä".repeat(2048)));
  }

  @Test
  void pathsOrderByTheirBytes() {
    List<LogicalPath> sorted =
        List.of("/a", "/\uffee", "/a/b", "/a-b", "/A", "/😀", "/aa", "/\u00e4").stream()
            .map(LogicalPath::parse)
            .sorted()
            .toList();
    List<LogicalPath> byBytes =
        sorted.stream()
            .sorted(
                (a, b) ->
                    Arrays.compareUnsigned(
                        a.toString().getBytes(UTF_8), b.toString().getBytes(UTF_8)))
            .toList();
    assertEquals(byBytes, sorted);
    assertEquals("/😀", sorted.get(sorted.size() - 1).toString());
  }

  @Test
  void twinsAreTwoPaths() {
    assertNotEquals(LogicalPath.parse("/\u00e4"), LogicalPath.parse("/a\u0308"));
    assertNotEquals(LogicalPath.parse("/a"), LogicalPath.parse("/A"));
    assertEquals(LogicalPath.parse("/a"), LogicalPath.parse("/a"));
  }

  @Test
  void partsOfAPathAreTold() {
    LogicalPath path = LogicalPath.under("/letters", "1871/may.tif");
    assertEquals("/letters/1871/may.tif", path.toString());
    assertEquals("may.tif", path.fileName());
    assertEquals("letters/1871/may.tif", path.relative());
    assertArrayEquals(new String[] {"letters", "1871", "may.tif"}, path.segments());
    assertEquals("/a", LogicalPath.under("/", "a").toString());
  }
}
