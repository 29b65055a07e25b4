package dev.archive.server.http;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;

/** The token that a request shows (RFC 6750, 2.1): in its header, and nowhere else. */
final class Bearer {
  private static final Pattern FORM = Pattern.compile("(?i:bearer) +([\\x21-\\x7e]+)");

  private static final String REALM = "Bearer realm=\"archive\"";

  /** The detail of a refusal that names the scope which is needed. */
  static final String SCOPE = "scope";

  private Bearer() {}

  /** Whether a request shows anything. */
  static boolean isShown(Request request) {
    return request.getHeaders().contains(HttpHeader.AUTHORIZATION);
  }

  /**
   * The token's text; empty where what is shown is no token.
   *
   * @throws ArchiveException {@link ErrorCode#INVALID_REQUEST} where there are several
   */
  static String of(Request request) {
    List<String> shown = request.getHeaders().getValuesList(HttpHeader.AUTHORIZATION);
    if (shown.size() > 1) {
      throw new ArchiveException(
          ErrorCode.INVALID_REQUEST, "Authorization must be given once; nothing was done");
    }
    Matcher form = FORM.matcher(shown.isEmpty() ? "" : shown.get(0));
    return form.matches() ? form.group(1) : "";
  }

  /** What an answer asks its caller to show (RFC 6750, 3), where that is what it lacks. */
  static Optional<String> challenge(Request request, Throwable failure) {
    if (failure instanceof ArchiveException e && e.code() == ErrorCode.UNAUTHORIZED) {
      return Optional.of(REALM + (isShown(request) ? ", error=\"invalid_token\"" : ""));
    }
    if (failure instanceof ArchiveException e
        && e.code() == ErrorCode.FORBIDDEN
        && e.details().get(SCOPE) instanceof String scope) {
      return Optional.of(REALM + ", error=\"insufficient_scope\", scope=\"" + scope + '"');
    }
    return Optional.empty();
  }

  /**
   * Refuses a request to an upload URL that shows a token too: which of the two decides would be
   * anybody's guess.
   */
  static void requireNone(Request request) {
    if (isShown(request)) {
      throw new ArchiveException(
          ErrorCode.INVALID_REQUEST,
          "an upload URL takes no Authorization: its signature is all; nothing was done");
    }
  }
}
