package dev.archive.wire;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.dataformat.toml.TomlMapper;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import java.util.Map;

/** Reads TOML 1.0. Its classes are loaded only where there is a file to read. */
public final class Toml {
  private Toml() {}

  /**
   * The top-level table of a document; tables are maps, arrays are lists.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE}, with the line where it is known
   */
  public static Map<String, Object> read(String document) {
    try {
      return new TomlMapper().readValue(document, new TypeReference<>() {});
    } catch (JacksonException e) {
      int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
      throw new ArchiveException(
          ErrorCode.USAGE,
          "not valid TOML" + (line > 0 ? " in line " + line : "") + ": " + e.getOriginalMessage(),
          e);
    }
  }
}
