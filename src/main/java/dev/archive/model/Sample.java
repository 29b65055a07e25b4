package dev.archive.model;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * Which files an audit reads, where it does not read all: about the given percentage, and with the
 * same seed always the same ones, in any order and however often it is asked.
 *
 * @param percent above 0, to 100
 * @param seed another one is another choice
 */
public record Sample(double percent, long seed) {
  /** Every file. */
  public static final Sample ALL = new Sample(100, 0);

  public Sample {
    if (!(percent > 0 && percent <= 100)) {
      throw new ArchiveException(
          ErrorCode.INVALID_REQUEST, "a sample is above 0 and at most 100 percent");
    }
  }

  /** Whether it is every file. */
  public boolean isAll() {
    return percent == 100;
  }

  /** Whether a file is in it. */
  public boolean has(BatchId batch, LogicalPath path) {
    if (isAll()) {
      return true;
    }
    String name = seed + "\n" + batch + "\n" + path;
    String hex = Sha256.of(name.getBytes(StandardCharsets.UTF_8)).hex();
    long bits = ByteBuffer.wrap(HexFormat.of().parseHex(hex, 0, 16)).getLong();
    // The upper 53 bits as a number from 0 to 1.
    return (bits >>> 11) * 0x1p-53 < percent / 100;
  }
}
