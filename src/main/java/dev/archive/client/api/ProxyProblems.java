package dev.archive.client.api;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import java.io.IOException;
import java.net.UnknownHostException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What it means that a proxy does not let a call through, in words. */
final class ProxyProblems {
  private static final int UNAUTHORIZED = 407;

  /** OkHttp tells the status of an answer to CONNECT in no other way. */
  private static final Pattern REFUSED =
      Pattern.compile("Unexpected response code for CONNECT: ([0-9]{3})");

  private static final String NO_LOGIN = "Failed to authenticate with proxy";

  private ProxyProblems() {}

  /** Null where the failure is none of the proxy's. */
  static ArchiveException of(IOException e, HttpProxy proxy, String server) {
    if (proxy == null) {
      return null;
    }
    String message = String.valueOf(e.getMessage());
    Matcher refusal = REFUSED.matcher(message);
    if (refusal.find()) {
      return refused(proxy, server, Integer.parseInt(refusal.group(1)), e);
    }
    if (message.contains(NO_LOGIN)) {
      return refused(proxy, server, UNAUTHORIZED, e);
    }
    if (e instanceof UnknownHostException || Answers.isConnecting(e)) {
      return new ArchiveException(
          ErrorCode.UNREACHABLE,
          "the proxy "
              + proxy
              + " ("
              + proxy.source()
              + ") cannot be reached: "
              + (e instanceof UnknownHostException
                  ? "its name is not known"
                  : "it does not accept the connection"),
          e);
    }
    return null;
  }

  /** That the proxy answered in place of the server. */
  static ArchiveException refused(HttpProxy proxy, String server, int status, IOException cause) {
    boolean login = status == UNAUTHORIZED;
    return new ArchiveException(
        status >= 500 ? ErrorCode.UNREACHABLE : ErrorCode.USAGE,
        "the proxy "
            + proxy
            + " ("
            + proxy.source()
            + ") did not connect to "
            + server
            + ": "
            + (login
                ? "it asks for a user name and a password that it accepts; name them in the URL of"
                    + " the proxy"
                : "HTTP status " + status),
        cause);
  }
}
