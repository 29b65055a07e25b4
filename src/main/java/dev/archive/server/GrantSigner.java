package dev.archive.server;

/** Makes upload URLs, which nobody else can make. */
@FunctionalInterface
interface GrantSigner {
  /** The path and query of a URL that allows what the grant says from now on. */
  String sign(Grant grant);
}
