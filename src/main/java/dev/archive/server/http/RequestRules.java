package dev.archive.server.http;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Limit;
import dev.archive.model.Limits;
import dev.archive.model.Text;
import java.util.List;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;

/** What no call takes, refused by the head of the request, before its body is read. */
final class RequestRules {
  private static final List<HttpHeader> REFUSED =
      List.of(HttpHeader.CONTENT_ENCODING, HttpHeader.CONTENT_RANGE, HttpHeader.TRAILER);

  private RequestRules() {}

  /**
   * Checks a request.
   *
   * @throws ArchiveException {@link ErrorCode#INVALID_REQUEST}
   */
  static void check(Request request, Limits limits) {
    long max = limits.of(Limit.HEADER_FIELDS);
    if (request.getHeaders().size() > max) {
      throw new HttpException.RuntimeException(
          HttpStatus.REQUEST_HEADER_FIELDS_TOO_LARGE_431, "more than " + max + " header fields");
    }
    for (HttpHeader each : REFUSED) {
      if (request.getHeaders().contains(each)) {
        throw new ArchiveException(
            ErrorCode.INVALID_REQUEST, "bodies with a " + each.asString() + " are not accepted");
      }
    }
    for (String coding : request.getHeaders().getValuesList(HttpHeader.TRANSFER_ENCODING)) {
      // Of "gzip, chunked" the packed bytes would be taken for the file's.
      if (!coding.strip().equalsIgnoreCase("chunked")) {
        throw new ArchiveException(
            ErrorCode.INVALID_REQUEST,
            "Transfer-Encoding other than chunked is not accepted: " + Text.quote(coding));
      }
    }
  }

  /** That fields came after a body, whether or not its head said so. */
  static ArchiveException trailers() {
    return new ArchiveException(
        ErrorCode.INVALID_REQUEST, "fields after a body (trailers) are not accepted");
  }
}
