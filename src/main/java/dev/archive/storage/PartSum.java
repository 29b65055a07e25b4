package dev.archive.storage;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Sha256;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** What is summed up of a part on its way: the mark of its bytes, and the digest they must have. */
final class PartSum {
  private final @Nullable Sha256 declared;
  private final @Nullable MessageDigest digest;
  private final CRC32C crc = new CRC32C();

  /**
   * Begins.
   *
   * @param declared the digest that the bytes must have, or null
   */
  PartSum(@Nullable Sha256 declared) {
    this.declared = declared;
    this.digest = declared == null ? null : Sha256.newDigest();
  }

  /** Adds bytes, and leaves the buffer as it is. */
  void add(ByteBuffer bytes) {
    crc.update(bytes.duplicate());
    if (digest != null) {
      digest.update(bytes.duplicate());
    }
  }

  /**
   * Checks, when all bytes have been added, that they have the digest that was declared.
   *
   * @param part its name in a sentence
   * @throws ArchiveException {@link ErrorCode#FIXITY_MISMATCH}
   */
  void requireDeclared(String part) {
    Sha256 actual = digest == null ? null : Sha256.of(digest);
    if (declared != null && !declared.equals(actual)) {
      throw new ArchiveException(
          ErrorCode.FIXITY_MISMATCH,
          "the bytes of " + part + " have SHA-256 " + actual + ", not " + declared);
    }
  }

  /** The mark of a part of this size with these bytes. */
  String mark(long size) {
    return mark(crc.getValue(), size);
  }

  /** The mark of bytes with this CRC-32C. */
  static String mark(long crc, long size) {
    return String.format("crc32c-%08x-%d", crc, size);
  }

  /** Takes bytes only to know the mark that they would have as a part; nothing is kept. */
  static Incoming<String> marking(long size) {
    CRC32C crc = new CRC32C();
    return new IncomingSum<>(size, crc::update, () -> mark(crc.getValue(), size));
  }
}
