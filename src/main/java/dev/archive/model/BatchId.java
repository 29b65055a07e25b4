package dev.archive.model;

import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The name of a batch: a ULID, 26 characters of Crockford's base32 that sort by the millisecond of
 * their creation.
 *
 * @param value the 26 characters, upper case
 */
public record BatchId(String value) {
  private static final String ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  private static final int LENGTH = 26;

  public BatchId {
    if (!isUlid(value)) {
      throw invalid(value);
    }
  }

  /** Reads an id as a person or a server gives it; lower case is accepted. */
  public static BatchId parse(@Nullable String text) {
    String id = text == null ? "" : text.strip().toUpperCase(java.util.Locale.ROOT);
    if (!isUlid(id)) {
      throw invalid(text);
    }
    return new BatchId(id);
  }

  private static ArchiveException invalid(@Nullable String text) {
    return new ArchiveException(
        ErrorCode.INVALID_REQUEST,
        "not a batch id (26 characters of 0-9 and A-Z): " + Text.quote(text));
  }

  /** A new id for the moment given, in milliseconds since 1970, made unique by 80 random bits. */
  public static BatchId create(long epochMillis, RandomGenerator random) {
    return new BatchId(ulid(epochMillis, random));
  }

  /** The text of a new ULID, for names that are not batches. */
  public static String ulid(long epochMillis, RandomGenerator random) {
    char[] out = new char[LENGTH];
    long time = epochMillis;
    for (int i = 9; i >= 0; i--) {
      out[i] = ALPHABET.charAt((int) (time & 31));
      time >>>= 5;
    }
    for (int i = 10; i < LENGTH; i++) {
      out[i] = ALPHABET.charAt(random.nextInt(32));
    }
    return new String(out);
  }

  /** The moment at which it was made, in milliseconds since 1970. */
  public long epochMillis() {
    long time = 0;
    for (int i = 0; i < 10; i++) {
      time = time << 5 | ALPHABET.indexOf(value.charAt(i));
    }
    return time;
  }

  private static boolean isUlid(String text) {
    return text != null
        && text.length() == LENGTH
        && text.charAt(0) <= '7'
        && text.chars().allMatch(c -> ALPHABET.indexOf(c) >= 0);
  }

  @Override
  public String toString() {
    return value;
  }
}
