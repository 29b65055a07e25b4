package dev.archive.client.send;

import dev.archive.client.api.FileBody;
import dev.archive.client.api.FileDigest;
import dev.archive.client.api.IngestApi;
import dev.archive.client.api.PartUrls;
import dev.archive.client.work.Progress;
import dev.archive.client.work.Transfer;
import dev.archive.client.work.WorkPool;
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
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Sends the parts of one large file side by side while its digest is taken in order beside them.
 * The two read the file twice, the second time out of memory, and must have read the same: each
 * part's CRC32C is taken by both and compared.
 */
public final class MultipartSender {
  private final IngestApi api;
  private final WorkPool pool;
  private final int parallelParts;
  private final Progress progress;

  /** What was sent: the digest of the whole, and the parts with their ETags in order. */
  record Sent(Sha256 sha256, List<Part> parts) {}

  /** The pool must have room for parallelParts and one more for each file in flight. */
  public MultipartSender(IngestApi api, WorkPool pool, int parallelParts, Progress progress) {
    this.api = api;
    this.pool = pool;
    this.parallelParts = parallelParts;
    this.progress = progress;
  }

  private record SentPart(Part part, long crc32c) {}

  /**
   * Sends the parts that the server does not have.
   *
   * @param urls of all its parts
   * @param checked whether the server checks the digest of the whole; without that nothing proves
   *     what it says to have received before, and all parts are sent
   */
  Sent send(SourceFile file, StartAnswer start, PartUrls urls, boolean checked) {
    try (Transfer transfer = progress.sending(file.path().toString(), file.size())) {
      return send(file, start, urls, checked, transfer);
    }
  }

  private Sent send(
      SourceFile file, StartAnswer start, PartUrls urls, boolean checked, Transfer transfer) {
    if (start.partSize() == null) {
      throw new ArchiveException(
          ErrorCode.BAD_ANSWER, "the server gave no size of the parts of " + file.path());
    }
    long partSize = start.partSize();
    Future<FileDigest> digest = pool.submit(() -> FileDigest.of(file, partSize));
    List<Part> parts = new ArrayList<>();
    List<SentPart> sent = new ArrayList<>();
    try {
      pool.run(
          new Missing(file, partSize, urls, checked, parts, transfer),
          parallelParts,
          url -> sendPart(file, partSize, url, transfer),
          sent::add);
    } catch (ArchiveException e) {
      digest.cancel(true);
      throw e;
    }
    FileDigest whole = pool.join(digest);
    for (SentPart each : sent) {
      if (each.crc32c() != whole.crcs().get(each.part().partNumber() - 1)) {
        throw file.changed("was edited");
      }
      parts.add(each.part());
    }
    parts.sort(Comparator.comparingInt(Part::partNumber));
    return new Sent(whole.sha256(), parts);
  }

  /** The parts that are to be sent; those that the server has are noted on the way. */
  private static final class Missing implements Iterator<PartUrl> {
    private final SourceFile file;
    private final long partSize;
    private final PartUrls urls;
    private final boolean checked;
    private final List<Part> held;
    private final Transfer transfer;
    private @Nullable PartUrl next;

    Missing(
        SourceFile file,
        long partSize,
        PartUrls urls,
        boolean checked,
        List<Part> held,
        Transfer transfer) {
      this.file = file;
      this.partSize = partSize;
      this.urls = urls;
      this.checked = checked;
      this.held = held;
      this.transfer = transfer;
    }

    @Override
    public boolean hasNext() {
      while (next == null && urls.hasNext()) {
        PartUrl url = urls.next();
        ReceivedPart there = checked ? urls.received(url.partNumber()) : null;
        if (there != null && there.size() == length(file, partSize, url.partNumber())) {
          // Proved by the digest of the whole, which the server checks.
          held.add(new Part(there.partNumber(), there.etag()));
          transfer.accept(there.size());
        } else {
          next = url;
        }
      }
      return next != null;
    }

    @Override
    public PartUrl next() {
      PartUrl url = hasNext() ? next : null;
      if (url == null) {
        throw new NoSuchElementException();
      }
      next = null;
      return url;
    }
  }

  private static long length(SourceFile file, long partSize, int number) {
    return Math.min(partSize, file.size() - (number - 1) * partSize);
  }

  private SentPart sendPart(SourceFile file, long partSize, PartUrl url, Transfer transfer) {
    long offset = (url.partNumber() - 1) * partSize;
    FileBody body = FileBody.part(file, offset, length(file, partSize, url.partNumber()), transfer);
    String etag =
        requireTag(
            api.put(url.url(), body, null), "part " + url.partNumber() + " of " + file.path());
    return new SentPart(new Part(url.partNumber(), etag), body.crc32c());
  }

  /**
   * The opaque text of the ETag with which a store acknowledges bytes.
   *
   * @throws ArchiveException {@link ErrorCode#BAD_ANSWER} where there is none
   */
  static String requireTag(String etag, String what) {
    String tag = opaque(etag);
    if (tag.isEmpty()) {
      throw new ArchiveException(
          ErrorCode.BAD_ANSWER,
          "the answer to the bytes of "
              + what
              + " has no ETag, without which nothing shows that the storage has them;"
              + " a proxy on the way may drop it, or may have answered itself");
    }
    return tag;
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
}
