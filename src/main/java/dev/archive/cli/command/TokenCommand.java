package dev.archive.cli.command;

import dev.archive.cli.option.DurationOption;
import dev.archive.cli.option.RootOption;
import dev.archive.cli.process.Context;
import dev.archive.cli.process.EventLine;
import dev.archive.cli.process.ExitCodes;
import dev.archive.model.AccessToken;
import dev.archive.model.Owner;
import dev.archive.model.Scope;
import dev.archive.server.TokenAdmin;
import dev.archive.wire.Json;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code archive token}: who may call a server. */
@Command(
    name = "token",
    description = {
      "Creates, lists and revokes the access tokens of an archive on this machine. A server may run"
          + " meanwhile; what changes takes effect at once. A token is printed once and never"
          + " again.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  archive token create ada --scope upload --root /srv/archive",
      "  archive token list --root /srv/archive",
      "  archive token revoke ada --root /srv/archive"
    },
    sortOptions = false)
public final class TokenCommand implements Callable<Integer> {
  private static final String CREATE = "create";
  private static final String LIST = "list";
  private static final String REVOKE = "revoke";

  private final Context context;
  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "ACTION", description = "create, list or revoke.")
  private String action;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "NAME",
      description = "For create and revoke: the name of the token. Revoke takes its id, too.")
  private @Nullable String name;

  @Option(
      names = "--scope",
      paramLabel = "SCOPE",
      description =
          "For create: read (see the owner's batches), upload (make and change them) or admin (those"
              + " of every owner).")
  private @Nullable String scope;

  @Option(
      names = "--owner",
      paramLabel = "OWNER",
      description =
          "For create: to whom its batches belong (default: an owner of the token's name). What came"
              + " without tokens belongs to \"default\".")
  private @Nullable String owner;

  @Option(
      names = "--expires",
      paramLabel = "TIME",
      description = "For create: how long it is valid, such as 90d (default: until it is revoked).",
      converter = DurationOption.class)
  private @Nullable Duration expires;

  @Mixin private RootOption root;

  @Option(names = "--json", description = "Print one JSON object per line.")
  private boolean json;

  public TokenCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    Path home = root.directory(context);
    switch (action) {
      case CREATE -> create(home);
      case LIST -> list(home);
      case REVOKE -> revoke(home);
      default -> throw wrong();
    }
    return ExitCodes.OK;
  }

  private void create(Path home) {
    if (name == null || scope == null) {
      throw wrong();
    }
    if (expires != null && expires.isZero()) {
      throw new ParameterException(spec.commandLine(), "--expires must be longer than 0");
    }
    Scope allowed = Scope.parse(scope);
    AccessToken.Created created =
        TokenAdmin.create(
            home, context.clock(), name, new Owner(owner == null ? name : owner), allowed, expires);
    AccessToken token = created.token();
    context
        .out()
        .hold(
            "the token",
            "the token "
                + name
                + " was created, and its text is lost: archive token revoke "
                + name
                + ", then create another");
    if (json) {
      Map<String, Object> event = fields("token_created", token);
      event.put("token", created.text().reveal());
      context.out().println(Json.text(event));
      return;
    }
    context.complain(
        "token "
            + token.name()
            + " of owner "
            + token.owner()
            + " created, scope "
            + token.scope()
            + ", valid "
            + (token.expiresAt() == null ? "until it is revoked" : "until " + token.expiresAt())
            + "; it is not shown again");
    context.out().println(created.text().reveal());
  }

  private void list(Path home) {
    if (name != null || isToCreate()) {
      throw wrong();
    }
    Instant now = context.clock().instant();
    for (AccessToken token : TokenAdmin.list(home)) {
      context
          .out()
          .println(
              json
                  ? Json.text(fields("token", token))
                  : String.format(
                      Locale.ROOT,
                      "%s  %s  owner %s  %s  %s",
                      token.id(),
                      token.name(),
                      token.owner(),
                      token.scope(),
                      state(token, now)));
    }
  }

  private void revoke(Path home) {
    if (name == null || isToCreate()) {
      throw wrong();
    }
    AccessToken token = TokenAdmin.revoke(home, context.clock(), name);
    if (json) {
      context.out().println(Json.text(fields("token_revoked", token)));
    } else {
      context.out().println("token " + token.name() + " of owner " + token.owner() + " is revoked");
    }
  }

  private boolean isToCreate() {
    return scope != null || owner != null || expires != null;
  }

  private ParameterException wrong() {
    return new ParameterException(
        spec.commandLine(),
        "say token create NAME --scope SCOPE, token list, or token revoke NAME");
  }

  private static String state(AccessToken token, Instant now) {
    if (token.revokedAt() != null) {
      return "revoked " + token.revokedAt();
    }
    if (token.expiresAt() == null) {
      return "valid";
    }
    return (token.isOver(now) ? "expired " : "valid until ") + token.expiresAt();
  }

  private static Map<String, Object> fields(String event, AccessToken token) {
    Map<String, Object> fields = EventLine.of(event);
    fields.put("id", token.id());
    fields.put("name", token.name());
    fields.put("owner", token.owner().name());
    fields.put("scope", token.scope().toString());
    fields.put("created_at", token.createdAt().toString());
    fields.put("expires_at", Objects.toString(token.expiresAt(), null));
    fields.put("revoked_at", Objects.toString(token.revokedAt(), null));
    return fields;
  }
}
