package dev.archive.server.http;

import dev.archive.durable.DurableFiles;
import dev.archive.durable.FileLock;
import dev.archive.durable.Secrets;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.SecureRandom;
import java.util.List;
import java.util.function.LongSupplier;
import javax.crypto.spec.SecretKeySpec;

/**
 * The keys of upload URLs below a root: the one that signs, and the one before it, whose URLs are
 * still good. Another process may rotate them at any time; a change is seen within a second, and
 * until then what the key before signs is good for everybody.
 */
public final class SigningKeys {
  private static final int KEY_BYTES = 32;
  private static final String CURRENT = "signing.key";
  private static final String PREVIOUS = "signing.key.previous";
  private static final long LOOK_NANOS = 1_000_000_000;

  /**
   * One key.
   *
   * @param id names it in URLs, and tells nothing of it
   */
  record Key(String id, SecretKeySpec secret) {
    static Key of(byte[] bytes) {
      return new Key(
          Sha256.of(bytes).hex().substring(0, 8), new SecretKeySpec(bytes, UrlSigner.HMAC));
    }
  }

  private final Path root;
  private final LongSupplier nanos;
  private List<Key> live;
  private Object seen;
  private long looked;

  /**
   * Reads the keys, the first of which is made where it is missing.
   *
   * @param nanos a monotonic clock, in nanoseconds
   */
  public SigningKeys(Path root, LongSupplier nanos) throws IOException {
    this.root = root;
    this.nanos = nanos;
    byte[] fresh = fresh();
    requireWhole(root.resolve(CURRENT), Secrets.read(root.resolve(CURRENT), fresh));
    load();
  }

  /** The key that signs now. */
  synchronized Key current() {
    look();
    return live.get(0);
  }

  /** The keys whose URLs are good, the one that signs first. */
  synchronized List<Key> live() {
    look();
    return live;
  }

  private void look() {
    long now = nanos.getAsLong();
    if (now - looked < LOOK_NANOS) {
      return;
    }
    looked = now;
    try {
      if (!stamp().equals(seen)) {
        load();
      }
    } catch (IOException e) {
      throw new ArchiveException(ErrorCode.INTERNAL, "the signing keys cannot be read", e);
    }
  }

  private void load() throws IOException {
    Object stamp = stamp();
    Key current = key(root.resolve(CURRENT));
    Path previous = root.resolve(PREVIOUS);
    live = Files.exists(previous) ? List.of(current, key(previous)) : List.of(current);
    seen = stamp;
    looked = nanos.getAsLong();
  }

  private Object stamp() throws IOException {
    BasicFileAttributes file =
        Files.readAttributes(root.resolve(CURRENT), BasicFileAttributes.class);
    return List.of(String.valueOf(file.fileKey()), file.lastModifiedTime());
  }

  private static Key key(Path file) throws IOException {
    byte[] bytes = Secrets.read(file);
    requireWhole(file, bytes);
    return Key.of(bytes);
  }

  private static byte[] fresh() {
    byte[] fresh = new byte[KEY_BYTES];
    new SecureRandom().nextBytes(fresh);
    return fresh;
  }

  private static void requireWhole(Path file, byte[] bytes) {
    if (bytes.length != KEY_BYTES) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          file + " is no signing key (" + KEY_BYTES + " bytes); move it away to get a new one");
    }
  }

  /**
   * Has a new key sign from now on; durable when this returns. URLs of the key before stay good,
   * those of older ones do not.
   *
   * @return the id of the new key
   * @throws ArchiveException {@link ErrorCode#USAGE} where there is no key yet, {@link
   *     ErrorCode#LOCKED} where another process does the same
   */
  public static String rotate(Path root) throws IOException {
    Path current = root.resolve(CURRENT);
    if (!Files.exists(current)) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          root
              + " is not the root of an archive that has served: it has no signing.key; nothing was done");
    }
    try (FileLock alone = FileLock.tryLock(root.resolve("signing.lock"))) {
      if (alone == null) {
        throw new ArchiveException(
            ErrorCode.LOCKED, "another archive key rotate works in " + root + "; nothing was done");
      }
      byte[] before = Secrets.read(current);
      requireWhole(current, before);
      byte[] fresh = fresh();
      DurableFiles.publish(
          root.resolve(PREVIOUS), out -> out.write(before), DurableFiles.PRIVATE_FILE);
      DurableFiles.publish(current, out -> out.write(fresh), DurableFiles.PRIVATE_FILE);
      return Key.of(fresh).id();
    }
  }
}
