package dev.archive.client;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Sha256;
import dev.archive.source.SourceFile;
import dev.archive.wire.Messages.Part;
import dev.archive.wire.Messages.PartUrl;
import dev.archive.wire.Messages.StartAnswer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
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

  Sent send(SourceFile file, StartAnswer start) {
    requireParts(file, start);
    long partSize = start.partSize();
    Future<FileDigest> digest = pool.submit(() -> FileDigest.of(file, partSize));
    List<SentPart> sent = new ArrayList<>();
    try {
      pool.run(
          start.presignedUrls().iterator(),
          parallelParts,
          url -> sendPart(file, partSize, url),
          sent::add);
    } catch (ArchiveException e) {
      digest.cancel(true);
      throw e;
    }
    sent.sort(Comparator.comparingInt(each -> each.part().partNumber()));
    FileDigest whole = WorkPool.join(digest);
    if (!whole.crcs().equals(sent.stream().map(SentPart::crc32c).toList())) {
      throw file.changed("was edited");
    }
    return new Sent(whole.sha256(), sent.stream().map(SentPart::part).toList());
  }

  private SentPart sendPart(SourceFile file, long partSize, PartUrl url) {
    long offset = (url.partNumber() - 1) * partSize;
    FileBody body =
        FileBody.part(file, offset, Math.min(partSize, file.size() - offset), progress::sent);
    String etag = api.put(url.url(), body, null);
    return new SentPart(new Part(url.partNumber(), etag), body.crc32c());
  }

  private static void requireParts(SourceFile file, StartAnswer start) {
    long parts = (file.size() + start.partSize() - 1) / start.partSize();
    boolean inOrder = start.presignedUrls().size() == parts;
    for (int i = 0; inOrder && i < parts; i++) {
      inOrder = start.presignedUrls().get(i).partNumber() == i + 1;
    }
    if (!inOrder) {
      throw new ArchiveException(
          ErrorCode.BAD_ANSWER,
          "the server gave no URL for each of the " + parts + " parts of " + file.path());
    }
  }
}
