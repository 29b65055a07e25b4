package dev.archive.server.http;

import dev.archive.model.ErrorCode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;

/**
 * Gives what Jetty itself refuses (framing, heads, targets) the one form of an error answer: no
 * request reaches the router with it, and no client is to meet a page of HTML.
 */
public final class TransportErrors extends ErrorHandler {
  private final RequestIds ids;

  public TransportErrors(RequestIds ids) {
    this.ids = ids;
  }

  @Override
  public boolean errorPageForMethod(String method) {
    return true;
  }

  @Override
  protected void generateResponse(
      Request request,
      Response response,
      int status,
      String message,
      Throwable cause,
      Callback callback) {
    RequestNotes notes = RequestNotes.of(request, ids);
    Problems.Answer problem =
        Problems.refused(
            status, cause instanceof HttpException refusal ? refusal.getReason() : null, notes.id);
    notes.error = problem.code();
    response.getHeaders().put(RequestIds.HEADER, notes.id);
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
    response.getHeaders().put("X-Content-Type-Options", "nosniff");
    response.write(
        true, ByteBuffer.wrap(problem.body().getBytes(StandardCharsets.UTF_8)), callback);
  }

  /** The name of an error that Jetty knows by its status alone. */
  static ErrorCode code(int status) {
    return switch (status) {
      case 408 -> ErrorCode.REQUEST_TIMEOUT;
      case 413, 414, 431 -> ErrorCode.TOO_LARGE;
      case 503 -> ErrorCode.UNAVAILABLE;
      default -> status < 500 || status == 505 ? ErrorCode.INVALID_REQUEST : ErrorCode.INTERNAL;
    };
  }
}
