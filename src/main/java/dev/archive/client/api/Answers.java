package dev.archive.client.api;

import dev.archive.client.work.Deadline;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.model.Text;
import dev.archive.wire.Json;
import dev.archive.wire.Messages.StatusHead;
import dev.archive.wire.Routes;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Date;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import okhttp3.Headers;
import okhttp3.Response;

/**
 * What answers of a server mean, and what it means that none came: checked, and put into errors.
 */
final class Answers {
  private static final String NOT_A_SERVER = "what answers there is not an ingest server: ";

  private static final String ADVICE =
      "; set ARCHIVE_TOKEN or --token-file to a token that this server accepts";

  private final String server;
  private final HttpProxy proxy;
  private final Deadline deadline;

  /**
   * For one server.
   *
   * @param proxy through which it is reached, or null
   */
  Answers(String server, HttpProxy proxy, Deadline deadline) {
    this.server = server;
    this.proxy = proxy;
    this.deadline = deadline;
  }

  /** Whether a failure says already that no ingest server answered. */
  static boolean tellsOfAnswer(ArchiveException e) {
    return e.getMessage().startsWith(NOT_A_SERVER);
  }

  /** The state of a batch, if it is that of the batch which was asked for. */
  static StatusHead checked(BatchId batch, StatusHead head) {
    if (!batch.value().equals(head.batchId())) {
      throw badAnswer("the status is that of another batch: " + Text.quote(head.batchId()), null);
    }
    return head;
  }

  /** Proves that a list by id advances. */
  static final class Ascending {
    private String last;
    private long count;

    Ascending(String after) {
      this.last = after;
    }

    void accept(String id) {
      if (last.compareTo(id) >= 0) {
        throw badAnswer("its list of batches does not advance", null);
      }
      last = id;
      count++;
    }

    /** Whether this id came last. */
    boolean endsWith(String id) {
      return count > 0 && id.equals(last);
    }
  }

  /**
   * A connection that was never made asked for nothing; after that, what was asked may have been
   * done.
   *
   * @param stopped whether the caller was told to stop
   */
  ArchiveException unanswered(IOException e, boolean stopped) {
    if (stopped || Thread.currentThread().isInterrupted()) {
      return new ArchiveException(ErrorCode.INTERRUPTED, "interrupted", e);
    }
    if (deadline.isOver()) {
      return Deadline.over();
    }
    if (UploadUrls.Refused.of(e) != null) {
      return UploadUrls.Refused.of(e);
    }
    ArchiveException ofProxy = ProxyProblems.of(e, proxy, server);
    if (ofProxy != null) {
      return ofProxy;
    }
    if (e instanceof UnknownHostException) {
      return new ArchiveException(
          ErrorCode.UNREACHABLE,
          "the server " + server + " cannot be reached: its name is not known",
          e);
    }
    if (isConnecting(e)) {
      return new ArchiveException(
          ErrorCode.UNREACHABLE,
          "the server " + server + " cannot be reached: it does not accept the connection",
          e);
    }
    ArchiveException ofTls = TlsProblems.of(e, server);
    if (ofTls != null) {
      return ofTls;
    }
    return lost(e);
  }

  /** Whether no connection was made. */
  static boolean isConnecting(IOException e) {
    return e instanceof ConnectException
        || e instanceof NoRouteToHostException
        || e instanceof SocketTimeoutException
            && String.valueOf(e.getMessage()).contains("connect");
  }

  /** That an answer broke off, or never came. */
  ArchiveException lost(IOException e) {
    if (deadline.isOver()) {
      return Deadline.over();
    }
    String how =
        e instanceof AnswerRate.TooSlow
            ? "it answers too slowly"
            : e instanceof SocketTimeoutException ? "it stopped answering" : "the connection broke";
    return new ArchiveException(
        ErrorCode.ANSWER_LOST, "no answer from the server " + server + ": " + how, e);
  }

  /**
   * A store answers bytes with no page: that comes from a proxy, whose login or block page it is.
   */
  static void requireNoPage(Response response) {
    String type = response.header("Content-Type", "");
    if (type.toLowerCase(Locale.ROOT).startsWith("text/html")) {
      throw badAnswer("it answered bytes with " + Text.quote(type), null);
    }
  }

  /** Refuses an answer that is not JSON. */
  static void requireJson(Response response) {
    String type = response.header("Content-Type", "nothing");
    if (!type.toLowerCase(Locale.ROOT).startsWith("application/json")) {
      throw badAnswer("it answered " + Text.quote(type) + ", not JSON", null);
    }
  }

