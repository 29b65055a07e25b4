package dev.archive.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.server.IngestServer;
import dev.archive.server.ServerOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The real client at the real server, over TLS. */
class TlsTest {
  private static final long DAY = 86_400_000;
  private static final HeldCertificate CA =
      new HeldCertificate.Builder().certificateAuthority(0).commonName("private").build();

  @TempDir Path directory;
  private Path chain;
  private Path key;
  private Path authority;
  private Path source;

  @BeforeEach
  void makeFiles() throws IOException {
    chain = directory.resolve("chain.pem");
    key = directory.resolve("key.pem");
    authority = Files.writeString(directory.resolve("ca.pem"), CA.certificatePem());
    source = Files.createDirectory(directory.resolve("source"));
    for (int i = 0; i < 20; i++) {
      Files.writeString(source.resolve("file " + i), "content " + i);
    }
    show(signed("127.0.0.1").serialNumber(1).build());
  }

  private static HeldCertificate.Builder signed(String name) {
    return new HeldCertificate.Builder().signedBy(CA).addSubjectAlternativeName(name);
  }

  private void show(HeldCertificate certificate) throws IOException {
    Files.writeString(chain, certificate.certificatePem());
    Files.writeString(key, certificate.privateKeyPkcs8Pem());
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
  }

  private IngestServer server() {
    return IngestServer.start(
        new ServerOptions(directory.resolve("root"), "127.0.0.1", 0, null, "test")
            .with(new ServerOptions.Certificate(chain, key)),
        Clock.systemUTC());
  }

  private CommandRun upload(IngestServer server, Map<String, String> more, String... args) {
    Map<String, String> environment = new HashMap<>(more);
    environment.put("XDG_STATE_HOME", directory.resolve("state").toString());
    String[] line = new String[args.length + 3];
    line[0] = "upload";
    line[1] = "--server=" + server.url();
    line[2] = source.toString();
    System.arraycopy(args, 0, line, 3, args.length);
    return CommandRun.of(environment, line);
  }

  @Test
  void serverOfATrustedAuthorityIsUsed() {
    try (IngestServer server = server()) {
      assertTrue(server.url().startsWith("https://"), server.url());
      CommandRun done = upload(server, Map.of(), "--ca-file=" + authority);
      assertEquals(0, done.exit(), done.err());
      CommandRun again = upload(server, Map.of("ARCHIVE_CA_FILE", authority.toString()), "--again");
      assertEquals(0, again.exit(), again.err());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"untrusted", "expired", "another's", "not asked for"})
  void serverThatIsNotTrustedGetsNothing(String kind) throws IOException {
    long now = Clock.systemUTC().millis();
    switch (kind) {
      case "untrusted" ->
          show(new HeldCertificate.Builder().addSubjectAlternativeName("127.0.0.1").build());
      case "expired" ->
          show(signed("127.0.0.1").validityInterval(now - 2 * DAY, now - DAY).build());
      case "another's" -> show(signed("archive.example").build());
      default -> {}
    }
    try (IngestServer server = server()) {
      CommandRun refused =
          kind.equals("not asked for")
              ? upload(server, Map.of())
              : upload(server, Map.of(), "--ca-file=" + authority);
      assertEquals(2, refused.exit(), refused.err());
      assertTrue(refused.err().contains("cannot be trusted"), refused.err());
      assertTrue(refused.err().contains("certificate"), refused.err());
      assertFalse(refused.err().contains("PKIX"), refused.err());
    }
    try (IngestServer plain =
        IngestServer.start(
            new ServerOptions(directory.resolve("root"), "127.0.0.1", 0, null, "test"),
            Clock.systemUTC())) {
      assertEquals("", CommandRun.of(Map.of(), "list", "--server=" + plain.url()).out());
    }
  }

  @Test
  void renewedCertificateIsShownWithoutAFailedUpload() throws Exception {
    try (IngestServer server = server()) {
      assertEquals("1", serial(server));
      CompletableFuture<CommandRun> upload =
          CompletableFuture.supplyAsync(
              () -> upload(server, Map.of(), "--ca-file=" + authority, "--parallel=3"));
      for (int i = 2; i < 5; i++) {
        show(signed("127.0.0.1").serialNumber(i).build());
        server.reload();
        assertEquals(String.valueOf(i), serial(server));
      }
      assertEquals(0, upload.get().exit(), upload.get().err());
      // Half of a renewal: the certificate before goes on.
      Files.writeString(key, signed("127.0.0.1").build().privateKeyPkcs8Pem());
      server.reload();
      Files.writeString(chain, "nothing");
      server.reload();
      Files.delete(key);
      server.reload();
      assertEquals("4", serial(server));
    }
  }

  private static String serial(IngestServer server) throws IOException {
    SSLSocketFactory sockets =
        new HandshakeCertificates.Builder()
            .addTrustedCertificate(CA.certificate())
            .build()
            .sslSocketFactory();
    int port = java.net.URI.create(server.url()).getPort();
    try (SSLSocket socket = (SSLSocket) sockets.createSocket("127.0.0.1", port)) {
      socket.startHandshake();
      return ((java.security.cert.X509Certificate) socket.getSession().getPeerCertificates()[0])
          .getSerialNumber()
          .toString();
    } catch (SSLPeerUnverifiedException e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1", "TLSv1.1"})
  void oldProtocolsAreRefused(String protocol) throws IOException {
    try (IngestServer server = server()) {
      SSLSocketFactory sockets =
          new HandshakeCertificates.Builder()
              .addTrustedCertificate(CA.certificate())
              .build()
              .sslSocketFactory();
      int port = java.net.URI.create(server.url()).getPort();
      try (SSLSocket socket = (SSLSocket) sockets.createSocket("127.0.0.1", port)) {
        socket.setEnabledProtocols(new String[] {protocol});
        assertThrows(IOException.class, socket::startHandshake);
      }
    }
  }

  @Test
  void filesThatCannotBeUsedAreNamed() throws IOException {
    assertRefused("is missing", () -> Files.delete(chain));
    assertRefused("holds no certificate", () -> Files.writeString(chain, ""));
    assertRefused(
        "is not the key of",
        () -> Files.writeString(key, signed("127.0.0.1").build().privateKeyPkcs8Pem()));
    assertRefused(
        "is damaged",
        () ->
            Files.writeString(
                key, "-----BEGIN PRIVATE KEY-----\nAAAAA\n-----END PRIVATE KEY-----\n"));
    assertRefused("openssl pkcs8", () -> Files.writeString(key, "-----BEGIN RSA PRIVATE KEY-----"));
    assertRefused(
        "chmod 600",
        () -> Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r-----")));
    CommandRun alone =
        CommandRun.of(
            Map.of(), "serve", "--root=" + directory.resolve("root"), "--tls-cert=" + chain);
    assertEquals(2, alone.exit(), alone.err());
    CommandRun trust =
        CommandRun.of(Map.of(), "list", "--server=https://127.0.0.1:1", "--ca-file=" + source);
    assertEquals(2, trust.exit(), trust.err());
  }

  private interface Change {
    void make() throws IOException;
  }

  private void assertRefused(String words, Change change) throws IOException {
    show(signed("127.0.0.1").build());
    change.make();
    ArchiveException e = assertThrows(ArchiveException.class, this::server);
    assertEquals(ErrorCode.USAGE, e.code());
    assertTrue(e.getMessage().contains(words), e.getMessage());
    assertTrue(Files.notExists(directory.resolve("root")));
  }
}
