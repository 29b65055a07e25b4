package dev.archive.server.http;

import org.eclipse.jetty.server.Request;

/** Lets everybody in who can connect, but no web page. */
public final class OpenGate implements Gate {
  private final BrowserGuard guard;

  public OpenGate(BrowserGuard guard) {
    this.guard = guard;
  }

  @Override
  public Caller admit(Request request, Access access) {
    guard.check(request);
    return Caller.ANYBODY;
  }
}
