package dev.archive.server.bag;

import dev.archive.bagit.BagReader;
import dev.archive.bagit.PayloadManifest;
import dev.archive.bagit.TagFiles;
import dev.archive.model.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The names of the tag files that the archive writes into a bag. */
public final class BagFiles {
  /** All of them; a bag need not have each. */
  public static final Set<String> NAMES =
      Set.of(
          TagFiles.BAGIT,
          TagFiles.BAG_INFO,
          TagFiles.SKIPPED,
          TagFiles.ATTRIBUTES,
          TagFiles.TAG_MANIFEST,
          PayloadManifest.NAME);

  /** Lists the digests of all others. */
  public static final String TAG_MANIFEST = TagFiles.TAG_MANIFEST;

  private BagFiles() {}

  /**
   * The digest that a tag manifest has for a tag file.
   *
   * @return null where it lists none
   */
  public static @Nullable Sha256 listed(byte[] tagManifest, String name) {
    String hex = BagReader.tagDigests(new String(tagManifest, StandardCharsets.UTF_8)).get(name);
    return hex == null || !hex.matches("[0-9a-f]{64}") ? null : Sha256.parse(hex);
  }
}
