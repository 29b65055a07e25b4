package dev.archive.server.http;

import dev.archive.durable.Secrets;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import dev.archive.server.ingest.Grant;
import dev.archive.server.ingest.GrantSigner;
import dev.archive.wire.Routes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Makes and checks presigned URLs: each allows one PUT target (object, upload, part), one size,
 * exact or at most, and, where it was known, one digest, until one time. The path of the object
 * travels as base64url, so that no proxy, router or normaliser can read another name in it.
 */
public final class UrlSigner implements GrantSigner {
  /** How long a URL lives: as long as those of the deployments that clients are used to. */
  static final Duration LIFE = Duration.ofHours(24);

  private static final int KEY_BYTES = 32;

  private final byte[] key;
  private final Clock clock;

  public UrlSigner(byte[] key, Clock clock) {
    this.key = key.clone();
    this.clock = clock;
  }

  /** With the key in a file, which is made where it is missing. */
  public static UrlSigner withKeyIn(Path file, Clock clock) throws IOException {
    byte[] fresh = new byte[KEY_BYTES];
    new SecureRandom().nextBytes(fresh);
    byte[] key = Secrets.read(file, fresh);
    if (key.length != KEY_BYTES) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          file + " is no signing key (" + KEY_BYTES + " bytes); move it away to get a new one");
    }
    return new UrlSigner(key, clock);
  }

  @Override
  public String sign(Grant grant) {
    String target = target(grant, clock.instant().plus(LIFE).getEpochSecond());
    return target + "&signature=" + signature(target);
  }

  /**
   * Reads the path and query of a request back into the grant it carries. Parsed values are written
   * again and must give the very text that came: there is one form of each URL.
   *
   * @throws ArchiveException {@link ErrorCode#FORBIDDEN} or {@link ErrorCode#URL_EXPIRED}
   */
  Grant verify(String target) {
    int end = target.lastIndexOf("&signature=");
    if (end < 0) {
      throw forbidden();
    }
    String signed = target.substring(0, end);
    byte[] given = target.substring(end + "&signature=".length()).getBytes(StandardCharsets.UTF_8);
    if (!MessageDigest.isEqual(signature(signed).getBytes(StandardCharsets.UTF_8), given)) {
      throw forbidden();
    }
    try {
      return parse(signed);
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw forbidden();
    }
  }

  private Grant parse(String target) {
    int query = target.indexOf('?');
    String[] path = target.substring(Routes.UPLOAD.length(), query).split("/", -1);
    long size = -1;
    boolean exact = true;
    String uploadId = null;
    int part = 0;
    Sha256 sha256 = null;
    long expires = -1;
    for (String pair : target.substring(query + 1).split("&", -1)) {
      int equals = pair.indexOf('=');
      String value = pair.substring(equals + 1);
      switch (pair.substring(0, equals)) {
        case "size" -> size = Long.parseLong(value);
        case "max" -> {
          size = Long.parseLong(value);
          exact = false;
        }
        case "upload" -> uploadId = value;
        case "part" -> part = Integer.parseInt(value);
        case "sha256" -> sha256 = Sha256.parse(value);
        case "expires" -> expires = Long.parseLong(value);
        default -> throw forbidden();
      }
    }
    LogicalPath object =
        LogicalPath.parse(
            new String(Base64.getUrlDecoder().decode(path[1]), StandardCharsets.UTF_8));
    Grant grant = new Grant(BatchId.parse(path[0]), object, uploadId, part, size, exact, sha256);
    if (!target(grant, expires).equals(target)) {
      throw forbidden();
    }
    if (clock.instant().getEpochSecond() >= expires) {
      throw new ArchiveException(
          ErrorCode.URL_EXPIRED,
          "this upload URL has expired; start the file again for a fresh one");
    }
    return grant;
  }

  private static String target(Grant grant, long expires) {
    StringBuilder out =
        new StringBuilder(Routes.UPLOAD)
            .append(grant.batch())
            .append('/')
            .append(token(grant.path()));
    out.append(grant.exact() ? "?size=" : "?max=").append(grant.size());
    if (grant.uploadId() != null) {
      out.append("&upload=").append(grant.uploadId()).append("&part=").append(grant.part());
    }
    if (grant.sha256() != null) {
      out.append("&sha256=").append(grant.sha256());
    }
    return out.append("&expires=").append(expires).toString();
  }

  private String signature(String target) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return HexFormat.of()
          .formatHex(mac.doFinal(("v1\nPUT\n" + target).getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has HmacSHA256", e);
    }
  }

  private static String token(LogicalPath path) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(path.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static ArchiveException forbidden() {
    return new ArchiveException(ErrorCode.FORBIDDEN, "this upload URL was not made by this server");
  }
}
