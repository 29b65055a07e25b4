package dev.archive.server.http;

import dev.archive.model.Count;
import dev.archive.wire.Bundle;
import dev.archive.wire.MetadataRules;
import java.util.Map;

/** What requests are bounded by, for people. */
public final class Limits {
  private Limits() {}

  /** Adds each limit with its value. */
  public static void tell(Map<String, String> all) {
    all.put("header fields of a request", String.valueOf(RequestRules.MAX_FIELDS));
    all.put("time for the head of a request", seconds(ConnectionWatch.MAX_HEAD.toSeconds()));
    all.put("silence in a body", seconds(BodyPace.MAX_SILENCE.toSeconds()));
    all.put(
        "least rate of a body",
        BodyPace.MIN_BYTES_PER_SECOND
            + " bytes per second after "
            + seconds(BodyPace.GRACE.toSeconds()));
    all.put("time without reading a response", seconds(ConnectionWatch.MAX_UNREAD.toSeconds()));
    all.put("body of a call", Count.of(Exchange.MAX_JSON_BYTES, "byte"));
    all.put("body of finalize", Count.of(BatchCalls.MAX_FINALIZE, "byte"));
    all.put("files of a bulk call", String.valueOf(FileCalls.MAX_IN_BULK));
    all.put("files of a bundle", String.valueOf(Bundle.MAX_FILES));
    all.put("file in a bundle", Count.of(Bundle.MAX_FILE_BYTES, "byte"));
    all.put("metadata of a batch", Count.of(MetadataRules.MAX_BYTES, "byte"));
    all.put("batches of a list", String.valueOf(StateCalls.MAX_LIST_LENGTH));
    all.put("files of a page of status", String.valueOf(StateCalls.MAX_PAGE_SIZE));
    all.put("wrong tokens from one address", FailedLogins.MAX + " per minute");
    all.put("life of an upload URL", UrlSigner.LIFE.toHours() + " hours");
  }

  private static String seconds(long number) {
    return Count.of(number, "second");
  }
}
