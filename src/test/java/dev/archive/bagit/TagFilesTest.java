package dev.archive.bagit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TagFilesTest {
  /** Older servers took such names of uploaders. */
  @Test
  void valueWithLineBreaksForgesNoField() {
    byte[] text =
        TagFiles.bagInfo(Map.of("Source-Organization", "Ada\r\nPayload-Oxum: 7.7\nLovelace"), 2, 1);
    assertEquals(
        "Source-Organization: Ada Payload-Oxum: 7.7 Lovelace\nPayload-Oxum: 2.1\n",
        new String(text, StandardCharsets.UTF_8));
  }
}
