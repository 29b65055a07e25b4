package dev.archive.server.notify;

import dev.archive.durable.Secrets;
import dev.archive.model.ArchiveException;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import dev.archive.model.FatalErrors;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A URL that messages are POSTed to, signed: {@code X-Archive-Signature: sha256=} and the HMAC in
 * hex of the body, keyed by the text of the secret. Taken when it answers 2xx; redirects are not
 * followed. One time bounds the whole exchange, from the connection to the last byte of the answer.
 */
final class Webhook implements Hook {
  private static final Duration CONNECT = Duration.ofSeconds(10);

  /** How long a whole exchange may take. */
  static final Duration MAX_TIME = Duration.ofSeconds(30);

  private static final int MAX_PARALLEL = 64;
  private static final int SECRET_BYTES = 32;

  private final URI target;
  private final byte[] secret;
  private final Duration maxTime;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .followRedirects(HttpClient.Redirect.NEVER)
          .connectTimeout(CONNECT)
          .build();

  Webhook(URI target, byte[] secret) {
    this(target, secret, MAX_TIME);
  }

  /** The same, with a time of its own. */
  Webhook(URI target, byte[] secret, Duration maxTime) {
    this.maxTime = maxTime;
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
  public int parallel() {
    return MAX_PARALLEL;
  }

  @Override
  public void deliver(byte[] message) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(target)
            .timeout(maxTime)
            .header("Content-Type", "application/json")
            .header("User-Agent", "archive")
            .header("X-Archive-Signature", "sha256=" + signature(message))
            .POST(BodyPublishers.ofByteArray(message))
            .build();
    int status = answer(request);
    if (status < 200 || status > 299) {
      throw new IOException("it answered " + status);
    }
  }

  /** The status is the answer: what follows it is read only to keep the connection. */
  private int answer(HttpRequest request) throws IOException, InterruptedException {
    AtomicInteger status = new AtomicInteger();
    CompletableFuture<HttpResponse<Void>> exchange =
        http.sendAsync(
            request,
            head -> {
              status.set(head.statusCode());
              return BodySubscribers.discarding();
            });
    try {
      exchange.get(maxTime.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException e) {
      FatalErrors.report(e);
      if (status.get() == 0) {
        throw e instanceof ExecutionException && e.getCause() instanceof IOException known
            ? known
            : new IOException(
                "it did not answer within " + Count.of(maxTime.toSeconds(), "second"), e);
      }
    } finally {
      exchange.cancel(true);
    }
    return status.get();
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
