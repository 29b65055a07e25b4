package dev.archive.server;

import dev.archive.model.AddressRange;
import dev.archive.model.Limit;
import dev.archive.model.Limits;
import dev.archive.model.Secret;
import dev.archive.server.http.UrlSigner;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a server is to run.
 *
 * @param root the directory of its state and bytes
 * @param host the address to listen on
 * @param port the port; 0 picks a free one
 * @param publicUrl what presigned URLs begin with, or null to begin them as the client's request
 *     did
 * @param version of the program, told by {@code GET /}
 * @param expireAfter how long a batch that is not finalized may be inactive before it is removed
 * @param shared whether other servers of this kind may use the root at the same time
 * @param onFinalize a URL or a command that is told of each finalized batch, or null
 * @param expireGrace for how long after a start, or after the wall clock has jumped, no batch
 *     expires; in a shared root, how long a batch must have been overdue
 * @param callers how it meets those who call
 */
public record ServerOptions(
    Path root,
    String host,
    int port,
    @Nullable String publicUrl,
    String version,
    Duration expireAfter,
    boolean shared,
    @Nullable String onFinalize,
    Duration expireGrace,
    Callers callers) {
  /**
   * How a server meets those who call.
   *
   * @param corsOrigin whose pages may call from a browser, or null
   * @param admission who may call
   * @param urlLife how long an upload URL lives
   * @param certificate where the server's certificate lies; null to serve without TLS
   * @param requestLines where it writes a line for each request
   * @param trustedProxies whose word on the addresses of clients is believed
   * @param limits what they are bounded by
   */
  public record Callers(
      @Nullable String corsOrigin,
      Admission admission,
      Duration urlLife,
      @Nullable Certificate certificate,
      RequestLines requestLines,
      List<AddressRange> trustedProxies,
      Limits limits) {
    private static final Callers USUAL =
        new Callers(
            null,
            Admission.UNTIL_TOKENS,
            UrlSigner.LIFE,
            null,
            new RequestLines.Nowhere(),
            List.of(),
            Limits.USUAL);
  }

  /**
   * A certificate in PEM files.
   *
   * @param chain the server's own certificate first
   * @param key its private key, in PKCS #8
   */
  public record Certificate(Path chain, Path key) {}

  /** Unless told otherwise, a batch that is not touched for a day is abandoned. */
  public static final Duration EXPIRE_AFTER = Duration.ofHours(24);

  /** An embedded archive runs now and then only. */
  private static final Duration EMBEDDED_EXPIRE_AFTER = Duration.ofDays(7);

  /** Unless told otherwise, uploaders have an hour to come back after a start or a clock jump. */
  public static final Duration EXPIRE_GRACE = Duration.ofHours(1);

  /** With no other origin allowed. */
  public ServerOptions(
      Path root,
      String host,
      int port,
      @Nullable String publicUrl,
      String version,
      Duration expireAfter,
      boolean shared,
      @Nullable String onFinalize,
      Duration expireGrace) {
    this(
        root,
        host,
        port,
        publicUrl,
        version,
        expireAfter,
        shared,
        onFinalize,
        expireGrace,
        Callers.USUAL);
  }

  /** With all that may be left out left out. */
  public ServerOptions(
      Path root, String host, int port, @Nullable String publicUrl, String version) {
    this(root, host, port, publicUrl, version, EXPIRE_AFTER, false, null);
  }

  /** With the usual grace period, and no other origin allowed. */
  public ServerOptions(
      Path root,
      String host,
      int port,
      @Nullable String publicUrl,
      String version,
      Duration expireAfter,
      boolean shared,
      @Nullable String onFinalize) {
    this(root, host, port, publicUrl, version, expireAfter, shared, onFinalize, EXPIRE_GRACE);
  }

  /**
   * Of an archive that is embedded in a process, and serves that alone; others may use the root.
   *
   * @param secret what its callers know: everybody on the machine can find its port
   */
  public static ServerOptions embedded(Path root, Secret secret, String version) {
    return new ServerOptions(root, "127.0.0.1", 0, null, version, EMBEDDED_EXPIRE_AFTER, true, null)
        .admitting(new Admission.ThisProcess(secret))
        .with(Limits.USUAL.with(Limit.OPEN_BATCHES_PER_OWNER, Limit.UNLIMITED));
  }

  /** The same with pages of an origin allowed to call from a browser. */
  public ServerOptions withCorsOrigin(String origin) {
    return with(
        new Callers(
            origin,
            callers.admission,
            callers.urlLife,
            callers.certificate,
            callers.requestLines,
            callers.trustedProxies,
            callers.limits));
  }

  /** The same for other callers. */
  public ServerOptions admitting(Admission others) {
    return with(
        new Callers(
            callers.corsOrigin,
            others,
            callers.urlLife,
            callers.certificate,
            callers.requestLines,
            callers.trustedProxies,
            callers.limits));
  }

  /** The same with TLS. */
  public ServerOptions with(Certificate shown) {
    return with(
        new Callers(
            callers.corsOrigin,
            callers.admission,
            callers.urlLife,
            shown,
            callers.requestLines,
            callers.trustedProxies,
            callers.limits));
  }

  /** The same with a line for each request. */
  public ServerOptions telling(RequestLines lines) {
    return with(
        new Callers(
            callers.corsOrigin,
            callers.admission,
            callers.urlLife,
            callers.certificate,
            lines,
            callers.trustedProxies,
            callers.limits));
  }

  /** The same behind proxies. */
  public ServerOptions behind(List<AddressRange> proxies) {
    return with(
        new Callers(
            callers.corsOrigin,
            callers.admission,
            callers.urlLife,
            callers.certificate,
            callers.requestLines,
            proxies,
            callers.limits));
  }

  /** The same with other limits. */
  public ServerOptions with(Limits limits) {
    return with(
        new Callers(
            callers.corsOrigin,
            callers.admission,
            callers.urlLife,
            callers.certificate,
            callers.requestLines,
            callers.trustedProxies,
            limits));
  }

  /** The same, meeting its callers in another way. */
  public ServerOptions with(Callers others) {
    return new ServerOptions(
        root, host, port, publicUrl, version, expireAfter, shared, onFinalize, expireGrace, others);
  }
}
