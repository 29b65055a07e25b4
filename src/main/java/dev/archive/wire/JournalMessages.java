package dev.archive.wire;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import dev.archive.model.BatchId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the uploader keeps on its own disk: the lines of a run's journal, and the files of a
 * receipt.
 */
public final class JournalMessages {
  private JournalMessages() {}

  /** One line. Exactly one component is not null. */
  @JsonInclude(Include.NON_NULL)
  public record Line(
      @Nullable Header header,
      @Nullable PlannedFile file,
      @Nullable Planned planned,
      @Nullable String batch,
      @Nullable PlannedFile proved,
      @Nullable Finished finished,
      @Nullable String archive,
      @Nullable Options options) {
    public static Line of(Header header) {
      return new Line(header, null, null, null, null, null, null, null);
    }

    public static Line of(PlannedFile file) {
      return new Line(null, file, null, null, null, null, null, null);
    }

    public static Line of(@Nullable Planned planned) {
      return new Line(null, null, planned, null, null, null, null, null);
    }

    public static Line of(BatchId batch) {
      return new Line(null, null, null, batch.value(), null, null, null, null);
    }

    public static Line proved(PlannedFile proved) {
      return new Line(null, null, null, null, proved, null, null, null);
    }

    public static Line of(Finished finished) {
      return new Line(null, null, null, null, null, finished, null, null);
    }

    /** The id of the archive that the server of the run belongs to. */
    public static Line archive(String id) {
      return new Line(null, null, null, null, null, null, id, null);
    }

    public static Line of(Options options) {
      return new Line(null, null, null, null, null, null, null, options);
    }
  }

  /**
   * The first line: the format, and whose journal it is.
   *
   * @param filters what of the sources is archived; null for all, and in older journals
   */
  @JsonInclude(Include.NON_NULL)
  public record Header(
      int format,
      String server,
      List<String> sources,
      String rootPath,
      String uploader,
      @Nullable List<String> filters) {}

  /**
   * A file as the plan saw it.
   *
   * @param modified its time of modification, ISO-8601
   * @param key what the file system knows it by: {@code ino=} and its inode; older journals have a
   *     device before it; empty where the file was read under another
   * @param changed its time of change, ISO-8601; null in older journals, and where the file was
   *     read under another
   * @param young whether its times were too young to be trusted; null for not
   * @param sha256 its digest once it was read, or null
   */
  @JsonInclude(Include.NON_NULL)
  public record PlannedFile(
      String path,
      long size,
      String modified,
      String key,
      @Nullable String changed,
      @Nullable Boolean young,
      @Nullable String sha256) {
    /**
     * The same file, whose digest was not read under its present stamp: without its time of change,
     * and where the inode is another one too, without that.
     */
    public PlannedFile assumed(boolean otherInode) {
      return new PlannedFile(path, size, modified, otherInode ? "" : key, null, young, sha256);
    }
  }

  /**
   * Ends the plan: how much there is of it, and the idempotency key under which its batch is
   * opened.
   *
   * @param metadata with which the batch is opened, as older journals have it; null in new ones
   * @param metadataText the same byte for byte, which may span several lines; null for none
   */
  @JsonInclude(Include.NON_NULL)
  public record Planned(
      long files,
      long bytes,
      String idempotencyKey,
      @Nullable RawJson metadata,
      @Nullable String metadataText) {
    /** A plan whose batch is opened with metadata, or with none where it is null. */
    public static Planned of(
        long files, long bytes, String idempotencyKey, @Nullable RawJson metadata) {
      return new Planned(
          files, bytes, idempotencyKey, null, metadata == null ? null : metadata.text());
    }

    /** The metadata with which the batch is opened, or null. */
    public @Nullable RawJson described() {
      return metadataText == null ? metadata : new RawJson(metadataText);
    }
  }

  /**
   * What the last command asked for, beyond what makes it this run; older journals have none.
   *
   * @param allowSkipped whether the batch may be finalized without the files that fail
   */
  public record Options(boolean allowSkipped) {}

  /**
   * The receipt.
   *
   * @param at when the batch was finalized, by the clock of this machine; null in older journals
   * @param attributesSha256 null where the batch has no attributes
   */
  @JsonInclude(Include.NON_NULL)
  public record Finished(
      String batchId,
      @Nullable Long version,
      long files,
      long bytes,
      String manifestSha256,
      String status,
      String server,
      @Nullable String at,
      @Nullable String attributesSha256) {}

  /** A file in the receipt that is kept of a batch. */
  public record ReceiptEntry(String path, long size, String sha256) {}
}
