package dev.archive.server.http;

import org.eclipse.jetty.server.Request;

/** Decides who may call, before anything is done. */
public sealed interface Gate permits OpenGate, ProcessGate, TokenGate {
  /**
   * Lets a request through.
   *
   * @return who sent it
   * @throws dev.archive.model.ArchiveException {@link dev.archive.model.ErrorCode#UNAUTHORIZED},
   *     {@link dev.archive.model.ErrorCode#FORBIDDEN}
   */
  Caller admit(Request request, Access access);
}
