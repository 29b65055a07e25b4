package dev.archive.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.archive.model.ArchiveException;
import dev.archive.model.Attributes;
import dev.archive.model.Attributes.Kind;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AttributeLinesTest {
  private final AttributeLines.Writer writer = new AttributeLines.Writer();

  @Test
  void lineIsOneObjectAndNothingBesideIt() {
    assertEquals(
        "{\"path\":\"/a b\",\"kind\":\"file\",\"mtime\":\"1999-05-05T00:00:00Z\",\"mode\":\"0640\","
            + "\"owner\":\"root\"}\n",
        line(
            new Attributes(
                "/a b",
                Kind.FILE,
                Instant.parse("1999-05-05T00:00:00Z"),
                0640,
                "root",
                null,
                null,
                null)));
    assertEquals(
        "{\"path\":\"/l\",\"kind\":\"symlink\",\"mtime\":\"1901-12-13T20:45:52.000000001Z\","
            + "\"mode\":\"4777\",\"link_target\":\"../\\u202e\\\"x\",\"hard_link\":\"/k\"}\n",
        line(
            new Attributes(
                "/l",
                Kind.SYMLINK,
                Instant.parse("1901-12-13T20:45:52.000000001Z"),
                04777,
                null,
                null,
                "../\u202e\"x",
                "/k")));
  }

  @Test
  void whatIsWrittenIsRead() {
    List<Attributes> read = new ArrayList<>();
    Attributes of =
        new Attributes(
            "/\u00e4/\ud83d\ude00\\",
            Kind.DIRECTORY,
            Instant.ofEpochSecond(-1, 5),
            0,
            "o",
            "g",
            null,
            null);
    AttributeLines.read(writer.line(of), read::add);
    assertEquals(List.of(of), read);
  }

  private String line(Attributes of) {
    return new String(writer.line(of), StandardCharsets.UTF_8);
  }

  private static String withXattrs(String xattrs) {
    return "{\"path\":\"/a\",\"kind\":\"file\",\"mtime\":\"1999-05-05T00:00:00Z\",\"mode\":\"0640\","
        + "\"xattrs\":"
        + xattrs
        + "}\n";
  }

  private static List<Attributes> read(String line) {
    List<Attributes> read = new ArrayList<>();
    AttributeLines.read(line.getBytes(StandardCharsets.UTF_8), read::add);
    return read;
  }

  @Test
  void extendedAttributesAreReadAsTheyWereWritten() {
    String line = withXattrs("{\"user.\u00fc\":\"AA==\",\"user.b\":\"\"}");
    Attributes of = read(line).get(0);
    assertEquals(Map.of("user.\u00fc", "AA==", "user.b", ""), of.xattrs());
    assertEquals(List.of(of), read(line(of)));
  }

  /** Names of the system give rights: none of those may reach a fetch. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "1",
        "[]",
        "\"user.a\"",
        "{\"user.a\":1}",
        "{\"user.a\":null}",
        "{\"user.a\":{}}",
        "{\"user.a\":\"?\"}",
        "{\"user.\":\"\"}",
        "{\"security.capability\":\"AA==\"}",
        "{\"trusted.a\":\"AA==\"}",
        "{\"user.a\\u0000\":\"AA==\"}",
        "{\"user.\\ud800\":\"AA==\"}",
        "{\"user.a\":\"\",\"user.a\":\"\"}"
      })
  void extendedAttributesThatCannotBeAreRefused(String xattrs) {
    assertThrows(ArchiveException.class, () -> read(withXattrs(xattrs)));
  }

  @Test
  void extendedAttributesAreBounded() {
    String half = Base64.getEncoder().encodeToString(new byte[32 << 10]);
    String two = "{\"user.a\":\"" + half + "\",\"user.b\":\"" + half + "\"";
    assertEquals(2, read(withXattrs(two + "}")).get(0).xattrs().size());
    assertThrows(ArchiveException.class, () -> read(withXattrs(two + ",\"user.c\":\"AA==\"}")));
    assertEquals(1, read(withXattrs("{\"user." + "n".repeat(250) + "\":\"\"}")).size());
    assertThrows(
        ArchiveException.class, () -> read(withXattrs("{\"user." + "n".repeat(251) + "\":\"\"}")));
  }
}
