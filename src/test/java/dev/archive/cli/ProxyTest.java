package dev.archive.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.client.api.Proxies;
import dev.archive.server.IngestServer;
import dev.archive.server.ServerOptions;
import dev.archive.testing.ServerFixture;
import dev.archive.testing.Trees;
import dev.archive.testing.TunnelProxy;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import okhttp3.Credentials;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The real client at the real server, through a real proxy. */
class ProxyTest {
  private static final String TOKEN = "arch_canary_" + "k".repeat(43);

  @TempDir Path directory;
  private final Map<String, String> environment = new HashMap<>();
  private Path tree;

  @BeforeEach
  void prepare() throws Exception {
    tree = Trees.small(directory.resolve("tree"), 3, 1);
    environment.put("ARCHIVE_HOME", directory.resolve("home").toString());
    environment.put("XDG_STATE_HOME", directory.resolve("state").toString());
  }

  private CommandRun upload(String server, String... more) {
    String[] line = new String[more.length + 3];
    line[0] = "upload";
    line[1] = "--server=" + server;
    line[2] = tree.toString();
    System.arraycopy(more, 0, line, 3, more.length);
    return CommandRun.of(environment, line);
  }

  private IngestServer plain() {
    return ServerFixture.start(directory.resolve("root"));
  }

  private static TunnelProxy proxy(IngestServer server, String credentials) throws IOException {
    return new TunnelProxy(URI.create(server.url()).getPort(), credentials, 0);
  }

  private static String proxy(TunnelProxy proxy) {
    return "http://127.0.0.1:" + proxy.port();
  }

  @Test
  void forwardedRequestsCarryEverything() throws Exception {
    Files.write(tree.resolve("large"), new byte[6 << 20]);
    try (IngestServer server = server("http://archive.test", null);
        TunnelProxy proxy = proxy(server, null)) {
      environment.put("http_proxy", proxy(proxy));
      CommandRun done = upload("http://archive.test");
      assertEquals(0, done.exit(), done.err());
      assertTrue(
          proxy.heads().stream().anyMatch(each -> each.startsWith("GET http://archive.test/")));
      assertTrue(proxy.seen().contains("PUT http://archive.test/"), "bytes go through it, too");
      CommandRun verified =
          CommandRun.of(
              environment,
              "verify",
              "--server=http://archive.test",
              done.outLines().get(0).replaceFirst(".*batch ", ""),
              tree.toString());
      assertEquals(0, verified.exit(), verified.err());
    }
  }

  private IngestServer server(String name, ServerOptions.Certificate certificate) {
    return IngestServer.start(
        new ServerOptions(directory.resolve("root"), "127.0.0.1", 0, name, "test")
            .with(certificate),
        Clock.systemUTC());
  }

  @Test
  void tunnelHidesTokenAndBytes() throws Exception {
    HeldCertificate certificate =
        new HeldCertificate.Builder().addSubjectAlternativeName("archive.test").build();
    Path ca = Files.writeString(directory.resolve("ca.pem"), certificate.certificatePem());
    Path key = Files.writeString(directory.resolve("key.pem"), certificate.privateKeyPkcs8Pem());
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
    String login = Credentials.basic("me", "p@ss");
    try (IngestServer server =
            server("https://archive.test", new ServerOptions.Certificate(ca, key));
        TunnelProxy proxy = proxy(server, login)) {
      environment.put("HTTPS_PROXY", "http://me:p%40ss@127.0.0.1:" + proxy.port());
      environment.put("ARCHIVE_TOKEN", TOKEN);
      CommandRun done = upload("https://archive.test", "--ca-file=" + ca);
      assertEquals(0, done.exit(), done.err());
      assertTrue(
          proxy.heads().stream().allMatch(each -> each.startsWith("CONNECT archive.test:443 ")));
      assertFalse(proxy.seen().contains(TOKEN));
      assertFalse(proxy.seen().contains("Bearer"));

      environment.put("HTTPS_PROXY", "http://me:wrong@127.0.0.1:" + proxy.port());
      CommandRun refused = upload("https://archive.test", "--again", "--ca-file=" + ca);
      assertEquals(2, refused.exit(), refused.err());
      assertTrue(refused.err().contains("asks for a user name and a password"), refused.err());
      assertFalse(refused.err().contains("wrong"), refused.err());
    }
  }

