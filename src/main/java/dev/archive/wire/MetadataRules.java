package dev.archive.wire;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How large metadata may be: asked once, where it comes in, by the uploader of a command line and
 * by the server of {@code init}. What keeps these rules can be listed, shown and journaled again.
 * What is kept already is never held against them.
 */
public final class MetadataRules {
  /** Of the whole text, in bytes of UTF-8: half of the largest request. */
  public static final int MAX_BYTES = 512 * 1024;

  /** Objects and lists within each other, the outermost counted. */
  public static final int MAX_DEPTH = 20;

  /** Keys of all objects together. */
  public static final int MAX_KEYS = 10_000;

  /** Of one key, in UTF-16 units. */
  public static final int MAX_KEY_LENGTH = 256;

  /** Of one number, in characters. */
  public static final int MAX_NUMBER_LENGTH = 1000;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_BYTES)
                  .maxStringLength(MAX_BYTES)
                  .maxNameLength(MAX_BYTES)
                  .maxNumberLength(MAX_BYTES)
                  .build())
          .build();

  private MetadataRules() {}

  /**
   * Proves that metadata keeps the rules.
   *
   * @param what its name in the message: {@code metadata}
   * @param json an object that was read before, or null for none
   * @throws ArchiveException {@link ErrorCode#INVALID_REQUEST}, with the rule that it breaks
   */
  public static void check(String what, @Nullable RawJson json) {
    if (json == null) {
      return;
    }
    int bytes = json.text().getBytes(StandardCharsets.UTF_8).length;
    if (bytes > MAX_BYTES) {
      throw refused(what, "has %,d bytes; at most %,d are accepted", bytes, MAX_BYTES);
    }
    try (JsonParser parser = FACTORY.createParser(json.text())) {
      int depth = 0;
      int keys = 0;
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
        if (depth > MAX_DEPTH) {
          throw refused(what, "is nested deeper than %,d levels", MAX_DEPTH);
        }
        if (token == JsonToken.FIELD_NAME) {
          if (++keys > MAX_KEYS) {
            throw refused(what, "has more than %,d keys", MAX_KEYS);
          }
          if (parser.currentName().length() > MAX_KEY_LENGTH) {
            throw refused(what, "has a key of more than %,d characters", MAX_KEY_LENGTH);
          }
        }
        if (token.isNumeric() && parser.getTextLength() > MAX_NUMBER_LENGTH) {
          throw refused(what, "has a number of more than %,d characters", MAX_NUMBER_LENGTH);
        }
      }
    } catch (JacksonException e) {
      throw new ArchiveException(ErrorCode.INVALID_REQUEST, what + " is not valid JSON", e);
    } catch (IOException e) {
      throw new IllegalStateException("a text in memory cannot fail to be read", e);
    }
  }

  private static ArchiveException refused(String what, String rule, Object... numbers) {
    return new ArchiveException(
        ErrorCode.INVALID_REQUEST, what + " " + String.format(Locale.ROOT, rule, numbers));
  }
}
