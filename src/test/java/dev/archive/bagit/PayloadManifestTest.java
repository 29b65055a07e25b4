package dev.archive.bagit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PayloadManifestTest {
  private static final Sha256 DIGEST = Sha256.of(new byte[0]);

  @Test
  void manifestKnowsTheDigestOfWhatItWrote() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PayloadManifest manifest = new PayloadManifest(out);
    manifest.add(LogicalPath.parse("/100%"), DIGEST);
    manifest.add(LogicalPath.parse("/a b/ü"), DIGEST);
    assertEquals(2, manifest.files());
    assertEquals(DIGEST + "  data/100%25\n" + DIGEST + "  data/a b/ü\n", out.toString(UTF_8));
    assertEquals(Sha256.of(out.toByteArray()), manifest.finish());
  }

  @Test
  void carriageReturnLineFeedAndPercentAreEncodedAndNothingElse() {
    assertEquals("a%0Db%0Ac%25d%250A\t\\ é", PayloadManifest.encode("a\rb\nc%d%0A\t\\ é"));
  }

  @Test
  void filesMustComeInOrderAndOnce() throws IOException {
    PayloadManifest manifest = PayloadManifest.digestOnly();
    manifest.add(LogicalPath.parse("/b"), DIGEST);
    assertThrows(
        IllegalArgumentException.class, () -> manifest.add(LogicalPath.parse("/b"), DIGEST));
    assertThrows(
        IllegalArgumentException.class, () -> manifest.add(LogicalPath.parse("/a"), DIGEST));
  }

  @Test
  void emptyManifestHasTheDigestOfNothing() {
    assertEquals(DIGEST, PayloadManifest.digestOnly().finish());
  }

  @Test
  void tagManifestListsTagFilesByName() {
    Map<String, Sha256> files = new LinkedHashMap<>();
    files.put("manifest-sha256.txt", DIGEST);
    files.put("bagit.txt", DIGEST);
    assertEquals(
        DIGEST + "  bagit.txt\n" + DIGEST + "  manifest-sha256.txt\n",
        new String(TagFiles.tagManifest(files), UTF_8));
  }

  @Test
  void bagInfoKeepsOneLineAField() {
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put("Source-Organization", "a\r\nb\n\nc\rd");
    fields.put("Bag-Note", "é");
    assertEquals(
        "Source-Organization: a b c d\nBag-Note: é\nPayload-Oxum: 12.3\n",
        new String(TagFiles.bagInfo(fields, 12, 3), UTF_8));
  }
}