  /** Refuses an answer that tells an error, with the error that it tells. */
  void requireSuccess(Response response) {
    if (response.isSuccessful()) {
      return;
    }
    int status = response.code();
    if (proxy != null && status == 407) {
      throw ProxyProblems.refused(proxy, server, status, null);
    }
    if (status < 400) {
      throw badAnswer(redirect(status, response.header("Location")), null);
    }
    Map<String, Object> error = Map.of();
    try {
      requireJson(response);
      error = readError(response);
    } catch (IOException e) {
      throw lost(e);
    } catch (ArchiveException e) {
      // An error without words of the API: its status has to do.
    }
    String message = error.get("error") instanceof String text ? text : "HTTP status " + status;
    ErrorCode code = code(status, message, error.get("code"));
    throw new ArchiveException(
        code,
        (code == ErrorCode.BATCH_NOT_FOUND
                ? "the server holds no batch "
                    + batch(response)
                    + " that you may see; it answered: "
                : "the server answered: ")
            + Text.brief(message)
            + (code == ErrorCode.UNAUTHORIZED ? ADVICE : ""),
        details(response, error),
        null);
  }

  private static String redirect(int status, String to) {
    return to == null
        ? "it answered with a redirect (" + status + "), which is not followed"
        : "it redirects to "
            + Text.quote(to)
            + " ("
            + status
            + "), which is not followed; use that address if it is the server's";
  }

  /** The batch that a request was about, which the answer does not name. */
  private static String batch(Response response) {
    String path = response.request().url().encodedPath();
    int begin = path.lastIndexOf(Routes.BATCHES + "/");
    return begin < 0
        ? "of this id"
        : path.substring(begin + Routes.BATCHES.length() + 1).replaceFirst("/.*", "");
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> readError(Response response) throws IOException {
    return Json.readAnswer(
        AnswerRate.MIN.keptBy(response.body().byteStream()), Map.class, Json.MAX_ERROR_BYTES);
  }

  private static Map<String, Object> details(Response response, Map<String, Object> error) {
    String retryAfter = retryAfter(response.headers());
    return retryAfter == null ? error : Map.of(RetryPolicy.RETRY_AFTER, retryAfter);
  }

  /** In seconds; a date counts from that of the answer, for the clock here may be wrong. */
  private static String retryAfter(Headers headers) {
    Date until = headers.getDate("Retry-After");
    Date from = headers.getDate("Date");
    if (until == null || from == null) {
      return headers.get("Retry-After");
    }
    return String.valueOf(
        Math.max(0, Duration.between(from.toInstant(), until.toInstant()).toSeconds()));
  }

  private static ErrorCode code(int status, String message, Object name) {
    ErrorCode named = name instanceof String text ? ErrorCode.answered(text) : null;
    if (named != null && named.httpStatus() == status) {
      return named;
    }
    return switch (status) {
      case 400 ->
          message.startsWith("Not all files completed")
              ? ErrorCode.FILES_INCOMPLETE
              : message.startsWith("Batch status is")
                  ? ErrorCode.NOT_UPLOADING
                  : message.startsWith("No files uploaded")
                      ? ErrorCode.NO_FILES
                      : ErrorCode.INVALID_REQUEST;
      case 401 -> ErrorCode.UNAUTHORIZED;
      case 403 -> ErrorCode.FORBIDDEN;
      case 404 ->
          message.equals("Batch not found")
              ? ErrorCode.BATCH_NOT_FOUND
              : message.equals("File not found in batch")
                  ? ErrorCode.FILE_NOT_FOUND
                  : ErrorCode.NOT_FOUND;
      case 405 -> ErrorCode.METHOD_NOT_ALLOWED;
      case 408 -> ErrorCode.REQUEST_TIMEOUT;
      case 409 -> ErrorCode.CONFLICT;
      case 412 -> ErrorCode.VERSION_CONFLICT;
      case 413 -> ErrorCode.TOO_LARGE;
      case 416 -> ErrorCode.RANGE_NOT_SATISFIABLE;
      case 422 -> ErrorCode.FIXITY_MISMATCH;
      case 429 -> ErrorCode.TOO_MANY_REQUESTS;
      case 502, 503, 504 -> ErrorCode.UNAVAILABLE;
      case 507 -> ErrorCode.STORAGE_FULL;
      default -> status >= 500 ? ErrorCode.INTERNAL : ErrorCode.INVALID_REQUEST;
    };
  }

  /** What an answer says, where it makes sense. */
  static <T> T answered(Supplier<T> meaning) {
    try {
      return meaning.get();
    } catch (ArchiveException e) {
      throw badAnswer(e.getMessage(), e);
    }
  }

  /** That the server answered what no ingest server answers. */
  static ArchiveException badAnswer(String what, Throwable cause) {
    return new ArchiveException(ErrorCode.BAD_ANSWER, NOT_A_SERVER + what, cause);
  }
}
