package dev.archive.client.api;

import dev.archive.model.Secret;

/**
 * A server, and what opens it.
 *
 * @param url without a slash at the end
 * @param token is shown to this server with each call of its API, and to nobody else; null where
 *     there is none
 */
public record Endpoint(String url, Secret token) {
  /** A server that asks for no token. */
  public static Endpoint open(String url) {
    return new Endpoint(url, null);
  }
}
