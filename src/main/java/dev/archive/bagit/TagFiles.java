package dev.archive.bagit;

import dev.archive.model.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** The small files that make a directory a bag (RFC 8493, 2.1.1, 2.2.1 and 2.2.2). */
public final class TagFiles {
  public static final String BAGIT = "bagit.txt";
  public static final String BAG_INFO = "bag-info.txt";

  /** Names the files that the bag goes without: one JSON object per line. */
  public static final String SKIPPED = "skipped-files.jsonl";

  /** What is recorded of names beside bytes: one JSON object per line. */
  public static final String ATTRIBUTES = "attributes.jsonl";

  public static final String TAG_MANIFEST = "tagmanifest-sha256.txt";

  private TagFiles() {}

  /** {@code bagit.txt}: exactly these two lines. */
  public static byte[] declaration() {
    return utf8("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n");
  }

  /**
   * {@code bag-info.txt}.
   *
   * @param fields labels and values in the order in which they are to stand; line breaks in values
   *     become spaces
   * @param bytes of the payload in all
   * @param files of the payload
   */
  public static byte[] bagInfo(Map<String, String> fields, long bytes, long files) {
    StringBuilder out = new StringBuilder();
    fields.forEach(
        (label, value) ->
            out.append(label).append(": ").append(value.replaceAll("[\r\n]+", " ")).append('\n'));
    out.append("Payload-Oxum: ").append(bytes).append('.').append(files).append('\n');
    return utf8(out.toString());
  }

  /** {@code tagmanifest-sha256.txt} over tag files by name. */
  public static byte[] tagManifest(Map<String, Sha256> files) {
    SortedMap<String, Sha256> sorted = new TreeMap<>(files);
    StringBuilder out = new StringBuilder();
    sorted.forEach(
        (name, digest) -> out.append(digest.hex()).append("  ").append(name).append('\n'));
    return utf8(out.toString());
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
