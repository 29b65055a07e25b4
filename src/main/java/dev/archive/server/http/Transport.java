package dev.archive.server.http;

import dev.archive.storage.Spool;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/** What all exchanges of a server share. */
final class Transport {
  private final String instance;
  private final String publicUrl;
  private final Cors cors;
  private final SlowBodies slowBodies;
  private final Supplier<Spool> spools;
  private final Executor longAnswers;
  private final AtomicLong requests = new AtomicLong();

  /**
   * Sets it up.
   *
   * @param instance begins the numbers of this server's requests, so that no other run has them
   * @param publicUrl null where URLs are to begin as the client's own request did
   * @param spools what holds long answers
   * @param longAnswers reads them from the ledger
   */
  Transport(
      String instance,
      String publicUrl,
      Cors cors,
      SlowBodies slowBodies,
      Supplier<Spool> spools,
      Executor longAnswers) {
    this.instance = instance;
    this.publicUrl = publicUrl;
    this.cors = cors;
    this.slowBodies = slowBodies;
    this.spools = spools;
    this.longAnswers = longAnswers;
  }

  /** A number that no other request has. */
  String nextRequestId() {
    return instance + "-" + requests.incrementAndGet();
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

  Supplier<Spool> spools() {
    return spools;
  }

  Executor longAnswers() {
    return longAnswers;
  }
}
