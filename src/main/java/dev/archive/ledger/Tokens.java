package dev.archive.ledger;

import dev.archive.model.AccessToken;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Owner;
import dev.archive.model.Scope;
import dev.archive.model.Secret;
import dev.archive.model.Sha256;
import dev.archive.model.Text;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The tokens of an archive. A token is {@code arc_ID_SECRET}: the id finds its row, and the row has
 * the SHA-256 of the secret, which is 256 random bits. Rows are never removed, and each request
 * asks for its row, so that a token is revoked for every process at once.
 */
public final class Tokens {
  static final String[] CREATE = {
    """
    CREATE TABLE token (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL,
      owner TEXT NOT NULL,
      scope TEXT NOT NULL,
      secret_sha256 BLOB NOT NULL,
      created_at BIGINT NOT NULL,
      expires_at BIGINT,
      revoked_at BIGINT) WITHOUT ROWID""",
    "CREATE UNIQUE INDEX token_name ON token (name) WHERE revoked_at IS NULL",
    // What came before there were owners belongs to Owner.DEFAULT.
    "ALTER TABLE batch ADD COLUMN owner TEXT NOT NULL DEFAULT 'default'",
    "CREATE INDEX batch_owner ON batch (owner, id)"
  };

  private static final String COLUMNS =
      "id, name, owner, scope, created_at, expires_at, revoked_at";
  private static final String SELECT =
      "SELECT " + COLUMNS + ", secret_sha256 FROM token WHERE id = ?";
  private static final Pattern FORM = Pattern.compile("arc_([0-9a-f]{16})_([A-Za-z0-9_-]{43})");
  private static final int ID_BYTES = 8;

  /** Of nothing: who names no token is answered as late as who names one. */
  private static final byte[] NO_DIGEST = new byte[32];

  private final LedgerDatabase database;
  private final GroupCommit writer;
  private final Clock clock;

  /** Whether a token was ever made, which stays true. */
  private volatile boolean any;

  Tokens(LedgerDatabase database, GroupCommit writer, Clock clock) {
    this.database = database;
    this.writer = writer;
    this.clock = clock;
  }

  /**
   * Makes a token; it is durable when this returns.
   *
   * @param life how long it opens anything; null for ever
   * @throws ArchiveException {@link ErrorCode#USAGE} where one of this name is not revoked
   */
  public AccessToken.Created create(String name, Owner owner, Scope scope, Duration life) {
    Owner.requireName(name);
    byte[] random = new byte[ID_BYTES];
    new SecureRandom().nextBytes(random);
    String id = HexFormat.of().formatHex(random);
    Secret secret = Secret.random();
    Instant now = Instant.ofEpochMilli(clock.millis());
    Instant expires = life == null ? null : now.plus(life);
    writer.write(
        session -> {
          if (standing(session, name) != null) {
            throw new ArchiveException(
                ErrorCode.USAGE,
                "there is a token named "
                    + name
                    + " already; nothing was done. Revoke it first, or choose another name");
          }
          return session.update(
              "INSERT INTO token (" + COLUMNS + ", secret_sha256) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
              id,
              name,
              owner.name(),
              scope.toString(),
              now.toEpochMilli(),
              expires == null ? null : expires.toEpochMilli(),
              null,
              digest(secret.reveal()));
        });
    return new AccessToken.Created(
        new AccessToken(id, name, owner, scope, now, expires, null),
        Secret.of("arc_" + id + "_" + secret.reveal()));
  }

  /**
   * Revokes a token, durably and at once.
   *
   * @param name its name, or its id
   * @throws ArchiveException {@link ErrorCode#USAGE} where there is none that is not revoked
   */
  public AccessToken revoke(String name) {
    return writer.write(
        session -> {
          AccessToken token = standing(session, name);
          if (token == null) {
            throw new ArchiveException(
                ErrorCode.USAGE,
                "there is no token "
                    + Text.quote(name)
                    + " that is not revoked; nothing was done. archive token list names them");
          }
          session.update(
              "UPDATE token SET revoked_at = ? WHERE id = ?", clock.millis(), token.id());
          return token;
        });
  }

  private static AccessToken standing(GroupCommit.Session session, String name)
      throws SQLException {
    PreparedStatement statement =
        session.prepare(
            "SELECT "
                + COLUMNS
                + " FROM token WHERE revoked_at IS NULL AND (name = ?1 OR id = ?1)"
                + " ORDER BY name = ?1 DESC LIMIT 1",
            name);
    try (ResultSet row = statement.executeQuery()) {
      return row.next() ? token(row) : null;
    }
  }

  /** All tokens that ever were, in the order in which they were made. */
  public List<AccessToken> list() {
    return database.read(
        connection -> {
          List<AccessToken> tokens = new ArrayList<>();
          try (PreparedStatement statement =
                  LedgerDatabase.prepare(
                      connection, "SELECT " + COLUMNS + " FROM token ORDER BY created_at, id");
              ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
              tokens.add(token(rows));
            }
          }
          return tokens;
        });
  }

  /** Whether a token was ever made. */
  public boolean any() {
    if (!any) {
      any =
          database.read(
              connection -> {
                try (PreparedStatement statement =
                        LedgerDatabase.prepare(
                            connection, "SELECT 1 FROM token WHERE id > '' LIMIT 1");
                    ResultSet row = statement.executeQuery()) {
                  return row.next();
                }
              });
    }
    return any;
  }

  /**
   * The token of a text that somebody shows, be it revoked, expired or not.
   *
   * @return null where the text is no token of this archive
   */
  public AccessToken of(String text) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      return null;
    }
    byte[] given = digest(form.group(2));
    return database.read(
        connection -> {
          try (PreparedStatement statement =
                  LedgerDatabase.prepare(connection, SELECT, form.group(1));
              ResultSet row = statement.executeQuery()) {
            boolean known = row.next();
            boolean same =
                MessageDigest.isEqual(known ? row.getBytes("secret_sha256") : NO_DIGEST, given);
            return known && same ? token(row) : null;
          }
        });
  }

  private static byte[] digest(String secret) {
    return Sha256.newDigest().digest(secret.getBytes(StandardCharsets.US_ASCII));
  }

  private static AccessToken token(ResultSet row) throws SQLException {
    return new AccessToken(
        row.getString("id"),
        row.getString("name"),
        new Owner(row.getString("owner")),
        Scope.parse(row.getString("scope")),
        Instant.ofEpochMilli(row.getLong("created_at")),
        Rows.instant(row, "expires_at"),
        Rows.instant(row, "revoked_at"));
  }
}
