package dev.archive.server.http;

import dev.archive.durable.Failpoint;
import dev.archive.model.ArchiveException;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import dev.archive.model.Owner;
import dev.archive.server.ingest.Grant;
import dev.archive.server.ingest.IngestService;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;

/** The call that brings bytes to a signed URL. */
final class UploadCalls {
  private final UrlSigner signer;
  private final IngestService service;
  private final Owners owners;
  private final RequestsUnderWay underWay;

  UploadCalls(UrlSigner signer, IngestService service, Owners owners, RequestsUnderWay underWay) {
    this.signer = signer;
    this.service = service;
    this.owners = owners;
    this.underWay = underWay;
  }

  void put(Exchange exchange) {
    Request request = exchange.request();
    Grant grant = signer.verify(request.getHttpURI().getPathQuery());
    exchange.concerns(grant.batch());
    Owner owner = owners.of(grant.batch());
    if (owner != null) {
      underWay.ofOwner(request, owner);
    }
    long length = request.getLength();
    if (grant.exact() && length < 0) {
      throw new ArchiveException(
          ErrorCode.BODY_SIZE,
          "this URL takes exactly "
              + Count.of(grant.size(), "byte")
              + ", and the request does not say how many it has: send Content-Length");
    }
    if (length > grant.size() || grant.exact() && length >= 0 && length < grant.size()) {
      throw new ArchiveException(
          length > grant.size() ? ErrorCode.TOO_LARGE : ErrorCode.BODY_SIZE,
          "this URL takes "
              + (grant.exact() ? "exactly " : "at most ")
              + Count.of(grant.size(), "byte")
              + ", not "
              + length);
    }
    if (request.getHeaders().contains(HttpHeader.IF_MATCH)) {
      throw new ArchiveException(
          ErrorCode.INVALID_REQUEST,
          "an upload URL takes no If-Match: bytes that arrive make no version");
    }
    exchange.whenArrived(
        service.put(grant, length, exchange.digest("Repr-Digest")),
        etag -> {
          exchange.response().getHeaders().put(HttpHeader.ETAG, '"' + etag + '"');
          Failpoint.reach("answer");
          exchange.sendNothing(200);
        });
  }
}
