package dev.archive.server.http;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Secret;
import org.eclipse.jetty.server.Request;

/**
 * Lets in who knows the secret of this process: an embedded server is for the command that started
 * it, and not for the other users of the machine, who can find its port.
 */
public final class ProcessGate implements Gate {
  private final Secret secret;

  public ProcessGate(Secret secret) {
    this.secret = secret;
  }

  @Override
  public Caller admit(Request request, Access access) {
    if (access == Access.SIGNED_URL) {
      // Only callers with the secret were given one.
      Bearer.requireNone(request);
    } else if (!secret.matches(Bearer.of(request))) {
      throw new ArchiveException(
          ErrorCode.UNAUTHORIZED,
          "this server belongs to another process of this machine; nothing was done. Start"
              + " archive serve for one that others can use");
    }
    return Caller.ANYBODY;
  }
}
