package dev.archive.client.api;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Text;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/**
 * Whose certificates are trusted: those that Java trusts, and those in a file.
 *
 * @param sockets make connections to servers that are trusted
 */
record TrustedAuthorities(SSLSocketFactory sockets, X509TrustManager manager) {
  /**
   * With the certificates in a file.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE} where it holds none
   */
  static TrustedAuthorities in(Path file) {
    try {
      KeyStore all = KeyStore.getInstance("PKCS12");
      all.load(null, null);
      List<Certificate> trusted = new ArrayList<>(List.of(manager(null).getAcceptedIssuers()));
      int known = trusted.size();
      trusted.addAll(
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(Files.readAllBytes(file))));
      if (trusted.size() == known) {
        throw refused(file, "it holds no certificate in PEM", null);
      }
      for (int i = 0; i < trusted.size(); i++) {
        all.setCertificateEntry("authority " + i, trusted.get(i));
      }
      X509TrustManager manager = manager(all);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {manager}, null);
      return new TrustedAuthorities(context.getSocketFactory(), manager);
    } catch (IOException | GeneralSecurityException e) {
      throw refused(file, "it is not a file of certificates in PEM that can be read", e);
    }
  }

  private static X509TrustManager manager(KeyStore store) throws GeneralSecurityException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return (X509TrustManager) factory.getTrustManagers()[0];
  }

  private static ArchiveException refused(Path file, String why, Exception e) {
    return new ArchiveException(
        ErrorCode.USAGE,
        "the certificates in "
            + Text.quote(file.toString())
            + " cannot be used: "
            + why
            + "; nothing was done",
        e);
  }
}
