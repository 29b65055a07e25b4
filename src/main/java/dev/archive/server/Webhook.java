package dev.archive.server;

import dev.archive.durable.Secrets;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A URL that messages are POSTed to, signed: {@code X-Archive-Signature: sha256=} and the HMAC in
 * hex of the body, keyed by the text of the secret. Taken when it answers 2xx; redirects are not
 * followed.
 */
final class Webhook implements Hook {
  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration ANSWER = Duration.ofSeconds(30);
  private static final int SECRET_BYTES = 32;

  private final URI target;
  private final byte[] secret;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .followRedirects(HttpClient.Redirect.NEVER)
          .connectTimeout(CONNECT)
          .build();

  Webhook(URI target, byte[] secret) {
    this.target = target;
    this.secret = secret.clone();
  }

  /** The secret in a file that a person can copy: one line of text, made where it is missing. */
  static byte[] secretIn(Path file) throws IOException {
    byte[] random = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(random);
    byte[] line = (HexFormat.of().formatHex(random) + "\n").getBytes(StandardCharsets.US_ASCII);
    String secret = new String(Secrets.read(file, line), StandardCharsets.UTF_8).strip();
    if (secret.isEmpty()) {
      throw new ArchiveException(
          ErrorCode.USAGE, file + " holds no secret; move it away to get a new one");
    }
    return secret.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void deliver(byte[] message) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(target)
            .timeout(ANSWER)
            .header("Content-Type", "application/json")
            .header("User-Agent", "archive")
            .header("X-Archive-Signature", "sha256=" + signature(message))
            .POST(BodyPublishers.ofByteArray(message))
            .build();
    int status = http.send(request, BodyHandlers.discarding()).statusCode();
    if (status < 200 || status > 299) {
      throw new IOException("it answered " + status);
    }
  }

  private String signature(byte[] message) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret, "HmacSHA256"));
      return HexFormat.of().formatHex(mac.doFinal(message));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has HmacSHA256", e);
    }
  }
}
