package dev.archive.server;

import dev.archive.durable.Secrets;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.RSAPrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A certificate chain and its private key in PEM files (RFC 7468). */
final class PemFiles {
  /** Of the key store, which never leaves the memory. */
  static final char[] PASSWORD = "memory".toCharArray();

  private static final Pattern KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");

  private PemFiles() {}

  /**
   * The pair as a key store.
   *
   * @param chain the server's own certificate first
   * @param key in PKCS #8, not encrypted, which only its owner may use
   * @throws IOException says in words what is wrong with which file
   */
  static KeyStore read(Path chain, Path key) throws IOException {
    List<X509Certificate> certificates = certificates(chain);
    PrivateKey secret = key(key);
    try {
      if (!fits(secret, certificates.get(0))) {
        throw new IOException(key + " is not the key of the first certificate in " + chain);
      }
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, PASSWORD);
      store.setKeyEntry("server", secret, PASSWORD, certificates.toArray(new Certificate[0]));
      return store;
    } catch (GeneralSecurityException e) {
      throw new IOException(chain + " and " + key + " cannot be used: " + e.getMessage(), e);
    }
  }

  private static List<X509Certificate> certificates(Path file) throws IOException {
    try {
      List<X509Certificate> found =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(Files.readAllBytes(file)))
              .stream()
              .map(X509Certificate.class::cast)
              .toList();
      if (!found.isEmpty()) {
        return found;
      }
    } catch (GeneralSecurityException e) {
      throw new IOException(file + " is not a chain of certificates in PEM", e);
    }
    throw new IOException(file + " holds no certificate in PEM");
  }

  private static PrivateKey key(Path file) throws IOException {
    Matcher pem = KEY.matcher(new String(Secrets.read(file), StandardCharsets.US_ASCII));
    if (!pem.find()) {
      throw new IOException(
          file
              + " holds no private key in PKCS #8 without a password; openssl pkcs8 -topk8 -nocrypt"
              + " makes one of it");
    }
    PKCS8EncodedKeySpec encoded;
    try {
      encoded = new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(pem.group(1)));
    } catch (IllegalArgumentException e) {
      throw new IOException(file + " holds a private key that is damaged: it is not Base64", e);
    }
    for (String algorithm : List.of("RSA", "EC", "EdDSA")) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(encoded);
      } catch (GeneralSecurityException e) {
        // Of another algorithm, or of none of them.
      }
    }
    throw new IOException(file + " holds a key that is not of RSA, EC or EdDSA");
  }

  /** A key and a certificate of two renewals do not fit, and no client could connect. */
  private static boolean fits(PrivateKey key, X509Certificate certificate)
      throws GeneralSecurityException {
    String algorithm =
        key instanceof RSAPrivateKey
            ? "SHA256withRSA"
            : key instanceof ECPrivateKey ? "SHA256withECDSA" : "EdDSA";
    if (!certificate.getPublicKey().getAlgorithm().equals(key.getAlgorithm())) {
      return false;
    }
    byte[] text = {1, 2, 3};
    Signature made = Signature.getInstance(algorithm);
    made.initSign(key);
    made.update(text);
    byte[] signature = made.sign();
    Signature checked = Signature.getInstance(algorithm);
    checked.initVerify(certificate.getPublicKey());
    checked.update(text);
    return checked.verify(signature);
  }
}
