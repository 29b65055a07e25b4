package dev.archive.server.http;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Text;
import dev.archive.wire.Json;
import java.util.Map;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpStatus;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns any exception into the one form of an error answer; internals go to the log and never to
 * the client.
 */
final class Problems {
  /** What Jetty says of a request whose connection ended before it did. */
  private static final String ENDED_EARLY = "Early EOF";

  private static final Logger LOG = LoggerFactory.getLogger(Problems.class);

  private Problems() {}

  /** The status code of an answer, the name of its error, and its body as JSON text. */
  record Answer(int status, ErrorCode code, String body) {}

  static Answer answer(Throwable failure, String requestId) {
    if (failure instanceof ArchiveException e
        && e.code().httpStatus() > 0
        && e.code() != ErrorCode.INTERNAL) {
      if (e.code().httpStatus() >= 500) {
        LOG.warn("{} {}", requestId, e.getMessage(), e.getCause());
      }
      return answer(e.code(), e.getMessage(), e.details(), requestId);
    }
    if (failure instanceof HttpException refusal && refusal.getCode() < 500) {
      return refused(refusal.getCode(), refusal.getReason(), requestId);
    }
    LOG.error("request {} failed", requestId, failure);
    return answer(
        ErrorCode.INTERNAL,
        "an unexpected fault in the server; its log has it under request " + requestId,
        Map.of(RequestIds.FIELD, requestId),
        requestId);
  }

  /**
   * What is answered to a request that never became one.
   *
   * @param status as HTTP has it for this fault, which the code alone does not tell
   * @param reason a few words of the parser's, or null
   */
  static Answer refused(int status, String reason, String requestId) {
    if (ENDED_EARLY.equals(reason)) {
      // Cut off on its way, in head or body: the sender's next try may come through.
      return answer(
          ErrorCode.BODY_SIZE, "the request could not be read to its end", Map.of(), requestId);
    }
    ErrorCode code = TransportErrors.code(status);
    String message =
        code == ErrorCode.INTERNAL || code == ErrorCode.UNAVAILABLE
            ? "the request could not be served"
            : "the request is not valid HTTP: "
                + (reason == null ? HttpStatus.getMessage(status) : Text.printable(reason));
    return new Answer(status, code, answer(code, message, Map.of(), requestId).body());
  }

  private static Answer answer(
      ErrorCode code, String message, Map<String, Object> details, String requestId) {
    Map<String, Object> problem = Json.problem(new ArchiveException(code, message, details, null));
    problem.put(RequestIds.FIELD, requestId);
    return new Answer(code.httpStatus(), code, Json.text(problem));
  }
}
