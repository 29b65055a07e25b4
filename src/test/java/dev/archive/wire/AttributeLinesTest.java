package dev.archive.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.archive.model.Attributes;
import dev.archive.model.Attributes.Kind;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

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
}
