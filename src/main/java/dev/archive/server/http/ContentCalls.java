package dev.archive.server.http;

import dev.archive.ledger.BatchLedger;
import dev.archive.ledger.BatchState;
import dev.archive.ledger.EntryState;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import dev.archive.server.bag.BagFiles;
import dev.archive.storage.ByteStore;
import dev.archive.storage.StoredObject;
import dev.archive.storage.StoredObjects;
import dev.archive.wire.Bundle;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpVersion;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives back what is stored. A path of a request is looked up in the ledger and goes no further:
 * what is opened is what the ledger's row names.
 *
 * <p>One file is given as soon as it is completed: its bytes are durable, proved and final. A tar
 * stream is given of finalized batches alone, for its end says that there is no more.
 */
public final class ContentCalls {
  private static final Logger LOG = LoggerFactory.getLogger(ContentCalls.class);

  /** Up to so many bytes, a file is read before it is given, so that damage has an answer. */
  static final long MAX_READ_TWICE = 1 << 20;

  private static final Pattern MEDIA_TYPE =
      Pattern.compile("[A-Za-z0-9!#$&^_.+-]{1,100}/[A-Za-z0-9!#$&^_.+-]{1,100}");
  private static final String BYTES = "application/octet-stream";

  private final BatchLedger ledger;
  private final ByteStore store;

  public ContentCalls(BatchLedger ledger, ByteStore store) {
    this.ledger = ledger;
    this.store = store;
  }

  /** Answers with one file, or one tag file of the bag. */
  void file(Exchange exchange) throws IOException {
    BatchId id = exchange.batch();
    List<String> paths = exchange.query().texts("path");
    List<String> tags = exchange.query().texts("tag");
    if (paths.size() + tags.size() != 1) {
      throw new ArchiveException(
          ErrorCode.INVALID_REQUEST, "give exactly one of path and tag, and give it once");
    }
    BatchState batch = ledger.batch(id);
    requireHeld(batch);
    if (paths.isEmpty()) {
      tag(batch, tags.get(0), exchange);
      return;
    }
    EntryState entry = ledger.entry(id, LogicalPath.parse(paths.get(0)));
    LogicalPath path = entry.registration().path();
    if (!entry.completed()) {
      throw new ArchiveException(ErrorCode.BYTES_MISSING, "the file is not completed: " + path);
    }
    String type = entry.registration().contentType();
    try (StoredObjects objects = store.objects(id)) {
      answer(
          objects.open(path, entry.registration().size()),
          entry.sha256(),
          path.toString(),
          MEDIA_TYPE.matcher(type).matches() ? type : BYTES,
          exchange);
    } catch (ArchiveException e) {
      warn(id, e);
      throw e;
    }
  }

  private void tag(BatchState batch, String name, Exchange exchange) throws IOException {
    requireFinalized(batch);
    if (!BagFiles.NAMES.contains(name)) {
      throw new ArchiveException(ErrorCode.FILE_NOT_FOUND, "File not found in batch");
    }
    try (StoredObjects objects = store.objects(batch.id())) {
      StoredObject object = objects.openTag(name);
      Sha256 digest;
      try {
        digest = digest(objects, object, name);
      } catch (IOException e) {
        object.close();
        throw StoredObjects.unreadable(name, e);
      }
      answer(object, digest, "/" + name, BYTES, exchange);
    } catch (ArchiveException e) {
      warn(batch.id(), e);
      throw e;
    }
  }

  /**
   * The digest of a tag file, as the tag manifest has it: to read all of a manifest for each small
   * question would ask for much. The tag manifest itself is small, and what it does not list is
   * read.
   */
  private static Sha256 digest(StoredObjects objects, StoredObject object, String name)
      throws IOException {
    if (!name.equals(BagFiles.TAG_MANIFEST)) {
      try (StoredObject list = objects.openTag(BagFiles.TAG_MANIFEST)) {
        Sha256 listed = list.size() > MAX_READ_TWICE ? null : BagFiles.listed(list.bytes(), name);
        if (listed != null) {
          return listed;
        }
      }
    }
    return object.digest();
  }

  /** For the operator; who asked for something else than what is damaged is not worth a line. */
  private static void warn(BatchId id, ArchiveException e) {
    if (e.code() == ErrorCode.FIXITY_MISMATCH || e.code() == ErrorCode.BYTES_MISSING) {
      LOG.warn("batch {}: {}", id, e.getMessage());
    }
  }

