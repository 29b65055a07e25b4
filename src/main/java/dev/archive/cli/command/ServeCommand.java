package dev.archive.cli.command;

import dev.archive.cli.option.AddressRangeOption;
import dev.archive.cli.option.DurationOption;
import dev.archive.cli.option.LimitOption;
import dev.archive.cli.option.ServerChoice;
import dev.archive.cli.option.SizeOption;
import dev.archive.cli.process.Context;
import dev.archive.cli.process.ExitCodes;
import dev.archive.cli.process.Interrupts;
import dev.archive.cli.process.Setting;
import dev.archive.cli.process.Settings;
import dev.archive.cli.process.StderrLines;
import dev.archive.model.AddressRange;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Limits;
import dev.archive.model.Owner;
import dev.archive.model.Port;
import dev.archive.model.Text;
import dev.archive.server.Admission;
import dev.archive.server.IngestServer;
import dev.archive.server.RequestLines;
import dev.archive.server.ServerOptions;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code archive serve}: runs the ingest server until it is told to stop. */
@Command(
    name = "serve",
    description = {
      "Runs the ingest server. Each finalized batch is a BagIt bag in <root>/batches/<id>/.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  archive serve --root /srv/archive",
      "  archive serve --root /srv/archive --on-finalize https://example.org/hook"
    },
    sortOptions = false)
public final class ServeCommand implements Callable<Integer> {
  /** Shorter, and a client that waits for its next try would lose its batch. */
  private static final Duration LEAST_EXPIRY = Duration.ofSeconds(10);

  private static final Duration MIN_URL_LIFE = Duration.ofMinutes(1);
  private static final Duration MAX_URL_LIFE = Duration.ofDays(7);

  /** In bytes. */
  private static final long MIN_LOG_SIZE = 64 << 10;

  private final Context context;
  @Spec private CommandSpec spec;

