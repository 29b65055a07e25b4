package dev.archive.client.api;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Text;
import java.io.EOFException;
import java.io.IOException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;

/** What it means that TLS failed, in words. */
final class TlsProblems {
  private static final int MAX_CAUSES = 16;

  private TlsProblems() {}

  /** Null where TLS itself did not fail, but at most the connection below it. */
  static ArchiveException of(IOException e, String server) {
    if (e instanceof SSLException
        && String.valueOf(e.getMessage()).contains("unrecognized SSL message")) {
      return new ArchiveException(
          ErrorCode.USAGE,
          "the server "
              + server
              + " does not speak TLS there; nothing was sent. Check host and port, or use http"
              + " instead of https if that is meant",
          e);
    }
    boolean distrust =
        e instanceof SSLPeerUnverifiedException
            || e instanceof SSLHandshakeException && !(e.getCause() instanceof EOFException);
    return distrust
        ? new ArchiveException(
            ErrorCode.USAGE, "the server " + server + " cannot be trusted: " + why(e), e)
        : null;
  }

  private static String why(IOException e) {
    if (e instanceof SSLPeerUnverifiedException) {
      return "its certificate is for another name; nothing was sent. Check the URL";
    }
    boolean unknown = false;
    Throwable cause = e;
    for (int i = 0; i < MAX_CAUSES && cause != null; i++) {
      if (cause instanceof CertificateExpiredException) {
        return "its certificate has expired; nothing was sent. Tell its operator, or correct the"
            + " clock of this machine";
      }
      if (cause instanceof CertificateNotYetValidException) {
        return "its certificate is not valid yet; nothing was sent. Check the clocks of both"
            + " machines";
      }
      unknown |=
          cause instanceof CertPathBuilderException || cause instanceof CertPathValidatorException;
      cause = cause.getCause();
    }
    return unknown
        ? "no authority that this machine trusts has signed its certificate; nothing was sent."
            + " Check the URL, or name the certificate of its authority with --ca-file"
        : Text.brief(e.getMessage()) + "; nothing was sent. Check the URL";
  }
}
