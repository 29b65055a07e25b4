package dev.archive.server;

import dev.archive.durable.LocalErrors;
import dev.archive.durable.LogFile;
import dev.archive.ledger.BatchLedger;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Limit;
import dev.archive.model.Limits;
import dev.archive.model.Text;
import dev.archive.server.audit.BatchAudit;
import dev.archive.server.http.AccessLog;
import dev.archive.server.http.BrowserGuard;
import dev.archive.server.http.ConnectionWatch;
import dev.archive.server.http.ContentCalls;
import dev.archive.server.http.Cors;
import dev.archive.server.http.FailedLogins;
import dev.archive.server.http.FileStatuses;
import dev.archive.server.http.FixedLimits;
import dev.archive.server.http.Gate;
import dev.archive.server.http.Health;
import dev.archive.server.http.Histories;
import dev.archive.server.http.Metrics;
import dev.archive.server.http.MetricsCalls;
import dev.archive.server.http.OpenGate;
import dev.archive.server.http.Owners;
import dev.archive.server.http.PeerAddresses;
import dev.archive.server.http.ProcessGate;
import dev.archive.server.http.RequestIds;
import dev.archive.server.http.RequestsUnderWay;
import dev.archive.server.http.Router;
import dev.archive.server.http.SigningKeys;
import dev.archive.server.http.SlowBodies;
import dev.archive.server.http.TokenGate;
import dev.archive.server.http.TransportErrors;
import dev.archive.server.http.UrlSigner;
import dev.archive.server.ingest.Activity;
import dev.archive.server.ingest.IngestService;
import dev.archive.server.ingest.PutBack;
import dev.archive.server.notify.Hook;
import dev.archive.server.notify.Outbox;
import dev.archive.server.work.Workers;
import dev.archive.storage.DirectoryByteStore;
import dev.archive.storage.StoreReader;
import java.io.IOException;
import java.net.BindException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The server as a whole: its port, its threads, the order in which it starts and ends. */
public final class IngestServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(IngestServer.class);

  /** Of so many, two servers that share a root do not draw the same. */
  private static final long INSTANCES = 1L << 40;

  private static final long STOP_MILLIS = 30_000;
  private static final long HOUSEKEEPING_MILLIS = 600_000;
  private static final long OUTBOX_MILLIS = 250;

  /** How often lines of the log are written. */
  private static final long LOG_MILLIS = 100;

  /** How long the last lines of the log may take at the end. */
  private static final long LOG_END_MILLIS = 2_000;

  /** How often it is looked for a renewed certificate. */
  private static final long CERTIFICATE_MILLIS = 10_000;

  /** How often it is looked for peers that are silent. */
  private static final long PEERS_MILLIS = 500;

  /** In bytes. */
  private static final int MIN_FREE = 1 << 18;

  private static final int FORCED_AT_ONCE = 16;

  /** Hashing keeps a processor busy: more threads than those would only take from uploads. */
  private static final int AUDITORS = Runtime.getRuntime().availableProcessors();

  /** Volatile, so that no compiler leaves the allocation out. */
  @SuppressWarnings("UnusedVariable")
  private static volatile byte @Nullable [] tried;

  private final RootLock lock;
  private final BatchLedger ledger;
  private final Server jetty;
  private final ServerConnector connector;
  private final ConnectionWatch connections;
  private final String host;
  private final @Nullable Tls tls;
  private final Janitor janitor;
  private final @Nullable Duration expireUnused;
  private final ExecutorService auditors;
  private final List<ExecutorService> background;
  private final @Nullable LogWriter log;
  private final @Nullable ExecutorService logging;

  private IngestServer(
      RootLock lock,
      BatchLedger ledger,
      Server jetty,
      ServerConnector connector,
      ConnectionWatch connections,
      String host,
      @Nullable Tls tls,
      Janitor janitor,
      @Nullable Duration expireUnused,
      ExecutorService auditors,
      List<ExecutorService> background,
      @Nullable LogWriter log) {
    this.lock = lock;
    this.ledger = ledger;
    this.jetty = jetty;
    this.connector = connector;
    this.connections = connections;
    this.host = host;
    this.tls = tls;
    this.janitor = janitor;
    this.expireUnused = expireUnused;
    this.auditors = auditors;
    this.background = background;
    this.log = log;
    this.logging = log == null ? null : Workers.every(LOG_MILLIS, log, "log");
  }

  /**
   * Starts a server; when this returns it answers.
   *
   * @throws ArchiveException {@link ErrorCode#LOCKED} where another server uses the root, {@link
   *     ErrorCode#USAGE} where the root or the address cannot be used
   */
  public static IngestServer start(ServerOptions options, Clock clock) {
    return start(options, clock, BatchLedger.PATIENCE);
  }

  /** The same, with so much patience with those who hold the ledger. */
  static IngestServer start(ServerOptions options, Clock clock, Duration patience) {
    return start(options, clock, patience, System::nanoTime);
  }

  /**
   * The same.
   *
   * @param nanos a monotonic clock, in nanoseconds
   */
  static IngestServer start(
      ServerOptions options, Clock clock, Duration patience, LongSupplier nanos) {
    return start(options, clock, patience, nanos, System::nanoTime);
  }

  /**
   * The same.
   *
   * @param peers the monotonic clock by which slow peers are judged
   */
  static IngestServer start(
      ServerOptions options,
      Clock clock,
      Duration patience,
      LongSupplier nanos,
      LongSupplier peers) {
    Limits limits = options.callers().limits();
    Path root = options.root().toAbsolutePath().normalize();
    requireTokens(options, root, null);
    Tls tls =
        options.callers().certificate() == null ? null : new Tls(options.callers().certificate());
    RootLock lock = RootLock.take(root, options.shared());
    BatchLedger ledger = null;
    ExecutorService forcing = Workers.of(FORCED_AT_ONCE, "forcing");
    try {
      DirectoryByteStore store = new DirectoryByteStore(root, forcing);
      ArchiveIdentity identity = ArchiveIdentity.of(root, store.batchesWithBytes());
      identity.requireLedger();
      if (lock.isAlone()) {
        identity.requireItsLog();
      }
      ledger =
          new BatchLedger(
              root.resolve(ArchiveIdentity.LEDGER),
              clock,
              Workers::ledgerWriter,
              patience,
              identity::admit);
      requireTokens(options, root, ledger);
      ledger.bound(limits);
      List<String> warnings =
          new ArrayList<>(StartCheck.warnings(ledger, store, store.quarantine(), lock.isAlone()));
      warnings.addAll(identity.warnings());
      String archiveId = identity.settle(ledger, clock, lock.isAlone());
      if (lock.isAlone()) {
        PutBack.known(ledger, store.quarantine());
        store.sweep();
      }
      UrlSigner signer =
          new UrlSigner(
              new SigningKeys(root, System::nanoTime), clock, options.callers().urlLife());
      Hook hook = options.onFinalize() == null ? null : Hook.of(options.onFinalize(), root);
      Activity activity = new Activity(ledger, clock, options.expireAfter());
      SecureRandom random = new SecureRandom();
      IngestService service =
          new IngestService(ledger, store, store::spool, signer, activity, clock, random);
      ExecutorService auditors = Workers.of(AUDITORS, "audit");
      QueuedThreadPool threads = new QueuedThreadPool(limits.number(Limit.THREADS));
      SlowBodies slowBodies = new SlowBodies(peers, threads, limits);
      ExecutorService longAnswers = Workers.of(limits.number(Limit.LONG_RESPONSES), "answers");
      LogWriter log = log(options.callers(), clock);
      RequestIds ids = new RequestIds(Long.toString(random.nextLong(INSTANCES), 36));
      Metrics metrics = new Metrics();
      PeerAddresses addresses = new PeerAddresses(options.callers().trustedProxies());
      Router router =
          new Router(
              service,
              new FileStatuses(ledger, options.expireAfter()),
              new BatchAudit(
                  ledger, new StoreReader(root), auditors, AUDITORS, BatchAudit.BEAT, clock),
              activity,
              new Histories(ledger),
              new ContentCalls(ledger, store),
              signer,
              options.version(),
              ids,
              options.publicUrl(),
              archiveId,
              new Cors(options.callers().corsOrigin()),
              gate(options, ledger, clock, peers, addresses),
              new Owners(ledger),
              new RequestsUnderWay(limits, addresses),
              new Health(warnings, ledger::commitTime, ledger::trouble),
              new MetricsCalls(
                  metrics,
                  ledger,
                  hook != null,
                  log == null ? () -> 0 : log::lost,
                  options.version(),
                  clock),
              slowBodies,
              store::spool,
              longAnswers);
      lock.settle();
      Server jetty = new Server(threads);
      ServerConnector connector = connector(jetty, options, tls);
      ConnectionWatch connections = new ConnectionWatch(peers, limits, addresses);
      connector.addEventListener(connections);
      jetty.addConnector(connector);
      jetty.setHandler(new GracefulHandler(connections.watching(router)));
      jetty.setErrorHandler(new TransportErrors(ids));
      jetty.setRequestLog(
          new AccessLog(metrics, ids, log == null ? null : log::add, clock, addresses));
      jetty.setStopTimeout(STOP_MILLIS);
      listen(jetty, options);
      Grace grace = options.shared() ? null : new Grace(clock, nanos, options.expireGrace());
      Janitor janitor = new Janitor(ledger, store, activity, clock, options.expireAfter(), grace);
      List<ExecutorService> background = new ArrayList<>();
      background.add(forcing);
      background.add(longAnswers);
      background.add(
          Workers.every(
              PEERS_MILLIS,
              () -> {
                slowBodies.run();
                connections.run();
                requireMemory();
              },
              "peers"));
      background.add(
          Workers.every(
              Math.min(HOUSEKEEPING_MILLIS, options.expireAfter().toMillis() / 4),
              identity.isBehind() ? janitor : new Housekeeping(root, ledger, janitor, clock),
              "housekeeping"));
      if (tls != null) {
        background.add(Workers.every(CERTIFICATE_MILLIS, tls, "certificate"));
      }
      if (hook != null) {
        ExecutorService hooks = Workers.of(hook.parallel(), "hook");
        background.add(
            Workers.every(
                OUTBOX_MILLIS,
                new Outbox(ledger.deliveries(), ledger::skipped, store::bag, hook, hooks),
                "outbox"));
        background.add(hooks);
      }
      return new IngestServer(
          lock,
          ledger,
          jetty,
          connector,
          connections,
          options.host(),
          tls,
          janitor,
          options.shared() ? options.expireGrace() : null,
          auditors,
          background,
          log);
    } catch (IOException | RuntimeException e) {
      if (ledger != null) {
        ledger.close();
      }
      forcing.shutdownNow();
      lock.close();
      if (e instanceof ArchiveException known) {
        throw known;
      }
      throw new ArchiveException(
          ErrorCode.USAGE,
          "the archive in "
              + root
              + " cannot be opened: "
              + (e instanceof IOException io ? LocalErrors.fileAndReason(io) : e.getMessage()),
          e);
    }
  }

  /**
   * Fails where there is no memory for an ordinary request. Jetty goes on as if nothing were when
   * it finds none, and would cut one connection after the other.
   */
  private static void requireMemory() {
    tried = new byte[MIN_FREE];
    tried = null;
  }

  private static @Nullable LogWriter log(ServerOptions.Callers callers, Clock clock) {
    RequestLines lines = callers.requestLines();
    int max = callers.limits().number(Limit.LOG_LINES);
    // Sealed, but Java 17 has no switch over types.
    if (lines instanceof RequestLines.ToFile to) {
      LogFile file =
          new LogFile(to.file(), to.maxBytes(), callers.limits().number(Limit.LOG_FILES));
      return new LogWriter(file::add, "the log " + Text.quote(to.file().toString()), clock, max);
    }
    if (lines instanceof RequestLines.ToStream to) {
      return new LogWriter(
          text -> {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            to.stream().write(bytes, 0, bytes.length);
          },
          "the log",
          clock,
          max);
    }
    return null;
  }

  private static Gate gate(
      ServerOptions options,
      BatchLedger ledger,
      Clock clock,
      LongSupplier nanos,
      PeerAddresses addresses) {
    BrowserGuard guard =
        new BrowserGuard(options.host(), options.publicUrl(), options.callers().corsOrigin());
    // Sealed, but Java 17 has no switch over types.
    if (options.callers().admission() instanceof Admission.ThisProcess process) {
      return new ProcessGate(process.secret());
    }
    if (options.callers().admission() instanceof Admission.WithTokens with) {
      return new TokenGate(
          ledger.tokens(),
          guard,
          with.anonymous(),
          with.openWithout(),
          clock,
          new FailedLogins(nanos, options.callers().limits().of(Limit.WRONG_TOKENS)),
          addresses);
    }
    return new OpenGate(guard);
  }

  /**
   * Refuses to listen where tokens are asked for and there is none.
   *
   * @param ledger null before it is opened, where a root without one is told from the others
   */
  private static void requireTokens(
      ServerOptions options, Path root, @Nullable BatchLedger ledger) {
    boolean needed =
        options.callers().admission() instanceof Admission.WithTokens with
            && with.anonymous() == null
            && !with.openWithout();
    if (needed
        && (ledger == null
            ? !Files.exists(root.resolve(ArchiveIdentity.LEDGER))
            : !ledger.tokens().any())) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "cannot serve on "
              + options.host()
              + ", which is not a loopback address: the archive has no access tokens; not started."
              + " Create one with archive token create NAME --scope upload --root "
              + Text.quote(root.toString())
              + ", or let everybody in with --no-auth --insecure");
    }
  }

  private static ServerConnector connector(Server jetty, ServerOptions options, @Nullable Tls tls) {
    HttpConfiguration http = new HttpConfiguration();
    http.setHttpCompliance(HttpCompliance.RFC9110);
    http.setSendServerVersion(false);
    http.setRequestHeaderSize(options.callers().limits().number(Limit.HEAD_BYTES));
    HttpConnectionFactory factory = new HttpConnectionFactory(http);
    // 31 % less CPU a byte than Jetty's default of 8 KiB.
    factory.setInputBufferSize(1 << 16);
    if (tls != null) {
      SecureRequestCustomizer secure = new SecureRequestCustomizer();
      // Which names are ours is up to the client, who checks the certificate.
      secure.setSniHostCheck(false);
      http.addCustomizer(secure);
    }
    ServerConnector connector =
        tls == null
            ? new ServerConnector(jetty, 1, 1, factory)
            : new ServerConnector(
                jetty,
                1,
                1,
                new SslConnectionFactory(tls.factory(), factory.getProtocol()),
                factory);
    connector.setHost(options.host());
    connector.setPort(options.port());
    connector.setIdleTimeout(options.callers().limits().of(Limit.IDLE_TIME));
    connector.setAcceptQueueSize(1024);
    return connector;
  }

  private static void listen(Server jetty, ServerOptions options) {
    try {
      jetty.start();
    } catch (Exception e) {
      try {
        jetty.stop();
      } catch (Exception stopping) {
        e.addSuppressed(stopping);
      }
      String address = options.host() + ":" + options.port();
      if (e instanceof BindException || e.getCause() instanceof BindException) {
        throw new ArchiveException(
            ErrorCode.USAGE,
            "cannot listen on " + address + ": the address is in use or not of this machine",
            e);
      }
      if (e instanceof UnresolvedAddressException
          || e.getCause() instanceof UnresolvedAddressException) {
        throw new ArchiveException(
            ErrorCode.USAGE, "cannot listen on " + address + ": no such host", e);
      }
      throw new ArchiveException(ErrorCode.INTERNAL, "cannot listen on " + address, e);
    }
  }

  /** Where it listens: {@code http://HOST:PORT}, with TLS {@code https}. */
  public String url() {
    String name = host.contains(":") ? "[" + host + "]" : host;
    return (tls == null ? "http://" : "https://") + name + ":" + connector.getLocalPort();
  }

  /**
   * Waits until the server can go on no longer.
   *
   * @return what ended it
   */
  public Error awaitFailure() throws InterruptedException {
    try {
      return ledger.failure().get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("a failure is never missing", e);
    }
  }

  /** What requests are bounded by, for people: each limit with its value. */
  public static Map<String, String> limits(Limits limits) {
    Map<String, String> all = new LinkedHashMap<>();
    for (Limit each : Limit.values()) {
      all.put(
          each.label(),
          String.format(Locale.ROOT, "%-10s %s", each.text(limits.of(each)), each.what()));
    }
    FixedLimits.tell(all);
    return all;
  }

  /** Where the bag of a batch lies on this machine. */
  public static Path bag(Path root, String batchId) {
    return root.toAbsolutePath().normalize().resolve("batches").resolve(batchId);
  }

  /** Reads the certificate again, if its files have changed. */
  public void reload() {
    if (tls != null) {
      tls.run();
    }
  }

  /** Does at once what is done now and then. */
  void housekeep() {
    janitor.run();
  }

  /**
   * Ends in order: no new requests, those under way finish, then the ledger closes and the root is
   * free.
   */
  @Override
  public void close() {
    // The auditor asks again; waiting for the end of a large file would keep everybody.
    auditors.shutdownNow();
    try {
      connections.closeIdle();
      jetty.stop();
    } catch (Exception e) {
      throw new ArchiveException(ErrorCode.INTERNAL, "the server did not stop in order", e);
    } finally {
      background.forEach(IngestServer::end);
      endLog();
      if (expireUnused != null) {
        expireUnused();
      }
      ledger.close();
      lock.close();
    }
  }

  private void expireUnused() {
    try {
      janitor.expireUnused(expireUnused);
    } catch (RuntimeException e) {
      LOG.warn("abandoned batches were not looked for; it is tried again later", e);
    }
  }

  /** Writes the last lines, unless nobody takes them. */
  private void endLog() {
    if (log == null || logging == null) {
      return;
    }
    logging.shutdown();
    try {
      if (logging.awaitTermination(LOG_END_MILLIS, TimeUnit.MILLISECONDS)) {
        log.run();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void end(ExecutorService work) {
    work.shutdownNow();
    try {
      work.awaitTermination(STOP_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
