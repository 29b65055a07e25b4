package dev.archive.client.plan;

import dev.archive.bagit.TagFiles;
import dev.archive.client.api.IngestApi;
import dev.archive.model.ArchiveException;
import dev.archive.model.Attributes;
import dev.archive.model.Attributes.Kind;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import dev.archive.model.Text;
import dev.archive.wire.AttributeLines;
import dev.archive.wire.Messages.StatusHead;
import java.util.Collection;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What a batch records of names beside their bytes, proved by what finalize recorded of it. */
public final class StoredAttributes {
  /** No attributes: the batch has none, or nobody wants them. */
  public static final StoredAttributes NONE = new StoredAttributes();

  private final NavigableMap<String, Attributes> byPath = new TreeMap<>();

  private StoredAttributes() {}

  /**
   * Asks a server for them.
   *
   * @param head the state of the batch
   * @param outcome what was not done where they cannot be used, and what to do next
   * @throws ArchiveException {@link ErrorCode#FIXITY_MISMATCH} where they are altered; {@link
   *     ErrorCode#STATE_DIFFERS} where they are not such as can be recorded
   */
  public static StoredAttributes of(IngestApi api, BatchId id, StatusHead head, String outcome) {
    String sha256 = head.attributesSha256();
    if (sha256 == null) {
      return NONE;
    }
    byte[] lines = lines(api, id, outcome);
    if (!Sha256.of(lines).hex().equals(sha256)) {
      throw altered(outcome, null);
    }
    StoredAttributes stored = new StoredAttributes();
    try {
      AttributeLines.read(lines, stored::add);
    } catch (ArchiveException e) {
      throw new ArchiveException(
          ErrorCode.STATE_DIFFERS,
          TagFiles.ATTRIBUTES + " of the bag cannot be used: " + e.getMessage() + "; " + outcome,
          e);
    }
    return stored;
  }

  private static byte[] lines(IngestApi api, BatchId id, String outcome) {
    try {
      return api.tag(id, TagFiles.ATTRIBUTES);
    } catch (ArchiveException e) {
      // The server may see it first.
      throw e.code() == ErrorCode.FIXITY_MISMATCH ? altered(outcome, e) : e;
    }
  }

  private static ArchiveException altered(String outcome, @Nullable ArchiveException cause) {
    return new ArchiveException(
        ErrorCode.FIXITY_MISMATCH,
        TagFiles.ATTRIBUTES + " of the bag is not what was finalized; " + outcome,
        cause);
  }

  private void add(Attributes each) {
    if (byPath.put(each.path(), each) != null) {
      throw new ArchiveException(
          ErrorCode.INVALID_REQUEST, "it has " + Text.quote(each.path()) + " twice");
    }
  }

  /** Of one file; null where there are none. */
  public @Nullable Attributes of(LogicalPath file) {
    Attributes found = byPath.get(file.toString());
    return found == null || found.kind() != Kind.FILE ? null : found;
  }

  /** All of them, directories before what is in them. */
  public Collection<Attributes> all() {
    return byPath.values();
  }

  /** Whether any name has extended attributes. */
  public boolean haveXattrs() {
    return byPath.values().stream().anyMatch(each -> !each.xattrs().isEmpty());
  }

  /** Whether a directory or link stands at a path. */
  public boolean has(String path) {
    Attributes found = byPath.get(path);
    return found != null && found.kind() != Kind.FILE;
  }
}
