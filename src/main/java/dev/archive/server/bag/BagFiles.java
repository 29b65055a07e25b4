package dev.archive.server.bag;

import dev.archive.bagit.PayloadManifest;
import dev.archive.bagit.TagFiles;
import java.util.Set;

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

  private BagFiles() {}
}
