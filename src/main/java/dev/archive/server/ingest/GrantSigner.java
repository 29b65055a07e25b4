package dev.archive.server.ingest;

/** Makes upload URLs, which nobody else can make. */
@FunctionalInterface
public interface GrantSigner {
  /** The path and query of a URL that allows what the grant says from now on. */
  String sign(Grant grant);
}
