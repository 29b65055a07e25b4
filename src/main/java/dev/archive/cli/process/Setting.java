package dev.archive.cli.process;

import dev.archive.model.Text;
import dev.archive.wire.Json;
import dev.archive.wire.RawJson;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What may be set once and for all: in a settings file by its key, in the environment by its
 * variable, on a command line by its option, if it has one.
 */
public enum Setting {
  SERVER(Kind.TEXT),
  TOKEN_FILE(Kind.PATH),
  CA_FILE(Kind.PATH),
  PROXY(Kind.TEXT),
  UPLOADER(Kind.TEXT),
  PARALLEL(Kind.COUNT),
  PARALLEL_PARTS(Kind.COUNT),
  ROOT_PATH(Kind.TEXT),
  METADATA(Kind.OBJECT),
  LIMIT_RATE(Kind.RATE),
  LIMIT(Kind.TEXT),
  ON_SUCCESS(Kind.TEXT),
  ON_FAILURE(Kind.TEXT),
  STATE_DIR(Kind.PATH),
  HOME(Kind.PATH),
  REQUIRE_SERVER(Kind.FLAG);

  private static final int MAX_COUNT = 256;
  private static final String RATE = "[0-9]{1,9}(\\.[0-9]{1,3})?[kKMG]";
  private static final Map<String, Setting> BY_OPTION =
      Arrays.stream(values()).collect(Collectors.toMap(Setting::option, Function.identity()));

  private final Kind kind;

  Setting(Kind kind) {
    this.kind = kind;
  }

  /** What a settings file may say, and what it means as the text of an option. */
  enum Kind {
    TEXT("a text in quotes,"),
    COUNT("a number from 1 to " + MAX_COUNT + ","),
    PATH("a path in quotes that begins with / or ~/,"),
    RATE("a number and k, M or G in quotes, such as \"10M\","),
    FLAG("true or false,"),
    OBJECT("a table,");

    private final String form;

    Kind(String form) {
      this.form = form;
    }
  }

  /** Its name in a settings file. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The name that an option of the same meaning has, whether or not there is one. */
  public String option() {
    return "--" + key().replace('_', '-');
  }

  /** Its environment variable. */
  public String variable() {
    return "ARCHIVE_" + name();
  }

  /** The setting that an option may be given by; null where the option belongs to one command. */
  static @Nullable Setting ofOption(String option) {
    return BY_OPTION.get(option);
  }

  /** The setting of a key; null where there is none. */
  static @Nullable Setting ofKey(String key) {
    return BY_OPTION.get("--" + key.replace('_', '-'));
  }

  /**
   * The value that a file gives, as an option would be given it.
   *
   * @param home what {@code ~} means, or null
   * @throws IllegalArgumentException with what it must be
   */
  String fromFile(Object value, @Nullable String home) {
    String text =
        switch (kind) {
          case TEXT -> value instanceof String given && !given.isBlank() ? given : null;
          case COUNT -> value instanceof Number given && isCount(given) ? given.toString() : null;
          case PATH -> value instanceof String given ? path(given, home) : null;
          case RATE -> value instanceof String given && given.matches(RATE) ? given : null;
          case FLAG -> value instanceof Boolean given ? given.toString() : null;
          case OBJECT -> value instanceof Map<?, ?> given ? Json.text(given) : null;
        };
    if (value instanceof String given && given.isBlank()) {
      throw new IllegalArgumentException(key() + " is empty");
    }
    if (text == null) {
      throw new IllegalArgumentException(
          key() + " must be " + kind.form + " not " + Text.quote(String.valueOf(value)));
    }
    return text;
  }

  /**
   * Checks what a variable gives to a setting that no option reads.
   *
   * @throws IllegalArgumentException with what it must be
   */
  void checkText(String value) {
    if (kind == Kind.FLAG && !value.equals("true") && !value.equals("false")) {
      throw new IllegalArgumentException("must be true or false, not " + Text.quote(value));
    }
    if (kind == Kind.OBJECT && value.strip().startsWith("{")) {
      var unused = Json.read(value.getBytes(StandardCharsets.UTF_8), RawJson.class);
    }
  }

  private static boolean isCount(Number number) {
    return (number instanceof Integer || number instanceof Long)
        && number.longValue() >= 1
        && number.longValue() <= MAX_COUNT;
  }

  private static @Nullable String path(String given, @Nullable String home) {
    if (given.startsWith("~/") && home != null) {
      return home + given.substring(1);
    }
    return given.startsWith("/") && given.indexOf('\0') < 0 ? given : null;
  }
}
