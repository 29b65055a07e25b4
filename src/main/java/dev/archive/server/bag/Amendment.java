package dev.archive.server.bag;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Text;
import dev.archive.wire.Json;
import dev.archive.wire.Messages.FinalizeRequest;
import dev.archive.wire.Messages.Skipped;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The list of files that a batch goes without, as ledger and bag keep it: one JSON object per line,
 * by path.
 */
public final class Amendment {
  private static final int MAX_PATH = 8192;
  private static final int MAX_REASON = 1000;

  private Amendment() {}

  /**
   * The list that a request gives.
   *
   * @return null where it amends nothing
   * @throws ArchiveException {@link ErrorCode#INVALID_REQUEST} where it is not as it must be
   */
  public static @Nullable String of(@Nullable FinalizeRequest request) {
    if (request == null || !Boolean.TRUE.equals(request.amended())) {
      require(
          request == null || request.skipped() == null || request.skipped().isEmpty(),
          "skipped goes with amended only");
      return null;
    }
    require(
        request.expected() != null
            && request.expected().files() != null
            && request.expected().bytes() != null
            && request.expected().manifestSha256() != null,
        "amended needs expected with files, bytes and manifest_sha256");
    TreeMap<String, String> reasons = new TreeMap<>();
    List<Skipped> skipped = request.skipped() == null ? List.of() : request.skipped();
    for (Skipped each : skipped) {
      require(
          each != null && isText(each.path(), MAX_PATH) && !each.path().isEmpty(),
          "skipped has an element without a path of 1 to " + MAX_PATH + " characters");
      require(
          isText(each.reason(), MAX_REASON),
          "skipped has an element without a reason of at most " + MAX_REASON + " characters");
      require(
          reasons.put(each.path(), each.reason()) == null,
          "skipped names " + Text.quote(each.path()) + " twice");
    }
    StringBuilder lines = new StringBuilder();
    reasons.forEach(
        (path, reason) -> lines.append(Json.text(new Skipped(path, reason))).append('\n'));
    return lines.toString();
  }

  /** The files of such a list; null for no list. */
  public static @Nullable List<Skipped> read(@Nullable String lines) {
    return lines == null ? null : skipped(lines);
  }

  private static List<Skipped> skipped(String lines) {
    return lines
        .lines()
        .map(line -> Json.read(line.getBytes(StandardCharsets.UTF_8), Skipped.class))
        .toList();
  }

  /** Whether two lists name the same files: the reasons of a repeated call may differ. */
  public static boolean isSame(@Nullable String one, @Nullable String other) {
    return one != null && other != null && paths(one).equals(paths(other));
  }

  private static List<String> paths(String lines) {
    return skipped(lines).stream().map(Skipped::path).toList();
  }

  private static boolean isText(String text, int max) {
    return text != null && text.length() <= max && Text.isUnicode(text);
  }

  private static void require(boolean condition, String otherwise) {
    if (!condition) {
      throw new ArchiveException(ErrorCode.INVALID_REQUEST, otherwise);
    }
  }
}
