package dev.archive.cli.option;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Text;
import dev.archive.source.SourceFile;
import dev.archive.wire.Json;
import dev.archive.wire.MetadataRules;
import dev.archive.wire.RawJson;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Reads what {@code --metadata} may be: a JSON object, a file that holds one, or one key and its
 * value.
 */
public final class MetadataOption {
  private MetadataOption() {}

  /**
   * All of them as one object. A single object is kept as it was written; of several, what is given
   * later wins.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE}, with what is wrong
   */
  public static RawJson parse(List<String> values) {
    RawJson all = values.size() == 1 ? one(values.get(0)) : merged(values);
    try {
      MetadataRules.check("metadata", all);
    } catch (ArchiveException e) {
      throw new ArchiveException(ErrorCode.USAGE, "--metadata: " + e.getMessage(), e);
    }
    return all;
  }

  private static RawJson merged(List<String> values) {
    Map<String, String> all = new LinkedHashMap<>();
    for (String value : values) {
      all.putAll(Json.members(one(value)));
    }
    return Json.object(all);
  }

  private static RawJson one(String value) {
    if (value.startsWith("@")) {
      return object(read(Path.of(value.substring(1))), "the file " + value.substring(1));
    }
    int equals = value.indexOf('=');
    if (!value.strip().startsWith("{") && equals > 0) {
      return Json.object(
          Map.of(value.substring(0, equals), Json.text(value.substring(equals + 1))));
    }
    return object(value.getBytes(StandardCharsets.UTF_8), Text.quote(value));
  }

  private static RawJson object(byte[] json, String what) {
    try {
      return Json.read(json, RawJson.class);
    } catch (ArchiveException e) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "--metadata: " + what + " is neither a JSON object nor KEY=VALUE: " + e.getMessage(),
          e);
    }
  }

  private static byte[] read(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MetadataRules.MAX_BYTES + 1);
      if (bytes.length <= MetadataRules.MAX_BYTES) {
        return bytes;
      }
      throw new ArchiveException(
          ErrorCode.USAGE,
          String.format(
              Locale.ROOT,
              "--metadata: the file %s has more than %,d bytes; nothing was done",
              Text.quote(file.toString()),
              MetadataRules.MAX_BYTES));
    } catch (IOException e) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "--metadata: the file "
              + Text.quote(file.toString())
              + " cannot be read: "
              + SourceFile.reason(e),
          e);
    }
  }
}
