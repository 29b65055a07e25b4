package dev.archive.client.api;

import dev.archive.model.Secret;
import java.nio.file.Path;

/**
 * A server, and what opens it.
 *
 * @param url without a slash at the end
 * @param token is shown to this server with each call of its API, and to nobody else; null where
 *     there is none
 * @param authorities a file of certificates that are trusted beside those that Java trusts, or null
 * @param proxies through which it is reached
 */
public record Endpoint(String url, Secret token, Path authorities, Proxies proxies) {
  /** A server that asks for no token. */
  public static Endpoint open(String url) {
    return new Endpoint(url, null, null, Proxies.NONE);
  }
}
