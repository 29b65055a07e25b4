package dev.archive.server;

import dev.archive.model.Owner;
import dev.archive.model.Secret;
import org.jspecify.annotations.Nullable;

/** Who may call a server. */
public sealed interface Admission {
  /** Unless told otherwise: who shows a token; until there is one, everybody. */
  Admission UNTIL_TOKENS = new WithTokens(null, true);

  /** The process alone that started it, which knows a secret. */
  record ThisProcess(Secret secret) implements Admission {}

  /** Everybody who can connect. */
  record Everybody() implements Admission {}

  /**
   * Who shows a token.
   *
   * @param anonymous to whom belongs what comes without a token; null where nothing may
   * @param openWithout whether everybody may call as long as no token was ever made
   */
  record WithTokens(@Nullable Owner anonymous, boolean openWithout) implements Admission {}
}
