package dev.archive.server.http;

import dev.archive.ledger.Tokens;
import dev.archive.model.AccessToken;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Owner;
import dev.archive.model.Scope;
import java.time.Clock;
import java.util.Map;
import org.eclipse.jetty.server.Request;

/** Lets in who shows a token of this archive. */
public final class TokenGate implements Gate {
  private final Tokens tokens;
  private final BrowserGuard guard;
  private final Owner anonymous;
  private final boolean openWithout;
  private final Clock clock;
  private final FailedLogins failed;
  private final PeerAddresses peers;

  /**
   * Sets it up.
   *
   * @param anonymous to whom belongs what comes without a token; null where nothing may
   * @param openWithout whether everybody may call as long as no token was ever made
   */
  public TokenGate(
      Tokens tokens,
      BrowserGuard guard,
      Owner anonymous,
      boolean openWithout,
      Clock clock,
      FailedLogins failed,
      PeerAddresses peers) {
    this.peers = peers;
    this.failed = failed;
    this.tokens = tokens;
    this.guard = guard;
    this.anonymous = anonymous;
    this.openWithout = openWithout;
    this.clock = clock;
  }

  @Override
  public Caller admit(Request request, Access access) {
    if (anonymous == null && openWithout && !tokens.any()) {
      guard.check(request);
      return Caller.ANYBODY;
    }
    return switch (access) {
      case PUBLIC -> Caller.NOBODY;
      case SIGNED_URL -> {
        Bearer.requireNone(request);
        yield Caller.NOBODY;
      }
      case READ -> admit(request, Scope.READ);
      case UPLOAD -> admit(request, Scope.UPLOAD);
      case ADMIN -> admit(request, Scope.ADMIN);
    };
  }

  private Caller admit(Request request, Scope needed) {
    if (Bearer.isShown(request)) {
      AccessToken token = valid(request);
      if (!token.scope().includes(needed)) {
        throw new ArchiveException(
            ErrorCode.FORBIDDEN,
            "the token "
                + token.name()
                + " has the scope "
                + token.scope()
                + ", and this call needs "
                + needed
                + "; nothing was done",
            Map.of(Bearer.SCOPE, needed.toString()),
            null);
      }
      return new Caller(token.owner(), token.scope() == Scope.ADMIN, token.name());
    }
    if (anonymous == null || needed == Scope.ADMIN) {
      throw refused(
          needed == Scope.ADMIN
              ? "this call asks for an access token of the scope admin, and none was sent"
              : "this server asks for an access token, and none was sent");
    }
    guard.check(request);
    return new Caller(anonymous, false, null);
  }

  /** Only who knows the secret of a token learns what became of it. */
  private AccessToken valid(Request request) {
    AccessToken token = tokens.of(Bearer.of(request));
    if (token == null) {
      failed.note(peers.of(request));
      throw refused("the access token is not one of this archive");
    }
    if (token.isOver(clock.instant())) {
      throw refused(
          "the access token "
              + token.name()
              + (token.revokedAt() != null
                  ? " was revoked at " + token.revokedAt()
                  : " expired at " + token.expiresAt()));
    }
    return token;
  }

  private static ArchiveException refused(String why) {
    return new ArchiveException(
        ErrorCode.UNAUTHORIZED, why + "; nothing was done. Send Authorization: Bearer TOKEN");
  }
}