  /** Answers with an object, and closes it. */
  private static void answer(
      StoredObject object, Sha256 digest, String path, String type, Exchange exchange)
      throws IOException {
    boolean handedOn = false;
    try {
      String etag = '"' + digest.hex() + '"';
      if (!matches(exchange.header(HttpHeader.IF_MATCH), etag, true)) {
        throw new ArchiveException(
            ErrorCode.VERSION_CONFLICT, "the file has another ETag: " + etag);
      }
      exchange.put(HttpHeader.ETAG, etag);
      exchange.put(HttpHeader.ACCEPT_RANGES, "bytes");
      if (exchange.header(HttpHeader.IF_NONE_MATCH) != null
          && matches(exchange.header(HttpHeader.IF_NONE_MATCH), etag, false)) {
        exchange.sendNothing(304);
        return;
      }
      ByteRange range = range(exchange, etag, object.size());
      if (range.isWhole() && range.size() <= MAX_READ_TWICE) {
        requireRight(object, digest, path);
      }
      exchange.put(HttpHeader.CONTENT_TYPE, type);
      exchange.put(HttpHeader.CONTENT_LENGTH, String.valueOf(range.length()));
      exchange.put(HttpHeader.CACHE_CONTROL, "no-transform");
      Map<String, String> more =
          Map.of(
              "Repr-Digest",
              digest.digestField(),
              "Content-Disposition",
              "attachment; filename*=UTF-8''" + encoded(path),
              "Content-Security-Policy",
              "sandbox",
              "X-Content-Type-Options",
              "nosniff");
      more.forEach(exchange.response().getHeaders()::put);
      if (!range.isWhole()) {
        exchange.put(HttpHeader.CONTENT_RANGE, range.toString());
      }
      if (exchange.request().getMethod().equals("HEAD")) {
        exchange.sendNothing(range.isWhole() ? 200 : 206);
        return;
      }
      exchange.response().setStatus(range.isWhole() ? 200 : 206);
      handedOn = true;
      exchange.send(new ContentPieces(object, range, digest));
    } finally {
      if (!handedOn) {
        object.close();
      }
    }
  }

  private static void requireRight(StoredObject object, Sha256 digest, String path) {
    try {
      if (object.digest().equals(digest)) {
        return;
      }
    } catch (IOException e) {
      throw StoredObjects.unreadable(path, e);
    }
    throw new ArchiveException(ErrorCode.FIXITY_MISMATCH, "the stored bytes are altered: " + path);
  }

  private static ByteRange range(Exchange exchange, String etag, long size) {
    String header = exchange.header(HttpHeader.RANGE);
    String condition = exchange.header(HttpHeader.IF_RANGE);
    if (header == null
        || !exchange.request().getMethod().equals("GET")
        || condition != null && !condition.strip().equals(etag)) {
      return ByteRange.whole(size);
    }
    ByteRange range = ByteRange.parse(header, size);
    if (range == null) {
      throw new ArchiveException(
          ErrorCode.RANGE_NOT_SATISFIABLE,
          "the file has " + Count.of(size, "byte") + ", and none of those asked for",
          Map.of("size", size),
          null);
    }
    return range;
  }

  /**
   * Whether a list of tags in a header has one; a header that is missing has all.
   *
   * @param strong whether a weak tag is none (RFC 9110, 8.8.3.2)
   */
  private static boolean matches(String header, String etag, boolean strong) {
    if (header == null || header.strip().equals("*")) {
      return true;
    }
    for (String each : header.split(",", -1)) {
      String tag = each.strip();
      if (tag.equals(etag) || !strong && tag.equals("W/" + etag)) {
        return true;
      }
    }
    return false;
  }

  /** The last name of a path, as RFC 8187 wants it. */
  private static String encoded(String path) {
    String name = path.substring(path.lastIndexOf('/') + 1);
    return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20").replace("*", "%2A");
  }

  /** Answers with completed files by path, as a tar stream. */
  void tar(Exchange exchange) throws IOException {
    BatchId id = exchange.batch();
    Query query = exchange.query();
    long maxSize = query.number("max_size", Long.MAX_VALUE, Long.MAX_VALUE);
    long limit = query.number("limit", Long.MAX_VALUE, Long.MAX_VALUE);
    requireFinalized(ledger.batch(id));
    String after = query.text("after");
    String from = after == null || after.isEmpty() ? "" : LogicalPath.parse(after).toString();
    exchange.put(HttpHeader.CONTENT_TYPE, Bundle.CONTENT_TYPE);
    exchange.put(HttpHeader.CACHE_CONTROL, "no-transform");
    HttpFields.Mutable headers = exchange.response().getHeaders();
    headers.put("Content-Disposition", "attachment; filename=\"" + id + ".tar\"");
    headers.put("X-Content-Type-Options", "nosniff");
    if (exchange.request().getConnectionMetaData().getHttpVersion() == HttpVersion.HTTP_1_1) {
      // Else one who asks for a last answer would get one whose end is that of the connection.
      exchange.put(HttpHeader.TRANSFER_ENCODING, "chunked");
    }
    if (exchange.request().getMethod().equals("HEAD")) {
      exchange.sendNothing(200);
      return;
    }
    exchange.response().setStatus(200);
    exchange.send(
        new TarPieces(new CompletedFiles(ledger, id, from, maxSize, limit), store.objects(id)));
  }

  private static void requireHeld(BatchState batch) {
    if (batch.status() == BatchStatus.ABORTED || batch.status() == BatchStatus.EXPIRED) {
      throw new ArchiveException(
          ErrorCode.CONFLICT,
          "batch " + batch.id() + " is " + batch.status() + ", and holds nothing any more");
    }
  }

  private static void requireFinalized(BatchState batch) {
    requireHeld(batch);
    if (!batch.status().isFinalized()) {
      throw new ArchiveException(
          ErrorCode.CONFLICT,
          "batch " + batch.id() + " is " + batch.status() + "; it is not finalized yet");
    }
  }
}
