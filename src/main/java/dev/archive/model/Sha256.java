package dev.archive.model;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A SHA-256 digest (FIPS 180-4): the fixity of a file. The same 32 bytes are written as 64 hex
 * digits in manifests and JSON, as base64 in {@code Repr-Digest} (RFC 9530), and as a CIDv1 (raw
 * codec, base32) where a batch speaks of CIDs.
 */
public final class Sha256 {
  private static final String BASE32 = "abcdefghijklmnopqrstuvwxyz234567";

  /** CIDv1, raw codec, sha2-256, 32 bytes follow. */
  private static final byte[] CID_HEAD = {0x01, 0x55, 0x12, 0x20};

  private static final int CID_LENGTH = 59;
  private static final int LENGTH = 32;
  private final byte[] bytes;

  private Sha256(byte[] bytes) {
    this.bytes = bytes;
  }

  /** A digest under way. */
  public static MessageDigest newDigest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Ends the digest given and takes its value. */
  public static Sha256 of(MessageDigest digest) {
    return new Sha256(digest.digest());
  }

  /** The digest of some bytes. */
  public static Sha256 of(byte[] content) {
    return new Sha256(newDigest().digest(content));
  }

  /** The digest of the first bytes of some. */
  public static Sha256 of(byte[] content, int length) {
    MessageDigest digest = newDigest();
    digest.update(content, 0, length);
    return of(digest);
  }

  /** The digest that these 32 bytes are. */
  public static Sha256 ofDigest(byte[] bytes) {
    if (bytes.length != LENGTH) {
      throw invalid("a SHA-256 has 32 bytes, not " + bytes.length);
    }
    return new Sha256(bytes.clone());
  }

  /** Reads 64 hex digits of either case. */
  public static Sha256 parse(@Nullable String hex) {
    if (hex != null && hex.length() == 2 * LENGTH) {
      try {
        return new Sha256(HexFormat.of().parseHex(hex));
      } catch (IllegalArgumentException e) {
        // Said below.
      }
    }
    throw invalid("a SHA-256 is 64 hex digits, not " + Text.quote(hex));
  }

  /** Reads a CIDv1 of the raw codec and SHA-256, base32 lower case ({@code bafkrei…}). */
  public static Sha256 parseCid(String cid) {
    if (cid == null || cid.length() != CID_LENGTH || cid.charAt(0) != 'b') {
      throw invalid("not a CIDv1 of raw codec and SHA-256 (bafkrei…): " + Text.quote(cid));
    }
    byte[] decoded = new byte[36];
    int bits = 0;
    int buffer = 0;
    int at = 0;
    for (int i = 1; i < CID_LENGTH; i++) {
      int digit = BASE32.indexOf(cid.charAt(i));
      if (digit < 0) {
        throw invalid("not base32: " + Text.quote(cid));
      }
      buffer = buffer << 5 | digit;
      bits += 5;
      if (bits >= 8) {
        bits -= 8;
        decoded[at++] = (byte) (buffer >>> bits);
      }
    }
    Sha256 digest = new Sha256(Arrays.copyOfRange(decoded, CID_HEAD.length, decoded.length));
    if (!digest.cid().equals(cid)) {
      throw invalid("not a CIDv1 of raw codec and SHA-256 (bafkrei…): " + Text.quote(cid));
    }
    return digest;
  }

  /**
   * Reads the sha-256 member of a {@code Repr-Digest} or {@code Content-Digest} header (RFC 9530):
   * {@code sha-256=:BASE64:}, with or without parameters behind it.
   *
   * @return the digest, or null where the header names no sha-256
   * @throws ArchiveException where it is not of that form, or names two
   */
  public static @Nullable Sha256 parseDigestField(String header) {
    Sha256 digest = null;
    for (String member : header.split(",", -1)) {
      String part = member.strip();
      if (part.startsWith("sha-256=")) {
        Sha256 named = parseByteSequence(part.substring("sha-256=".length()).split(";", 2)[0]);
        if (named == null || digest != null && !digest.equals(named)) {
          throw invalid("not one sha-256=:BASE64: as RFC 9530 has it: " + Text.quote(header));
        }
        digest = named;
      }
    }
    return digest;
  }

  private static @Nullable Sha256 parseByteSequence(String value) {
    if (value.length() != 46 || value.charAt(0) != ':' || value.charAt(45) != ':') {
      return null;
    }
    try {
      byte[] bytes = Base64.getDecoder().decode(value.substring(1, 45));
      return bytes.length == LENGTH ? new Sha256(bytes) : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** Its 32 bytes. */
  public byte[] bytes() {
    return bytes.clone();
  }

  /** 64 hex digits, lower case. */
  public String hex() {
    return HexFormat.of().formatHex(bytes);
  }

  /** The digest as a CIDv1: raw codec, sha2-256, base32 lower case without padding. */
  public String cid() {
    byte[] content = Arrays.copyOf(CID_HEAD, 36);
    System.arraycopy(bytes, 0, content, CID_HEAD.length, bytes.length);
    StringBuilder out = new StringBuilder(CID_LENGTH).append('b');
    int buffer = 0;
    int bits = 0;
    for (byte b : content) {
      buffer = (buffer << 8) | (b & 0xff);
      bits += 8;
      while (bits >= 5) {
        bits -= 5;
        out.append(BASE32.charAt(buffer >>> bits & 31));
      }
    }
    if (bits > 0) {
      out.append(BASE32.charAt((buffer << (5 - bits)) & 31));
    }
    return out.toString();
  }

  /** The value of a {@code Repr-Digest} or {@code Content-Digest} header (RFC 9530). */
  public String digestField() {
    return "sha-256=:" + Base64.getEncoder().encodeToString(bytes) + ":";
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Sha256 digest && MessageDigest.isEqual(digest.bytes, bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return hex();
  }

  private static ArchiveException invalid(String message) {
    return new ArchiveException(ErrorCode.INVALID_REQUEST, message);
  }
}
