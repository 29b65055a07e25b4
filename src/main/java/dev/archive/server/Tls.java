package dev.archive.server;

import dev.archive.durable.LocalErrors;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Arrays;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificate of a server, read again when its files change: connections that are open keep the
 * one before. Files that cannot be used change nothing.
 */
final class Tls implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Tls.class);

  private final ServerOptions.Certificate files;
  private final SslContextFactory.Server factory = new SslContextFactory.Server();
  private byte[] seen;

  /**
   * Reads the certificate.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE}
   */
  Tls(ServerOptions.Certificate files) {
    this.files = files;
    factory.setIncludeProtocols("TLSv1.3", "TLSv1.2");
    factory.setKeyStorePassword(new String(PemFiles.PASSWORD));
    // A client that calls the server by its address sends no name.
    factory.setSniRequired(false);
    try {
      seen = bytes();
      factory.setKeyStore(read());
    } catch (IOException e) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "cannot serve with TLS: " + LocalErrors.fileAndReason(e) + "; not started",
          e);
    }
  }

  SslContextFactory.Server factory() {
    return factory;
  }

  /** Reads the files again if they are others than before. */
  @Override
  public synchronized void run() {
    try {
      byte[] now = bytes();
      if (Arrays.equals(now, seen)) {
        return;
      }
      KeyStore renewed = read();
      factory.reload(each -> each.setKeyStore(renewed));
      seen = now;
      LOG.info("the certificate was read again from {}", files.chain());
    } catch (Exception e) {
      LOG.warn("the certificate is still the one before: {}", e.getMessage());
    }
  }

  private KeyStore read() throws IOException {
    return PemFiles.read(files.chain(), files.key());
  }

  private byte[] bytes() throws IOException {
    byte[] chain = bytes(files.chain());
    byte[] key = bytes(files.key());
    byte[] both = Arrays.copyOf(chain, chain.length + key.length);
    System.arraycopy(key, 0, both, chain.length, key.length);
    return both;
  }

  private static byte[] bytes(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException(file + " is missing, or not a file");
    }
    return Files.readAllBytes(file);
  }
}
