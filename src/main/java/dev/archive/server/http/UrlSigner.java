package dev.archive.server.http;

import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import dev.archive.server.ingest.Grant;
import dev.archive.server.ingest.GrantSigner;
import dev.archive.wire.Routes;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import javax.crypto.Mac;

/**
 * Makes and checks presigned URLs: each allows one PUT target (object, upload, part), one size,
 * exact or at most, and, where it was known, one digest, until one time. The path of the object
 * travels as base64url, so that no proxy, router or normaliser can read another name in it.
 */
public final class UrlSigner implements GrantSigner {
  /** How long a URL lives: as long as those of the deployments that clients are used to. */
  public static final Duration LIFE = Duration.ofHours(24);

  static final String HMAC = "HmacSHA256";

  private static final String SIGNATURE = "&signature=";

  private final SigningKeys keys;
  private final Clock clock;
  private final Duration life;

  /**
   * Signs with the keys of a root.
   *
   * @param life of a URL
   */
  public UrlSigner(SigningKeys keys, Clock clock, Duration life) {
    this.keys = keys;
    this.clock = clock;
    this.life = life;
  }

  @Override
  public String sign(Grant grant) {
    SigningKeys.Key key = keys.current();
    return signed(key, target(grant, clock.instant().plus(life).getEpochSecond(), key.id()));
  }

  static String signed(SigningKeys.Key key, String target) {
    return target + SIGNATURE + signature(key, target);
  }

  /**
   * Reads the path and query of a request back into the grant it carries. Parsed values are written
   * again and must give the very text that came: there is one form of each URL.
   *
   * @throws ArchiveException {@link ErrorCode#FORBIDDEN} or {@link ErrorCode#URL_EXPIRED}
   */
  Grant verify(String target) {
    int end = target.lastIndexOf(SIGNATURE);
    if (end < 0) {
      throw forbidden();
    }
    String signed = target.substring(0, end);
    byte[] given = target.substring(end + SIGNATURE.length()).getBytes(StandardCharsets.UTF_8);
    boolean good = false;
    // Also URLs of builds that named no key; that there are two keys is no secret.
    for (SigningKeys.Key each : keys.live()) {
      byte[] right = signature(each, signed).getBytes(StandardCharsets.UTF_8);
      good |= MessageDigest.isEqual(right, given);
    }
    if (!good) {
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
    String key = null;
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
        case "key" -> key = value;
        default -> throw forbidden();
      }
    }
    LogicalPath object =
        LogicalPath.parse(
            new String(Base64.getUrlDecoder().decode(path[1]), StandardCharsets.UTF_8));
    Grant grant = new Grant(BatchId.parse(path[0]), object, uploadId, part, size, exact, sha256);
    if (!target(grant, expires, key).equals(target)) {
      throw forbidden();
    }
    if (clock.instant().getEpochSecond() >= expires) {
      throw new ArchiveException(
          ErrorCode.URL_EXPIRED,
          "this upload URL has expired; start the file again for a fresh one");
    }
    return grant;
  }

  /**
   * The text that is signed.
   *
   * @param key the id of the key; null in URLs of earlier builds
   */
  private static String target(Grant grant, long expires, String key) {
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
    out.append("&expires=").append(expires);
    return (key == null ? out : out.append("&key=").append(key)).toString();
  }

  private static String signature(SigningKeys.Key key, String target) {
    try {
      Mac mac = Mac.getInstance(HMAC);
      mac.init(key.secret());
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
