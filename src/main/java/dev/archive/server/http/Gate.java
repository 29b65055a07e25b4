package dev.archive.server.http;

import org.eclipse.jetty.server.Request;

/** Decides who may call, before anything is done. */
public sealed interface Gate permits OpenGate, ProcessGate {
  /**
   * Lets a request through.
   *
   * @throws dev.archive.model.ArchiveException {@link dev.archive.model.ErrorCode#UNAUTHORIZED},
   *     {@link dev.archive.model.ErrorCode#FORBIDDEN}
   */
  void admit(Request request, Access access);
}
