package dev.archive.testing;

import dev.archive.testing.KeyValueIngestServer.StoredObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Imitates the object storage behind existing deployments: a presigned PUT stores whatever comes
 * under whatever key its path names, as often as it is sent; a multipart upload is assembled of the
 * parts that complete lists, whether or not these are all.
 */
final class StagingBucket implements AutoCloseable {
  static final String PREFIX = "/bucket/";

  private final KeyValueIngestOptions options;
  private final Path partsDirectory;
  private final AtomicLong partFiles = new AtomicLong();
  private final AtomicLong uploadIds = new AtomicLong();
  private final Map<String, Upload> uploads = new ConcurrentHashMap<>();
  private final Map<String, Body> objects = new ConcurrentHashMap<>();

  StagingBucket(KeyValueIngestOptions options) throws IOException {
    this.options = options;
    this.partsDirectory = Files.createTempDirectory("staging-bucket");
  }

  /** A part as complete lists it. */
  record ListedPart(int number, String etag) {}

  /** A part that arrived; its bytes wait in a file, so that large tests need little memory. */
  private record Part(Path file, String etag) {}

  private record Upload(String key, Map<Integer, Part> parts) {}

  private record Body(StoredObject stored, Optional<byte[]> bytes) {}

  /** A URL of the raw name; the parameters are {@code uploadId} and {@code partNumber} or none. */
  String presignedUrl(String origin, String key, String parameters) {
    RawNameUrl url = RawNameUrl.parse(PREFIX + key);
    String signed = (parameters.isEmpty() ? "" : parameters + "&") + "X-Amz-Expires=86400";
    return url.with(
        origin, signed + "&X-Amz-Signature=" + signature(RawNameUrl.decode(url.path()), signed));
  }

  /** Whether the URL is one that was given out, however its path was encoded. */
  boolean isSigned(String path, Map<String, String> query) {
    String signed =
        Stream.of("uploadId", "partNumber", "X-Amz-Expires")
            .filter(query::containsKey)
            .map(name -> name + "=" + query.get(name))
            .collect(Collectors.joining("&"));
    return signature(path, signed).equals(query.get("X-Amz-Signature"));
  }

  String createUpload(String key) {
    String id = "upload-" + options.seed() + "-" + uploadIds.incrementAndGet();
    uploads.put(id, new Upload(key, new ConcurrentHashMap<>()));
    return id;
  }

  /** Stores the bytes under the key and returns their ETag. */
  String put(String key, InputStream in, long declaredSize) throws IOException {
    Intake intake = new Intake(OutputStream.nullOutputStream());
    intake.read(in);
    intake.requireSize(declaredSize);
    objects.put(key, intake.body());
    return intake.etag();
  }

  /** Stores the bytes as a part and returns their ETag; the key must be that of the upload. */
  String putPart(String key, String uploadId, int number, InputStream in, long declaredSize)
      throws IOException {
    Path file = partsDirectory.resolve("part-" + partFiles.incrementAndGet());
    String etag;
    try (OutputStream out = Files.newOutputStream(file)) {
      Intake intake = new Intake(out);
      intake.read(in);
      intake.requireSize(declaredSize);
      etag = intake.etag();
    }
    Upload upload = uploads.get(uploadId);
    if (upload == null || !upload.key().equals(key)) {
      throw Refusal.notFound("NoSuchUpload");
    }
    upload.parts().put(number, new Part(file, etag));
    return etag;
  }

  /** Makes one object of the listed parts, which need not be all of them. */
  void assemble(String key, String uploadId, List<ListedPart> listed) {
    Upload upload = uploads.get(uploadId);
    if (upload == null) {
      throw Refusal.internal();
    }
    if (listed.isEmpty()) {
      throw Refusal.invalid("No parts listed");
    }
    for (ListedPart part : listed) {
      Part stored = upload.parts().get(part.number());
      if (stored == null || !unquoted(stored.etag()).equals(unquoted(part.etag()))) {
        throw Refusal.invalid("One or more of the listed parts could not be found");
      }
    }
    Intake intake = new Intake(OutputStream.nullOutputStream());
    try {
      for (int number : listed.stream().mapToInt(ListedPart::number).sorted().toArray()) {
        try (InputStream in = Files.newInputStream(upload.parts().get(number).file())) {
          intake.read(in);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    objects.put(key, intake.body());
    uploads.remove(uploadId);
  }

  Map<String, StoredObject> objects() {
    return objects.entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue().stored()));
  }

  Optional<byte[]> bytes(String key) {
    return Optional.ofNullable(objects.get(key)).flatMap(Body::bytes);
  }

  @Override
  public void close() {
    try (Stream<Path> files = Files.list(partsDirectory)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
      Files.delete(partsDirectory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String signature(String path, String signed) {
    String text = options.seed() + "\n" + path + "\n" + signed;
    return hex(digest("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static String unquoted(String etag) {
    return etag.replace("\"", "");
  }

  private static MessageDigest digest(String algorithm) {
    try {
      return MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has " + algorithm, e);
    }
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  /** Digests what is read and passes it on; keeps the bytes only of what stays small. */
  private final class Intake {
    private final OutputStream out;
    private final MessageDigest md5 = digest("MD5");
    private final MessageDigest sha256 = digest("SHA-256");
    private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
    private long size;

    Intake(OutputStream out) {
      this.out = out;
    }

    void read(InputStream in) throws IOException {
      byte[] buffer = new byte[1 << 16];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        md5.update(buffer, 0, n);
        sha256.update(buffer, 0, n);
        out.write(buffer, 0, n);
        size += n;
        if (size <= options.keepBytesUpTo()) {
          kept.write(buffer, 0, n);
        } else {
          kept.reset();
        }
      }
    }

    void requireSize(long declared) {
      if (declared >= 0 && size != declared) {
        throw Refusal.invalid("IncompleteBody");
      }
    }

    String etag() {
      return '"' + hex(md5.digest()) + '"';
    }

    Body body() {
      StoredObject stored = new StoredObject(size, hex(sha256.digest()));
      boolean whole = size <= options.keepBytesUpTo();
      return new Body(stored, whole ? Optional.of(kept.toByteArray()) : Optional.empty());
    }
  }
}
