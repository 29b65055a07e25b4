package dev.archive.bagit;

import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/**
 * Writes the {@code manifest-sha256.txt} of a bag (RFC 8493, 2.1.3), one file at a time, and knows
 * the digest of what it wrote: the <em>manifest digest</em>, by which uploader and server agree on
 * everything a batch holds. Files come in the order of their paths; two sides that hold the same
 * files write the same bytes.
 */
public final class PayloadManifest {
  public static final String NAME = "manifest-sha256.txt";

  private final OutputStream out;
  private final MessageDigest digest = Sha256.newDigest();
  private @Nullable LogicalPath last;
  private long files;

  public PayloadManifest(OutputStream out) {
    this.out = out;
  }

  /** A manifest of which only the digest is wanted. */
  public static PayloadManifest digestOnly() {
    return new PayloadManifest(OutputStream.nullOutputStream());
  }

  /** Adds a file, whose path comes after all those added before. */
  public void add(LogicalPath path, Sha256 sha256) throws IOException {
    if (last != null && last.compareTo(path) >= 0) {
      throw new IllegalArgumentException(path + " does not come after " + last);
    }
    last = path;
    files++;
    byte[] line = line(path, sha256).getBytes(StandardCharsets.UTF_8);
    digest.update(line);
    out.write(line);
  }

  /** How many files it lists so far. */
  public long files() {
    return files;
  }

  /** Ends the manifest: the SHA-256 of its bytes. */
  public Sha256 finish() {
    return Sha256.of(digest);
  }

  static String line(LogicalPath path, Sha256 sha256) {
    return sha256.hex() + "  data/" + encode(path.relative()) + "\n";
  }

  /** Encodes a path for a manifest or fetch file: CR, LF and {@code %}, and only those. */
  static String encode(String path) {
    return path.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A");
  }
}
