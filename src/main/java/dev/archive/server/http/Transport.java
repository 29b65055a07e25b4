package dev.archive.server.http;

import dev.archive.model.Limits;
import dev.archive.storage.Spool;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/** What all exchanges of a server share. */
final class Transport {
  private final RequestIds ids;
  private final String publicUrl;
  private final Cors cors;
  private final SlowBodies slowBodies;
  private final Supplier<Spool> spools;
  private final HeldResponses held;
  private final Executor longAnswers;

  /**
   * Sets it up.
   *
   * @param ids the numbers of requests
   * @param publicUrl null where URLs are to begin as the client's own request did
   * @param spools what holds long answers
   * @param longAnswers reads them from the ledger
   */
  Transport(
      RequestIds ids,
      String publicUrl,
      Cors cors,
      SlowBodies slowBodies,
      Supplier<Spool> spools,
      Executor longAnswers) {
    this.ids = ids;
    this.publicUrl = publicUrl;
    this.cors = cors;
    this.slowBodies = slowBodies;
    this.spools = spools;
    this.held = new HeldResponses(slowBodies.limits());
    this.longAnswers = longAnswers;
  }

  /** The numbers of requests. */
  RequestIds ids() {
    return ids;
  }

  /** What upload URLs begin with; null where that is up to the request. */
  String publicUrl() {
    return publicUrl;
  }

  Cors cors() {
    return cors;
  }

  SlowBodies slowBodies() {
    return slowBodies;
  }

  Limits limits() {
    return slowBodies.limits();
  }

  /** An answer of any length, without any byte. */
  SpooledAnswer longAnswer() {
    return new SpooledAnswer(spools, held);
  }

  Executor longAnswers() {
    return longAnswers;
  }
}
