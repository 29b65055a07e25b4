package dev.archive.bagit;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import dev.archive.model.Text;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads lines of the files that make a directory a bag (RFC 8493), as this program writes them. */
public final class BagReader {
  private static final String PAYLOAD = "  data/";
  private static final int DIGEST_LENGTH = 64;

  private BagReader() {}

  /** One line of a payload manifest. */
  public record Line(LogicalPath path, Sha256 sha256) {}

  /**
   * Reads a line of {@code manifest-sha256.txt}.
   *
   * @throws ArchiveException {@link ErrorCode#FIXITY_MISMATCH} where it is not one
   */
  public static Line manifestLine(String line) {
    try {
      if (line.startsWith(PAYLOAD, DIGEST_LENGTH)) {
        return new Line(
            LogicalPath.parse("/" + decode(line.substring(DIGEST_LENGTH + PAYLOAD.length()))),
            Sha256.parse(line.substring(0, DIGEST_LENGTH)));
      }
    } catch (ArchiveException e) {
      // Said below.
    }
    throw new ArchiveException(
        ErrorCode.FIXITY_MISMATCH,
        PayloadManifest.NAME + " has a line that is damaged: " + Text.quote(line));
  }

  private static String decode(String path) {
    return path.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%");
  }

  /** The labels and values of {@code bag-info.txt}; of a label that is repeated, the last value. */
  public static Map<String, String> fields(String bagInfo) {
    Map<String, String> fields = new LinkedHashMap<>();
    bagInfo
        .lines()
        .forEach(
            line -> {
              int colon = line.indexOf(": ");
              if (colon > 0) {
                fields.put(line.substring(0, colon), line.substring(colon + 2));
              }
            });
    return fields;
  }

  /** Digests by the names of tag files, of {@code tagmanifest-sha256.txt}. */
  public static Map<String, String> tagDigests(String tagManifest) {
    Map<String, String> digests = new LinkedHashMap<>();
    tagManifest
        .lines()
        .filter(line -> line.startsWith("  ", DIGEST_LENGTH))
        .forEach(
            line ->
                digests.put(line.substring(DIGEST_LENGTH + 2), line.substring(0, DIGEST_LENGTH)));
    return digests;
  }
}