  /** A server in a tunnel that answers as if it were the proxy. */
  @Test
  void passwordOfTheProxyIsForTheProxyAlone() throws Exception {
    HeldCertificate certificate =
        new HeldCertificate.Builder().addSubjectAlternativeName("archive.test").build();
    Path ca = Files.writeString(directory.resolve("ca.pem"), certificate.certificatePem());
    try (MockWebServer server = new MockWebServer()) {
      server.useHttps(
          new HandshakeCertificates.Builder()
              .heldCertificate(certificate)
              .build()
              .sslSocketFactory());
      server.start();
      for (int i = 0; i < 50; i++) {
        server.enqueue(
            new MockResponse.Builder()
                .code(407)
                .setHeader("Proxy-Authenticate", "Basic realm=\"p\"")
                .build());
      }
      try (TunnelProxy proxy = new TunnelProxy(server.getPort(), Credentials.basic("me", "p"), 0)) {
        environment.put("https_proxy", "http://me:p@127.0.0.1:" + proxy.port());
        CommandRun run = upload("https://archive.test", "--ca-file=" + ca, "--timeout=30s");
        assertTrue(run.exit() != 0, run.err());
        assertTrue(server.getRequestCount() > 0, run.err());
        for (int i = server.getRequestCount(); i > 0; i--) {
          assertNull(server.takeRequest().getHeaders().get("Proxy-Authorization"));
        }
      }
    }
  }

  @Test
  void variableThatIsNotNeededIsNotJudged() throws Exception {
    environment.put("https_proxy", "socks5://not.needed:1");
    environment.put("http_proxy", "https://not.needed:1");
    try (IngestServer server = plain()) {
      CommandRun run = upload(server.url());
      assertEquals(0, run.exit(), run.err());
    }
    assertNull(
        Proxies.of(null, Map.of("https_proxy", "socks5://h:1", "no_proxy", "example.org"))
            .of("https://in.example.org"));
  }

  @Test
  void tokenIsNotSentThroughAProxyThatCouldReadIt() throws Exception {
    try (TunnelProxy proxy = new TunnelProxy(1, null, 0)) {
      environment.put("http_proxy", proxy(proxy));
      environment.put("ARCHIVE_TOKEN", TOKEN);
      CommandRun run = upload("http://archive.test:1", "--insecure-http");
      assertEquals(2, run.exit(), run.err());
      assertTrue(run.err().contains("through the proxy " + proxy(proxy)), run.err());
      assertEquals(List.of(), proxy.heads());
    }
  }

  @Test
  void thisMachineIsReachedDirectlyUnlessAsked() throws Exception {
    environment.put("https_proxy", "socks5://is.not.used:1");
    assertEquals(0, CommandRun.of(environment, "upload", tree.toString()).exit());
    try (IngestServer server = plain();
        TunnelProxy proxy = proxy(server, null)) {
      environment.put("http_proxy", proxy(proxy));
      environment.put("https_proxy", proxy(proxy));
      assertEquals(0, upload(server.url()).exit());
      assertEquals(List.of(), proxy.heads());
      assertEquals(0, upload(server.url(), "--again", "--proxy=" + proxy(proxy)).exit());
      assertFalse(proxy.heads().isEmpty());
    }
  }

  @ParameterizedTest
  @CsvSource({"403, 2, HTTP status 403", "502, 5, HTTP status 502", "407, 2, asks for a user name"})
  void refusalOfTheProxyIsSaidAsThat(int status, int exit, String words) throws Exception {
    try (TunnelProxy proxy = new TunnelProxy(1, null, status)) {
      environment.put("https_proxy", proxy(proxy));
      CommandRun run = upload("https://archive.test:1", "--timeout=2s");
      assertEquals(exit, run.exit(), run.err());
      if (exit == 2) {
        assertTrue(run.err().contains(words), run.err());
        assertTrue(run.err().contains("the proxy " + proxy(proxy) + " (https_proxy)"), run.err());
      }
    }
  }