  @Option(
      names = "--root",
      paramLabel = "DIR",
      description = "Root of the archive: state and bytes.")
  private @Nullable Path root;

  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:8787",
      description = "Where to listen (default: ${DEFAULT-VALUE}); port 0 picks a free one.")
  private String listen;

  @Option(
      names = "--public-url",
      paramLabel = "URL",
      description = "What upload URLs begin with (default: as the client's own request).")
  private @Nullable String publicUrl;

  @Option(
      names = "--expire-after",
      paramLabel = "TIME",
      defaultValue = "24h",
      description =
          "Remove a batch that is not finalized after it was not used for so long"
              + " (default: ${DEFAULT-VALUE}).",
      converter = DurationOption.class)
  private Duration expireAfter;

  @Option(
      names = "--expire-grace",
      paramLabel = "TIME",
      defaultValue = "1h",
      description =
          "Remove no batch for this long after a start or a jump of the clock"
              + " (default: ${DEFAULT-VALUE}).",
      converter = DurationOption.class)
  private Duration expireGrace;

  @Option(
      names = "--url-life",
      paramLabel = "TIME",
      defaultValue = "24h",
      description = "How long an upload URL is valid, from 1m to 7d (default: ${DEFAULT-VALUE}).",
      converter = DurationOption.class)
  private Duration urlLife;

  @Option(
      names = "--on-finalize",
      paramLabel = "URL|COMMAND",
      description =
          "Notify of each finalized batch, in JSON: a URL of http or https gets a signed POST,"
              + " anything else is run by /bin/sh -c with the JSON on its standard input.")
  private @Nullable String onFinalize;

  @Option(
      names = "--cors-origin",
      paramLabel = "ORIGIN",
      description =
          "Let pages of this origin, such as https://example.org, call the API from a browser"
              + " (default: of none).")
  private @Nullable String corsOrigin;

  @Option(
      names = "--tls-cert",
      paramLabel = "FILE",
      description =
          "Serve https with this certificate chain in PEM, the server's own first. It is read again"
              + " when the file changes, and at SIGHUP.")
  private @Nullable Path certificate;

  @Option(
      names = "--tls-key",
      paramLabel = "FILE",
      description =
          "The certificate's private key in PEM (PKCS #8), a file that only its owner may use.")
  private @Nullable Path key;

  @Option(
      names = "--log-format",
      paramLabel = "FORMAT",
      defaultValue = "text",
      description =
          "What standard error says: text (warnings in plain words) or json (each warning and each"
              + " request as one JSON object per line) (default: ${DEFAULT-VALUE}).")
  private String logFormat;

  @Option(
      names = "--log-file",
      paramLabel = "FILE",
      description =
          "Write one JSON object per request to this file instead. It becomes FILE.1 when it is"
              + " large, and so on to FILE.5.")
  private @Nullable Path logFile;

  @Option(
      names = "--log-size",
      paramLabel = "SIZE",
      defaultValue = "64Mi",
      description = "From which size on FILE is renamed, 64Ki or more (default: ${DEFAULT-VALUE}).",
      converter = SizeOption.class)
  private long logSize;

  @Option(
      names = "--anonymous",
      paramLabel = "OWNER",
      description =
          "Serve clients without tokens too: what they send belongs to this owner. On an address"
              + " that is not loopback, add --insecure.")
  private @Nullable String anonymous;

  @Option(
      names = "--trusted-proxy",
      paramLabel = "CIDR",
      converter = AddressRangeOption.class,
      description =
          "Believe X-Forwarded-For and Forwarded of requests from these addresses, such as"
              + " 10.0.0.0/8; may be given more than once.")
  private List<AddressRange> trustedProxies = List.of();

  @Option(
      names = "--no-auth",
      description = "Ask nobody for a token. On an address that is not loopback, add --insecure.")
  private boolean noAuth;

  @Option(
      names = "--insecure",
      description =
          "Listen on an address that is not loopback with --no-auth or --anonymous, where everybody"
              + " who can connect can write.")
  private boolean insecure;

  @Option(
      names = "--limit",
      paramLabel = "NAME=VALUE",
      split = ",",
      converter = LimitOption.class,
      description =
          "Bound requests otherwise, such as bytes-per-owner=2T or wrong-tokens=20; may be given"
              + " more than once. --limits names all.")
  private List<LimitOption.Value> limit = List.of();

  @Option(names = "--limits", description = "Print all limits with their values, and exit.")
  private boolean limits;

  public ServeCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws InterruptedException {
    if (limits) {
      context.rows(IngestServer.limits(bounds()));
      return ExitCodes.OK;
    }
    if (root == null) {
      throw new ParameterException(spec.commandLine(), "Missing required option: '--root=DIR'");
    }
    int colon = listen.lastIndexOf(':');
    String host = colon < 0 ? "" : listen.substring(0, colon).replaceAll("^\\[|]$", "");
    int port = port(colon < 0 ? "" : listen.substring(colon + 1));
    if (host.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "--listen is HOST:PORT, not " + Text.quote(listen));
    }
    if (expireAfter.compareTo(LEAST_EXPIRY) < 0) {
      throw new ParameterException(
          spec.commandLine(), "--expire-after is at least " + LEAST_EXPIRY.toSeconds() + "s");
    }
    if (urlLife.compareTo(MIN_URL_LIFE) < 0 || urlLife.compareTo(MAX_URL_LIFE) > 0) {
      throw new ParameterException(spec.commandLine(), "--url-life is from 1m to 7d");
    }
    boolean json = logFormat.equals("json");
    if (!json && !logFormat.equals("text")) {
      throw new ParameterException(
          spec.commandLine(), "--log-format is text or json, not " + Text.quote(logFormat));
    }
    if (logSize < MIN_LOG_SIZE) {
      throw new ParameterException(spec.commandLine(), "--log-size is at least 64Ki");
    }
    Admission admission = admission(host);
    if ((certificate == null) != (key == null)) {
      throw new ParameterException(
          spec.commandLine(), "--tls-cert and --tls-key must be given together");
    }
    if (corsOrigin != null && !isOrigin(corsOrigin)) {
      throw new ParameterException(
          spec.commandLine(),
          "--cors-origin is one scheme, host and port in lower case, as a browser sends them, not "
              + Text.quote(corsOrigin));
    }
    String url = publicUrl == null ? null : ServerChoice.parse(publicUrl);
    RequestLines lines = requestLines(json);
    StderrLines.install(json, context.clock());
    IngestServer server =
        IngestServer.start(
            new ServerOptions(
                    root,
                    host,
                    port,
                    url,
                    Context.version(),
                    expireAfter,
                    false,
                    onFinalize,
                    expireGrace)
                .with(
                    new ServerOptions.Callers(
                        corsOrigin,
                        admission,
                        urlLife,
                        certificate == null
                            ? null
                            : new ServerOptions.Certificate(certificate, key),
                        lines,
                        trustedProxies,
                        bounds())),
            context.clock());
    Runtime.getRuntime().addShutdownHook(new Thread(server::close, "shutdown"));
    if (certificate != null) {
      Interrupts.onHangup(server::reload);
    }
    context.out().println("listening on " + server.url());
    Error failure = server.awaitFailure();
    throw new ArchiveException(
        ErrorCode.INTERNAL,
        "the server ended: the ledger closed after an internal error ("
            + failure
            + "); what was answered is kept; start it again",
        failure);
  }

  /** Those of the settings, of which the command line replaces only what it names. */
  private Limits bounds() {
    Settings.Found found = context.settings().find(Setting.LIMIT);
    Limits all = found == null ? Limits.USUAL : LimitOption.of(found);
    for (LimitOption.Value each : limit) {
      all = each.in(all);
    }
    return all;
  }

  private RequestLines requestLines(boolean json) {
    if (logFile != null) {
      return new RequestLines.ToFile(logFile.toAbsolutePath(), logSize);
    }
    return json ? new RequestLines.ToStream(context.err()) : new RequestLines.Nowhere();
  }

  private static boolean isOrigin(String text) {
    try {
      URI uri = new URI(text);
      return text.matches("https?://[a-z0-9.\\-\\[\\]:]+")
          && uri.getHost() != null
          && Port.isUsable(uri);
    } catch (URISyntaxException e) {
      return false;
    }
  }

  private int port(String text) {
    if (text.matches("[0-9]{1,5}") && Integer.parseInt(text) <= Port.MAX) {
      return Integer.parseInt(text);
    }
    throw new ParameterException(
        spec.commandLine(), "--listen is HOST:PORT, not " + Text.quote(listen));
  }

  private Admission admission(String host) {
    if (noAuth && anonymous != null) {
      throw new ParameterException(
          spec.commandLine(), "--no-auth and --anonymous exclude each other");
    }
    Owner owner = anonymous == null ? null : new Owner(anonymous);
    boolean loopback = isLoopback(host);
    if ((noAuth || owner != null) && !loopback && !insecure) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          host
              + " is not a loopback address, and everybody who can connect could write: not"
              + " started. Add --insecure if that is what you want");
    }
    return noAuth ? new Admission.Everybody() : new Admission.WithTokens(owner, loopback);
  }

  private static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      throw new ArchiveException(
          ErrorCode.USAGE, "cannot listen on " + Text.quote(host) + ": no such host", e);
    }
  }
}
