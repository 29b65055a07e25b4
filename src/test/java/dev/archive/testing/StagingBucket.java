package dev.archive.testing;

import static java.util.Comparator.comparingInt;

import dev.archive.testing.KeyValueIngestServer.StoredObject;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
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
  private final Path directory;
  private final AtomicLong files = new AtomicLong();
  private final AtomicLong uploadIds = new AtomicLong();
  private final Map<String, Upload> uploads = new ConcurrentHashMap<>();
  private final Map<String, Body> objects = new ConcurrentHashMap<>();

  StagingBucket(KeyValueIngestOptions options) throws IOException {
    this.options = options;
    this.directory = Files.createTempDirectory("staging-bucket");
  }

  /** A part as complete lists it. */
  record ListedPart(int number, String etag) {}

  /** That the storage did not assemble an upload. */
  static final class StorageError extends RuntimeException {
    static final String PARTS_NOT_FOUND = "One or more of the specified parts could not be found";
    private static final long serialVersionUID = 1;

    StorageError(String message) {
      super(message);
    }
  }

  /** Bytes that arrived: in memory as far as the options say, else in a file. */
  private record Chunk(byte[] bytes, Path file) {
    InputStream open() throws IOException {
      return file == null ? new ByteArrayInputStream(bytes) : Files.newInputStream(file);
    }
  }

  private record Part(Chunk chunk, long size, String etag) {}

  private record Upload(String key, Map<Integer, Part> parts) {}

  /** An object, whose digest is taken when it is asked for. */
  private static final class Body {
    private final List<Chunk> chunks;
    private final long size;
    private StoredObject stored;

    Body(List<Part> parts) {
      this.chunks = parts.stream().map(Part::chunk).toList();
      this.size = parts.stream().mapToLong(Part::size).sum();
    }

    synchronized StoredObject stored() {
      if (stored == null) {
        MessageDigest sha256 = digest("SHA-256");
        try (OutputStream out = new DigestOutputStream(OutputStream.nullOutputStream(), sha256)) {
          transferTo(out);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
        stored = new StoredObject(size, hex(sha256.digest()));
      }
      return stored;
    }

    void transferTo(OutputStream out) throws IOException {
      for (Chunk chunk : chunks) {
        try (InputStream in = chunk.open()) {
          in.transferTo(out);
        }
      }
    }
  }

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
    Part whole = receive(in, declaredSize);
    objects.put(key, new Body(List.of(whole)));
    return '"' + whole.etag() + '"';
  }

  /** Stores the bytes as a part and returns their ETag; the key must be that of the upload. */
  String putPart(String key, String uploadId, int number, InputStream in, long declaredSize)
      throws IOException {
    Part part = receive(in, declaredSize);
    Upload upload = uploads.get(uploadId);
    if (upload == null || !upload.key().equals(key)) {
      throw Refusal.notFound("NoSuchUpload");
    }
    upload.parts().put(number, part);
    return '"' + part.etag() + '"';
  }

  /**
   * Makes one object of the listed parts, which need not be all of them. A part is known by the
   * opaque text of its ETag: one that is named with the quotes of the header is not found.
   */
  void assemble(String key, String uploadId, List<ListedPart> listed) {
    Upload upload = uploads.get(uploadId);
    if (upload == null) {
      throw new StorageError("The specified multipart upload does not exist");
    }
    if (listed.isEmpty()) {
      throw new StorageError("There are no parts");
    }
    List<Part> found = new ArrayList<>();
    for (ListedPart each : listed.stream().sorted(comparingInt(ListedPart::number)).toList()) {
      Part stored = upload.parts().get(each.number());
      if (stored == null || !stored.etag().equals(each.etag())) {
        throw new StorageError(StorageError.PARTS_NOT_FOUND);
      }
      found.add(stored);
    }
    if (!uploads.remove(uploadId, upload)) {
      throw new StorageError("The specified multipart upload does not exist");
    }
    objects.put(key, new Body(found));
  }

  Map<String, StoredObject> objects() {
    return objects.entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue().stored()));
  }

  Optional<byte[]> bytes(String key) {
    Body body = objects.get(key);
    if (body == null || body.size > options.keepBytesUpTo()) {
      return Optional.empty();
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      body.transferTo(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Optional.of(out.toByteArray());
  }

  @Override
  public void close() {
    try (Stream<Path> all = Files.list(directory)) {
      for (Path file : all.toList()) {
        Files.delete(file);
      }
      Files.delete(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String signature(String path, String signed) {
    String text = options.seed() + "\n" + path + "\n" + signed;
    return hex(digest("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
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

  private Part receive(InputStream in, long declared) throws IOException {
    MessageDigest md5 = digest("MD5");
    boolean inMemory = declared >= 0 && declared <= options.keepBytesUpTo();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(inMemory ? (int) declared : 0);
    Path file = inMemory ? null : directory.resolve("part-" + files.incrementAndGet());
    long size;
    try (OutputStream out =
        new DigestOutputStream(inMemory ? bytes : Files.newOutputStream(file), md5)) {
      size = in.transferTo(out);
    }
    if (declared >= 0 && size != declared) {
      throw Refusal.invalid("IncompleteBody");
    }
    return new Part(
        new Chunk(inMemory ? bytes.toByteArray() : null, file), size, hex(md5.digest()));
  }
}