  @Test
  void doctorAndConfigNameTheProxyWithoutItsPassword() throws Exception {
    try (TunnelProxy proxy = new TunnelProxy(1, null, 403)) {
      environment.put("https_proxy", "http://me:hidden@127.0.0.1:" + proxy.port());
      CommandRun doctor = CommandRun.of(environment, "doctor", "--server=https://archive.test");
      assertTrue(
          doctor.out().contains("proxy      " + proxy(proxy) + " (https_proxy)"), doctor.out());
      CommandRun config = CommandRun.of(environment, "config", "show");
      assertTrue(config.out().contains("http://***@127.0.0.1:" + proxy.port()), config.out());
      assertFalse((doctor.out() + doctor.err() + config.out()).contains("hidden"));
      environment.put("https_proxy", "http://me:a/hidden@127.0.0.1:1");
      environment.put("ARCHIVE_PROXY", "http://me:a/hidden@127.0.0.1:1");
      CommandRun odd = CommandRun.of(environment, "config", "show");
      assertFalse(odd.out().contains("hidden"), odd.out());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "socks5://h:1",
        "https://h:1",
        "h",
        "http://h",
        "http://h:1/path",
        "http://me:hidden@",
        "http://me:hid/den@h:1",
        "//h://x",
        "a b",
        ":",
        "http://h:99999"
      })
  void whatNamesNoProxyIsRefused(String value) {
    environment.put("https_proxy", value);
    CommandRun run = upload("https://archive.test");
    assertEquals(2, run.exit(), run.err());
    assertTrue(run.err().contains("https_proxy does not name a proxy"), run.err());
    assertFalse(run.err().contains("hidden"), run.err());
  }

  @ParameterizedTest
  @CsvSource({
    "example.org, true",
    ".example.org, true",
    "*.example.org, true",
    "EXAMPLE.ORG, true",
    "ample.org, false",
    "example.org:443, true",
    "example.org:80, false",
    "*, true",
    "'a, b example.org', true",
    "10.0.0.0/8, false"
  })
  void noProxyNamesHosts(String value, boolean direct) {
    Proxies proxies = Proxies.of(null, Map.of("https_proxy", "p:1", "no_proxy", value));
    assertEquals(direct, proxies.of("https://in.example.org") == null);
  }

  @Test
  void environmentIsReadAsCurlReadsIt() {
    assertNull(Proxies.of(null, Map.of("HTTP_PROXY", "p:1")).of("http://a"));
    assertNotNull(Proxies.of(null, Map.of("HTTPS_PROXY", "p:1")).of("https://a"));
    assertNull(Proxies.of(null, Map.of("https_proxy", "p:1")).of("http://a"));
    assertNull(Proxies.of(null, Map.of("http_proxy", "p:1")).of("http://[::1]:8"));
    assertNull(Proxies.of(null, Map.of("http_proxy", "p:1")).of("http://LOCALHOST:8"));
    Map<String, String> ranges = Map.of("http_proxy", "p:1", "NO_PROXY", "10.0.0.0/8,fd00::/8");
    assertNull(Proxies.of(null, ranges).of("http://10.9.8.7"));
    assertNull(Proxies.of(null, ranges).of("http://[fd12::1]"));
    assertNotNull(Proxies.of(null, ranges).of("http://11.9.8.7"));
    Map<String, String> ports = Map.of("http_proxy", "p:1", "no_proxy", "[fd12::1]:8,10.0.0.1:8");
    assertNull(Proxies.of(null, ports).of("http://[fd12::1]:8"));
    assertNull(Proxies.of(null, ports).of("http://10.0.0.1:8"));
    assertNotNull(Proxies.of(null, ports).of("http://[fd12::1]:9"));
    assertNotNull(Proxies.of(null, ports).of("http://10.0.0.1:9"));
    assertNull(Proxies.of("none", ranges).of("http://11.9.8.7"));
  }
}
