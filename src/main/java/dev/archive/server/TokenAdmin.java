package dev.archive.server;

import dev.archive.durable.LocalErrors;
import dev.archive.ledger.BatchLedger;
import dev.archive.ledger.Tokens;
import dev.archive.model.AccessToken;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Owner;
import dev.archive.model.Scope;
import dev.archive.server.work.Workers;
import dev.archive.storage.DirectoryByteStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Makes and revokes the tokens of an archive on this machine, also beside a server that runs: the
 * rows of the ledger decide, and the server reads them with each request.
 */
public final class TokenAdmin {
  private TokenAdmin() {}

  /**
   * All tokens of a root that ever were.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE} where it is not an archive root
   */
  public static @Nullable List<AccessToken> list(Path root) {
    requireLedger(root);
    try (BatchLedger ledger = BatchLedger.readOnly(ledger(root))) {
      return ledger.tokens().list();
    }
  }

  /**
   * Makes a token, and the root where it is missing; durable when this returns.
   *
   * @param life how long it opens anything; null for ever
   * @throws ArchiveException {@link ErrorCode#USAGE} where one of this name is not revoked, or the
   *     root cannot be used
   */
  public static AccessToken.Created create(
      Path root, Clock clock, String name, Owner owner, Scope scope, @Nullable Duration life) {
    return change(root, clock, tokens -> tokens.create(name, owner, scope, life));
  }

  /**
   * Revokes a token, durably and at once.
   *
   * @param name its name, or its id
   * @throws ArchiveException {@link ErrorCode#USAGE} where there is none that is not revoked
   */
  public static AccessToken revoke(Path root, Clock clock, String name) {
    requireLedger(root);
    return change(root, clock, tokens -> tokens.revoke(name));
  }

  private static <T> T change(Path root, Clock clock, Function<Tokens, T> work) {
    RootLock lock;
    try {
      lock = RootLock.take(root, false);
    } catch (ArchiveException e) {
      if (e.code() == ErrorCode.LOCKED) {
        return beside(root, clock, work);
      }
      throw e;
    }
    try {
      return alone(root, clock, work);
    } catch (IOException e) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "the archive in " + root + " cannot be opened: " + LocalErrors.fileAndReason(e),
          e);
    } finally {
      lock.close();
    }
  }

  /** As a server that starts, which makes what is missing. */
  private static <T> T alone(Path root, Clock clock, Function<Tokens, T> work) throws IOException {
    DirectoryByteStore store = new DirectoryByteStore(root, Runnable::run);
    ArchiveIdentity identity = ArchiveIdentity.of(root, store.batchesWithBytes());
    identity.requireLedger();
    identity.requireItsLog();
    try (BatchLedger ledger =
        new BatchLedger(
            ledger(root), clock, Workers::ledgerWriter, BatchLedger.PATIENCE, identity::admit)) {
      var unused = identity.settle(ledger, clock, true);
      return work.apply(ledger.tokens());
    }
  }

  /** Others use the ledger: it must have the tables of this program already. */
  private static <T> T beside(Path root, Clock clock, Function<Tokens, T> work) {
    BatchLedger.readOnly(ledger(root)).close();
    try (BatchLedger ledger = new BatchLedger(ledger(root), clock, Workers::ledgerWriter)) {
      return work.apply(ledger.tokens());
    }
  }

  private static void requireLedger(Path root) {
    if (!Files.isRegularFile(ledger(root))) {
      throw new ArchiveException(
          ErrorCode.USAGE, root + " is not an archive root: it has no ledger; nothing was done");
    }
  }

  private static Path ledger(Path root) {
    return root.resolve(ArchiveIdentity.LEDGER);
  }
}
