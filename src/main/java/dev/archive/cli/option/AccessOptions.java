package dev.archive.cli.option;

import dev.archive.cli.process.Context;
import dev.archive.cli.process.TokenFile;
import dev.archive.client.api.Endpoint;
import dev.archive.client.api.Proxies;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Secret;
import dev.archive.model.Text;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What opens a server: a token, which is no argument, for every user can list those. */
public final class AccessOptions {
  private static final Pattern TOKEN = Pattern.compile("[\\x21-\\x7e]{1,4096}");

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description =
          "Read the access token for the server from this file, which only its owner may use"
              + " (default: the token in ARCHIVE_TOKEN).")
  private @Nullable Path tokenFile;

  @Option(
      names = "--insecure-http",
      description = "Send the token also over http to another machine, where others can read it.")
  private boolean insecureHttp;

  @Option(
      names = "--ca-file",
      paramLabel = "FILE",
      description =
          "Trust the certificates in this PEM file too, such as that of a private authority"
              + " (ARCHIVE_CA_FILE).")
  private @Nullable Path authorities;

  @Option(
      names = "--proxy",
      paramLabel = "URL",
      description =
          "Reach the server through this proxy, http://HOST:PORT, or through \"none\" (default:"
              + " what http_proxy, https_proxy and no_proxy say).")
  private @Nullable String proxy;

  /** A server without a token. */
  Endpoint open(String url, Context context) {
    return new Endpoint(
        url, null, authorities, Proxies.of(proxy, context.settings().proxyVariables()));
  }

  /**
   * A server with its token.
   *
   * @param url without a slash at the end
   * @throws ArchiveException {@link ErrorCode#USAGE} where there is a token that cannot be read, or
   *     that others could read on its way
   */
  Endpoint endpoint(String url, Context context) {
    Secret token = tokenFile == null ? context.settings().token() : TokenFile.read(tokenFile);
    if (token == null) {
      return open(url, context);
    }
    if (!TOKEN.matcher(token.reveal()).matches()) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "the access token in "
              + (tokenFile == null ? "ARCHIVE_TOKEN" : Text.quote(tokenFile.toString()))
              + " is not one line of printable ASCII characters; nothing was done. Copy it again");
    }
    return open(url, context).withToken(token, insecureHttp);
  }
}
