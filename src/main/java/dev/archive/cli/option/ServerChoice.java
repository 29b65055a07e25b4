package dev.archive.cli.option;

import dev.archive.cli.process.Context;
import dev.archive.client.api.Endpoint;
import dev.archive.client.api.Proxies;
import dev.archive.client.state.StateDirectory;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Port;
import dev.archive.model.Secret;
import dev.archive.model.Text;
import dev.archive.server.IngestServer;
import dev.archive.server.ServerOptions;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Which server a command talks to: the one that is named, else the embedded archive of this
 * machine.
 */
public final class ServerChoice {
  private static final String EMBEDDED = "embedded:";

  /** The server's name for those who mean the embedded archive although another is set. */
  private static final String EMBEDDED_WORD = "embedded";

  /** What every archive has in its root. */
  private static final Set<String> OF_AN_ARCHIVE = Set.of("archive-id", "state.db", "batches");

  @Option(
      names = "--server",
      paramLabel = "URL",
      description =
          "The ingest server (ARCHIVE_SERVER). Without one, or if it is \"embedded\": the embedded"
              + " archive in ARCHIVE_HOME.")
  private @Nullable String server;

  @Mixin private AccessOptions access = new AccessOptions();

  /**
   * A server that can be asked.
   *
   * @param endpoint where it answers, and what opens it
   * @param embedded the server in this process, or null
   * @param home its root, or null
   */
  public record Opened(Endpoint endpoint, @Nullable IngestServer embedded, @Nullable Path home)
      implements AutoCloseable {
    @Override
    public void close() {
      if (embedded != null) {
        embedded.close();
      }
    }

    /** The server's name, the same in every process. */
    public String name() {
      return embedded == null ? endpoint.url() : EMBEDDED + home;
    }
  }

  /**
   * Takes another name of the server's URL for it.
   *
   * @param given whether the option itself stands on the command line
   * @throws ArchiveException {@link ErrorCode#USAGE} where both stand there and differ
   */
  public void use(String url, boolean given) {
    if (given && !url.equals(server)) {
      throw new ArchiveException(
          ErrorCode.USAGE, "--worker-url and --server name two servers; nothing was done");
    }
    server = url;
  }

  /**
   * Checks the name of the server, without asking it.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE}
   */
  public void check() {
    if (server != null && !server.equals(EMBEDDED_WORD)) {
      var unused = parse(server);
    }
  }

  /**
   * The URL of the server that is named, without a slash at the end; null for the embedded archive.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE}
   */
  public @Nullable String url() {
    return server == null || server.equals(EMBEDDED_WORD) ? null : parse(server);
  }

  /**
   * The server that is named, to be asked who it is: no token is shown to it.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE}
   */
  public Endpoint probed(Context context) {
    if (server == null) {
      throw new ArchiveException(ErrorCode.USAGE, "no server is named");
    }
    return access.open(parse(server), context);
  }

  /**
   * Opens the server.
   *
   * @param quiet not to say in one line that the embedded one is used; for commands that only read:
   *     where bytes are sent, a person who meant another server must see it
   */
  public Opened open(Context context, boolean quiet) {
    return open(context, quiet, new StateDirectory(context.settings().state()));
  }

  /**
   * The same.
   *
   * @param state what this machine knows of earlier runs: where one of them used the embedded
   *     archive, it must be there; null where it may be missing
   */
  public Opened open(Context context, boolean quiet, @Nullable StateDirectory state) {
    if (server != null && !server.equals(EMBEDDED_WORD)) {
      return new Opened(access.endpoint(parse(server), context), null, null);
    }
    if (server == null) {
      requireNoServer(context, "no server is named");
    }
    Path home = context.settings().home().toAbsolutePath();
    if (!quiet && server == null) {
      context.complain(
          "no server is named: using the embedded archive in "
              + home
              + " (name one with --server URL or ARCHIVE_SERVER)");
    }
    return embedded(home, context, state);
  }

  /** Opens the server of a name that {@link Opened#name} gave, in any process. */
  public static Opened named(
      String name, AccessOptions access, Context context, StateDirectory state) {
    if (!name.startsWith(EMBEDDED)) {
      return new Opened(access.endpoint(parse(name), context), null, null);
    }
    requireNoServer(context, "the interrupted run used the embedded archive");
    return embedded(Path.of(name.substring(EMBEDDED.length())), context, state);
  }

  private static void requireNoServer(Context context, String what) {
    String required = context.settings().requiresServer();
    if (required != null) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          what
              + ", and require_server is true ("
              + required
              + "); nothing was done; name a server with --server URL, or the embedded archive with"
              + " --server embedded");
    }
  }

  private static Opened embedded(Path home, Context context, @Nullable StateDirectory state) {
    if (state != null && isWithoutArchive(home) && state.hasBatchOf(EMBEDDED + home)) {
      throw new ArchiveException(
          ErrorCode.STATE_DIFFERS,
          "the embedded archive in "
              + Text.quote(home.toString())
              + " is gone, and runs on this machine have used it: is its disk mounted? Nothing was"
              + " done. To begin an empty archive there, use archive upload --again");
    }
    Secret secret = Secret.random();
    IngestServer embedded =
        IngestServer.start(
            ServerOptions.embedded(home, secret, Context.version()), context.clock());
    return new Opened(new Endpoint(embedded.url(), secret, null, Proxies.NONE), embedded, home);
  }

  /**
   * Whether nothing of an archive is there. A directory on which no disk is mounted may hold other
   * files: a lost+found, or a note of whom to ask.
   */
  private static boolean isWithoutArchive(Path home) {
    if (!Files.isDirectory(home)) {
      // To list a named pipe would wait for ever.
      return Files.notExists(home);
    }
    try (Stream<Path> names = Files.list(home)) {
      return names.map(name -> name.getFileName().toString()).noneMatch(OF_AN_ARCHIVE::contains);
    } catch (NoSuchFileException e) {
      return true;
    } catch (IOException e) {
      // The server says why it cannot be opened.
      return false;
    }
  }

  /** Scheme and host in lower case: a run is found again however they are spelled. */
  private static String normal(URI uri, String text) {
    int end = text.indexOf("://") + 3 + uri.getRawAuthority().length();
    return text.substring(0, end).toLowerCase(Locale.ROOT) + text.substring(end);
  }

  /** Checks a URL, takes the slashes off its end, and has scheme and host in lower case. */
  public static String parse(String text) {
    try {
      URI uri = new URI(text);
      boolean http =
          "http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme());
      if (http
          && uri.getHost() != null
          && Port.isUsable(uri)
          && uri.getRawQuery() == null
          && uri.getRawFragment() == null
          && uri.getRawUserInfo() == null) {
        return normal(uri, text).replaceFirst("/+$", "");
      }
    } catch (URISyntaxException e) {
      // Said below, in words that fit all that can be wrong with it.
    }
    throw new ArchiveException(
        ErrorCode.USAGE,
        "not the URL of a server (http://HOST:PORT or https://HOST, PORT from 1 to 65535): "
            + Text.quote(text.replaceFirst("//[^/]*@", "//***@")));
  }
}
