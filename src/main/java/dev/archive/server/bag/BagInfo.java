package dev.archive.server.bag;

import dev.archive.bagit.TagFiles;
import dev.archive.ledger.BatchState;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.Map;

/** What {@code bag-info.txt} says of a batch. */
public final class BagInfo {
  private BagInfo() {}

  /**
   * The file.
   *
   * @param bagged the day, in UTC, on which the bag was made
   */
  public static byte[] of(BatchState batch, LocalDate bagged) {
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put("Source-Organization", batch.uploader());
    fields.put("External-Identifier", batch.id().value());
    fields.put("Bagging-Date", bagged.toString());
    fields.put("Archive-Root-Path", batch.rootPath());
    if (batch.metadata() != null) {
      fields.put("Archive-Metadata", batch.metadata());
    }
    return TagFiles.bagInfo(fields, batch.completedBytes(), batch.completedFiles());
  }
}
