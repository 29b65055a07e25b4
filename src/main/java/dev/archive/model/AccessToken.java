package dev.archive.model;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A token as an archive keeps it: all but its secret.
 *
 * @param id public; the beginning of the token's text
 * @param name no two tokens have the same that are not revoked
 * @param owner to whom what comes with it belongs
 * @param expiresAt null where it does not
 * @param revokedAt null where it is not
 */
public record AccessToken(
    String id,
    String name,
    Owner owner,
    Scope scope,
    Instant createdAt,
    @Nullable Instant expiresAt,
    @Nullable Instant revokedAt) {

  /**
   * A new token.
   *
   * @param text all of it, which nothing else has and nobody is told again
   */
  public record Created(AccessToken token, Secret text) {}

  /** Whether it opens nothing any more: it is revoked, or its time is over. */
  public boolean isOver(Instant now) {
    return revokedAt != null || expiresAt != null && !now.isBefore(expiresAt);
  }
}
