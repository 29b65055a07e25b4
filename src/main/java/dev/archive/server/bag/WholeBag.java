package dev.archive.server.bag;

import dev.archive.bagit.BagReader;
import dev.archive.bagit.BagReader.Line;
import dev.archive.bagit.PayloadManifest;
import dev.archive.bagit.TagFiles;
import dev.archive.ledger.BatchLedger.RowConsumer;
import dev.archive.ledger.BatchState;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.Entry;
import dev.archive.model.ErrorCode;
import dev.archive.model.Sha256;
import dev.archive.storage.StoreReader;
import dev.archive.storage.StoreReader.Bytes;
import dev.archive.storage.StoreReader.Held;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A bag as it proves itself: its tag files by the tag manifest, and every byte of its payload by
 * the manifest. What it tells of its batch is all that is known where the ledger was lost.
 */
public final class WholeBag {
  private static final String UNKNOWN = "unknown";
  private static final int MAX_TAG = 1 << 20;

  /** Such a list came in a call of at most 8 MiB, and may be escaped otherwise here. In bytes. */
  private static final int MAX_SKIPPED = 16 << 20;

  private final StoreReader store;
  private final BatchId id;
  private final Path directory;
  private final Map<String, String> digests;

  /**
   * Reads the tag files.
   *
   * @throws ArchiveException {@link ErrorCode#FIXITY_MISMATCH} where one is missing or altered
   */
  public WholeBag(Path root, BatchId id) throws IOException {
    this.store = new StoreReader(root);
    this.id = id;
    this.directory = store.bag(id);
    this.digests = BagReader.tagDigests(tag(TagFiles.TAG_MANIFEST));
    for (String name : new String[] {TagFiles.BAGIT, TagFiles.BAG_INFO, PayloadManifest.NAME}) {
      requireDigest(name, store.readTag(id, name), digests.getOrDefault(name, ""));
    }
    for (String name : new String[] {TagFiles.SKIPPED, TagFiles.ATTRIBUTES}) {
      if (digests.containsKey(name)) {
        requireDigest(name, store.readTag(id, name), digests.get(name));
      }
    }
  }

  private String tag(String name) throws IOException {
    return tag(name, MAX_TAG);
  }

  private String tag(String name, int max) throws IOException {
    Path file = directory.resolve(name);
    if (Files.size(file) > max) {
      throw damaged(name + " is too long");
    }
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }

  public Sha256 manifest() {
    return Sha256.parse(digests.get(PayloadManifest.NAME));
  }

  /**
   * The list of files that it goes without, or null where it has none.
   *
   * @throws ArchiveException {@link ErrorCode#FIXITY_MISMATCH} where it is no such list
   */
  public @Nullable String skipped() throws IOException {
    if (!digests.containsKey(TagFiles.SKIPPED)) {
      return null;
    }
    String lines = tag(TagFiles.SKIPPED, MAX_SKIPPED);
    try {
      Amendment.read(lines);
      return lines;
    } catch (ArchiveException e) {
      throw damaged(TagFiles.SKIPPED + " is not a list of files");
    }
  }

  /** The digest of its attributes, or null where it has none. */
  public @Nullable Sha256 attributes() {
    String hex = digests.get(TagFiles.ATTRIBUTES);
    return hex == null ? null : Sha256.parse(hex);
  }

  /** When it was closed, as its last tag file says. */
  public Instant closedAt() throws IOException {
    return Instant.ofEpochMilli(
        Files.getLastModifiedTime(directory.resolve(TagFiles.TAG_MANIFEST)).toMillis());
  }

  /** The batch as the bag tells of it, before its files. */
  public BatchState batch(String sessionId) throws IOException {
    Map<String, String> info = BagReader.fields(tag(TagFiles.BAG_INFO));
    String[] oxum = info.getOrDefault("Payload-Oxum", "").split("\\.", 2);
    boolean counted = oxum.length == 2 && (oxum[0] + oxum[1]).matches("[0-9]{2,36}");
    Instant created = Instant.ofEpochMilli(id.epochMillis());
    return new BatchState(
        id,
        sessionId,
        1,
        BatchStatus.UPLOADING,
        info.getOrDefault("Source-Organization", UNKNOWN),
        info.getOrDefault("Archive-Root-Path", "/"),
        BatchState.NO_PARENT,
        info.get("Archive-Metadata"),
        null,
        counted ? Long.parseLong(oxum[1]) : 0,
        counted ? Long.parseLong(oxum[0]) : 0,
        0,
        0,
        0,
        0,
        created,
        created,
        null,
        null,
        null);
  }

  /**
   * Reads every file and hands it on.
   *
   * @throws ArchiveException {@link ErrorCode#FIXITY_MISMATCH} at the first that is missing or
   *     altered
   */
  public void forEach(RowConsumer<Entry> file) throws IOException {
    try (BufferedReader lines =
        Files.newBufferedReader(directory.resolve(PayloadManifest.NAME), StandardCharsets.UTF_8)) {
      for (String text = lines.readLine(); text != null; text = lines.readLine()) {
        Line line = BagReader.manifestLine(text);
        Held held = store.read(id, line.path(), bytes -> {});
        requireDigest(line.path().toString(), held, line.sha256().hex());
        file.accept(new Entry(line.path(), ((Bytes) held).size(), line.sha256()));
      }
    }
  }

  private static void requireDigest(String name, Held held, String hex) {
    if (!(held instanceof Bytes bytes)) {
      throw damaged(name + " is missing or cannot be read");
    }
    if (bytes.sha256() == null || !bytes.sha256().hex().equals(hex)) {
      throw damaged(name + " is altered");
    }
  }

  private static ArchiveException damaged(String what) {
    return new ArchiveException(ErrorCode.FIXITY_MISMATCH, what);
  }
}
