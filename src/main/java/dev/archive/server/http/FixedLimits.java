package dev.archive.server.http;

import dev.archive.model.Count;
import dev.archive.wire.Bundle;
import dev.archive.wire.MetadataRules;
import java.util.Map;

/** What no operator can set, because clients of the API count on it. */
public final class FixedLimits {
  private FixedLimits() {}

  /** Adds each with its value. */
  public static void tell(Map<String, String> all) {
    all.put("files of a bulk call", String.valueOf(FileCalls.MAX_IN_BULK));
    all.put("files of a bundle", String.valueOf(Bundle.MAX_FILES));
    all.put("file in a bundle", Count.of(Bundle.MAX_FILE_BYTES, "byte"));
    all.put("metadata of a batch", Count.of(MetadataRules.MAX_BYTES, "byte"));
    all.put("batches of a list", String.valueOf(StateCalls.MAX_LIST_LENGTH));
    all.put("files of a page of status", String.valueOf(StateCalls.MAX_PAGE_SIZE));
  }
}
