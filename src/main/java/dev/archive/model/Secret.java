package dev.archive.model;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;

/** A text that opens something. It is never printed, and compared in constant time. */
public final class Secret {
  private static final int RANDOM_BYTES = 32;

  private final String text;

  private Secret(String text) {
    this.text = text;
  }

  public static Secret of(String text) {
    return new Secret(text);
  }

  /** One of 256 random bits: 43 characters of letters, digits, hyphens and underscores. */
  public static Secret random() {
    byte[] bytes = new byte[RANDOM_BYTES];
    new SecureRandom().nextBytes(bytes);
    return of(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
  }

  /** The text itself, to be sent or shown once. */
  public String reveal() {
    return text;
  }

  /** Whether another text is the same; how long that takes tells nothing but its length. */
  public boolean matches(String other) {
    return MessageDigest.isEqual(
        text.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public String toString() {
    return "***";
  }
}
