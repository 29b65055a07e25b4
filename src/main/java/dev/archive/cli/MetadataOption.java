package dev.archive.cli;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Text;
import dev.archive.source.SourceFile;
import dev.archive.wire.Json;
import dev.archive.wire.RawJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads what {@code --metadata} may be: a JSON object, a file that holds one, or one key and its
 * value.
 */
final class MetadataOption {
  private MetadataOption() {}

  /** All of them as one object; what is given later wins. */
  static RawJson parse(List<String> values) {
    Map<String, Object> all = new LinkedHashMap<>();
    for (String value : values) {
      all.putAll(parse(value));
    }
    return new RawJson(Json.text(all));
  }

  private static Map<String, Object> parse(String value) {
    if (value.startsWith("@")) {
      return object(read(Path.of(value.substring(1))), "the file " + value.substring(1));
    }
    int equals = value.indexOf('=');
    if (!value.strip().startsWith("{") && equals > 0) {
      return Map.of(value.substring(0, equals), value.substring(equals + 1));
    }
    return object(value.getBytes(StandardCharsets.UTF_8), Text.quote(value));
  }

  private static Map<String, Object> object(byte[] json, String what) {
    try {
      return Json.readObject(json);
    } catch (ArchiveException e) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "--metadata: " + what + " is neither a JSON object nor KEY=VALUE: " + e.getMessage(),
          e);
    }
  }

  private static byte[] read(Path file) {
    try {
      return Files.readAllBytes(file);
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
