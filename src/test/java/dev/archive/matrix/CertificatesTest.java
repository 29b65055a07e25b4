package dev.archive.matrix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.archive.testing.ArchiveProcess;
import dev.archive.testing.Trees;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Row W1: a server whose certificate is not trusted, is over, or is another's. */
@Timeout(120)
class CertificatesTest {
  private static final char[] PASSWORD = "changeit".toCharArray();

  private static final List<String> BAD = List.of("untrusted", "over", "anothers");

  @TempDir static Path directory;

  private static HeldCertificate ca;
  private static Map<String, HeldCertificate> servers;

  @BeforeAll
  static void makeCertificates() throws Exception {
    ca = new HeldCertificate.Builder().certificateAuthority(0).build();
    long day = 86_400_000;
    long now = System.currentTimeMillis();
    servers =
        Map.of(
            "right",
            signed("127.0.0.1").build(),
            "over",
            signed("127.0.0.1").validityInterval(now - 2 * day, now - day).build(),
            "anothers",
            signed("archive.example").build(),
            "untrusted",
            new HeldCertificate.Builder().addSubjectAlternativeName("127.0.0.1").build());
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, PASSWORD);
    trusted.setCertificateEntry("ca", ca.certificate());
    try (OutputStream out = Files.newOutputStream(directory.resolve("trusted.p12"))) {
      trusted.store(out, PASSWORD);
    }
  }

  private static HeldCertificate.Builder signed(String name) {
    return new HeldCertificate.Builder().signedBy(ca).addSubjectAlternativeName(name);
  }

  @EverySeed
  void w1_certificatesAreCheckedAndADoubtIsTheEnd(long seed) throws Exception {
    Path tree = Trees.small(Files.createDirectories(directory.resolve("tree" + seed)), 1, seed);
    assertEquals(1, requests("right", tree, "does not speak the ingest API"));
    String bad = BAD.get((int) seed % BAD.size());
    assertEquals(0, requests(bad, tree, "cannot be trusted"), bad);
  }

  /** How many requests a server with a certificate got before the uploader gave up. */
  private static int requests(String certificate, Path tree, String told) throws Exception {
    AtomicInteger requests = new AtomicInteger();
    HttpsServer server =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(context(certificate)));
    server.createContext(
        "/",
        exchange -> {
          requests.incrementAndGet();
          exchange.sendResponseHeaders(404, -1);
          exchange.close();
        });
    server.start();
    try {
      ArchiveProcess upload =
          ArchiveProcess.run(
              directory.resolve("log"),
              Map.of("XDG_STATE_HOME", directory.resolve("state").toString()),
              List.of(),
              List.of(
                  "-Djavax.net.ssl.trustStore=" + directory.resolve("trusted.p12"),
                  "-Djavax.net.ssl.trustStorePassword=" + new String(PASSWORD)),
              List.of(
                  "upload",
                  "--server",
                  "https://127.0.0.1:" + server.getAddress().getPort(),
                  tree.toString()));
      assertEquals(2, upload.exit(), upload::log);
      assertTrue(upload.log().contains(told), upload::log);
      return requests.get();
    } finally {
      server.stop(0);
    }
  }

  private static SSLContext context(String certificate) {
    return new HandshakeCertificates.Builder()
        .heldCertificate(servers.get(certificate))
        .build()
        .sslContext();
  }
}
