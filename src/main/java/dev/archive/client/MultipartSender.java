package dev.archive.client;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Sha256;
import dev.archive.source.SourceFile;
import dev.archive.wire.Messages.Part;
import dev.archive.wire.Messages.PartUrl;
import dev.archive.wire.Messages.ReceivedPart;
import dev.archive.wire.Messages.StartAnswer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;

/**
 * Sends the parts of one large file side by side while its digest is taken in order beside them.
 * The two read the file twice, the second time out of memory, and must have read the same: each
 * part's CRC32C is taken by both and compared.
 */
final class MultipartSender {
  private final IngestApi api;
  private final WorkPool pool;
  private final int parallelParts;
  private final Progress progress;

  /** What was sent: the digest of the whole, and the parts with their ETags in order. */
  record Sent(Sha256 sha256, List<Part> parts) {}

  /** The pool must have room for parallelParts and one more for each file in flight. */
  MultipartSender(IngestApi api, WorkPool pool, int parallelParts, Progress progress) {
    this.api = api;
    this.pool = pool;
    this.parallelParts = parallelParts;
    this.progress = progress;
  }

  private record SentPart(Part part, long crc32c) {}

  /**
   * Sends the parts that the server does not have.
   *
   * @param checked whether the server checks the digest of the whole; without that nothing proves
   *     what it says to have received before, and all parts are sent
   */
  Sent send(SourceFile file, StartAnswer start, boolean checked) {
    requireParts(file, start);
    long partSize = start.partSize();
    Future<FileDigest> digest = pool.submit(() -> FileDigest.of(file, partSize));
    Map<Integer, ReceivedPart> received = checked ? received(file, start) : Map.of();
    List<SentPart> sent = new ArrayList<>();
    try {
      pool.run(
          start.presignedUrls().stream()
              .filter(url -> !received.containsKey(url.partNumber()))
              .iterator(),
          parallelParts,
          url -> sendPart(file, partSize, url),
          sent::add);
    } catch (ArchiveException e) {
      digest.cancel(true);
      throw e;
    }
    FileDigest whole = pool.join(digest);
    List<Part> parts = new ArrayList<>();
    for (SentPart each : sent) {
      if (each.crc32c() != whole.crcs().get(each.part().partNumber() - 1)) {
        throw file.changed("was edited");
      }
      parts.add(each.part());
    }
    // What arrived in an earlier run is proved by the digest of the whole, which the server checks.
    received.values().forEach(each -> parts.add(new Part(each.partNumber(), each.etag())));
    parts.sort(Comparator.comparingInt(Part::partNumber));
    return new Sent(whole.sha256(), parts);
  }

  private Map<Integer, ReceivedPart> received(SourceFile file, StartAnswer start) {
    Map<Integer, ReceivedPart> received = new HashMap<>();
    if (start.received() != null) {
      for (ReceivedPart part : start.received()) {
        if (part.size() == length(file, start.partSize(), part.partNumber())) {
          received.put(part.partNumber(), part);
          progress.sent(part.size());
        }
      }
    }
    return received;
  }

  private static long length(SourceFile file, long partSize, int number) {
    return Math.min(partSize, file.size() - (number - 1) * partSize);
  }

  private SentPart sendPart(SourceFile file, long partSize, PartUrl url) {
    long offset = (url.partNumber() - 1) * partSize;
    FileBody body =
        FileBody.part(file, offset, length(file, partSize, url.partNumber()), progress::sent);
    String etag = opaque(api.put(url.url(), body, null));
    if (etag.isEmpty()) {
      throw new ArchiveException(
          ErrorCode.BAD_ANSWER,
          "the server stored part "
              + url.partNumber()
              + " of "
              + file.path()
              + " and did not return its ETag, without which the file cannot be completed;"
              + " a proxy on the way may drop it");
    }
    return new SentPart(new Part(url.partNumber(), etag), body.crc32c());
  }

  /**
   * The opaque text of an ETag (RFC 9110, section 8.8.3) without its quotes: the storage of
   * existing servers knows its parts by that text alone. A proxy that compresses may have made the
   * tag a weak one ({@code W/"…"}), which the storage never does.
   */
  static String opaque(String etag) {
    String tag = etag.startsWith("W/\"") ? etag.substring(2) : etag;
    boolean quoted = tag.length() >= 2 && tag.startsWith("\"") && tag.endsWith("\"");
    return quoted ? tag.substring(1, tag.length() - 1) : tag;
  }

  private static void requireParts(SourceFile file, StartAnswer start) {
    // An upload has a part at least, and the sum of the two sizes may be beyond a long.
    long parts = Math.max(1, (file.size() - 1) / start.partSize() + 1);
    boolean inOrder = file.size() > 0 && start.presignedUrls().size() == parts;
    for (int i = 0; inOrder && i < parts; i++) {
      inOrder = start.presignedUrls().get(i).partNumber() == i + 1;
    }
    if (!inOrder) {
      throw new ArchiveException(
          ErrorCode.BAD_ANSWER,
          "the server did not return URLs for all " + parts + " parts of " + file.path());
    }
  }
}
