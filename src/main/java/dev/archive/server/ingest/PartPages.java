package dev.archive.server.ingest;

import dev.archive.ledger.BatchLedger;
import dev.archive.ledger.Registration;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.server.ingest.ArrivedObjects.Key;
import dev.archive.storage.KeyLocks;
import dev.archive.wire.JsonObjectWriter;
import dev.archive.wire.Messages.PartRange;
import dev.archive.wire.Messages.PartUrl;
import dev.archive.wire.Messages.ReceivedPart;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The upload URLs of a large file's parts, and which parts have arrived: a page of them, or all as
 * a stream. A file may have 10,000 parts with URLs of 6 KB each, so they are never held together.
 */
final class PartPages {
  /** The most parts in a page, and in all pages of one answer about many files. */
  static final int MAX = 100;

  private final BatchLedger ledger;
  private final HeldParts parts;
  private final KeyLocks<Key> objects;
  private final GrantSigner signer;

  PartPages(BatchLedger ledger, HeldParts parts, KeyLocks<Key> objects, GrantSigner signer) {
    this.ledger = ledger;
    this.parts = parts;
    this.objects = objects;
    this.signer = signer;
  }

  /**
   * The parts of one file.
   *
   * @param file a multipart registration
   * @param bound whether the lengths of parts are bound. If not, each part may have any size up to
   *     that of a part: callers of the base API cut a file into parts of one size
   * @param base what the URLs begin with: scheme, host and port
   */
  record Upload(BatchId batch, Registration file, boolean bound, String base) {
    int count() {
      return HeldParts.count(file);
    }
  }

  /**
   * Some of the parts, in order.
   *
   * @param received null where none have arrived
   * @param next the number of the part after them; null at the end
   */
  record Page(List<PartUrl> urls, List<ReceivedPart> received, Integer next) {}

  /**
   * Refuses a range that is not valid.
   *
   * @throws ArchiveException {@link ErrorCode#INVALID_REQUEST}
   */
  static PartRange requireRange(PartRange range) {
    if (range != null && (below(range.from()) || below(range.max()))) {
      throw new ArchiveException(
          ErrorCode.INVALID_REQUEST, "from and max of part URLs must be numbers from 1");
    }
    return range;
  }

  private static boolean below(Integer number) {
    return number != null && number < 1;
  }

  /**
   * A page.
   *
   * @param range null for the first page
   * @param max the most parts, from 0 to {@value #MAX}; the range may ask for fewer
   */
  Page page(Upload upload, PartRange range, int max) {
    int first = range == null || range.from() == null ? 1 : range.from();
    int most = range == null || range.max() == null ? max : Math.min(max, range.max());
    int last = (int) Math.min(upload.count(), first - 1L + most);
    return new Page(
        IntStream.rangeClosed(first, last).mapToObj(part -> url(upload, part)).toList(),
        received(upload, first, last),
        last < upload.count() && first <= upload.count() ? last + 1 : null);
  }

  /** Writes all parts: the URLs into the array that is begun, then those that have arrived. */
  void write(Upload upload, JsonObjectWriter out) throws IOException {
    int count = upload.count();
    for (int part = 1; part <= count; part++) {
      out.item(url(upload, part));
    }
    boolean any = false;
    for (int first = 1; first <= count; first += MAX) {
      List<ReceivedPart> received = received(upload, first, first + MAX - 1);
      if (received != null) {
        if (!any) {
          out.array("received");
        }
        any = true;
        for (ReceivedPart part : received) {
          out.item(part);
        }
      }
    }
  }

  private PartUrl url(Upload upload, int part) {
    Registration file = upload.file;
    long size = upload.bound ? HeldParts.size(file, part) : file.partSize();
    Grant grant =
        new Grant(upload.batch, file.path(), file.uploadId(), part, size, upload.bound, null);
    return new PartUrl(part, upload.base + signer.sign(grant), upload.bound ? Map.of() : null);
  }

  private List<ReceivedPart> received(Upload upload, int first, int last) {
    Registration file = upload.file;
    if (last < first || ledger.parts(upload.batch, file.uploadId(), first, last).isEmpty()) {
      return null;
    }
    try (KeyLocks.Held held = objects.hold(new Key(upload.batch, file.path()))) {
      List<ReceivedPart> received =
          parts.of(upload.batch, file, first, last).stream()
              .map(part -> new ReceivedPart(part.number(), part.size(), part.etag()))
              .toList();
      return received.isEmpty() ? null : received;
    }
  }
}
