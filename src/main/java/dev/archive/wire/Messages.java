package dev.archive.wire;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchStatus;
import dev.archive.model.Defect;
import dev.archive.model.ErrorCode;
import dev.archive.model.Event;
import dev.archive.model.EventKind;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The bodies of the ingest API. A component named {@code batchId} is {@code batch_id} on the wire.
 * Null means absent; times are ISO-8601 in UTC; sizes are bytes; {@code version} and {@code sha256}
 * come only from servers that have them.
 *
 * <p>Answers are checked as they are made: one that lacks what every server tells, or counts below
 * zero, is not read.
 */
public final class Messages {
  private Messages() {}

  /**
   * {@code GET /}.
   *
   * @param archiveId the id of the archive behind the server, a ULID; null where it has none
   */
  @JsonInclude(Include.NON_NULL)
  public record Service(
      String service,
      String version,
      String status,
      List<String> capabilities,
      @Nullable String archiveId) {
    public Service {
      Field.noneMissing("capabilities", capabilities);
    }
  }

  /** {@code POST /api/batches/init}. */
  @JsonInclude(Include.NON_NULL)
  public record InitRequest(
      String uploader,
      String rootPath,
      Long fileCount,
      Long totalSize,
      @Nullable RawJson metadata,
      @JsonDeserialize(using = FalsyTextDeserializer.class) @Nullable String parentPi,
      @Nullable RawJson customPrompts) {}

  /** Its answer. */
  @JsonInclude(Include.NON_NULL)
  public record InitAnswer(String batchId, String sessionId, Long version) {
    public InitAnswer {
      Field.present("batch_id", batchId);
    }
  }

  /** What is to be done with a file after the archive. */
  @JsonInclude(Include.NON_NULL)
  public record Processing(Boolean ocr, Boolean describe, Boolean pinax) {
    /** What a client sends unless told otherwise. */
    public static final Processing ALL = new Processing(true, true, true);
  }

  /**
   * Which parts of a multipart upload a caller wants the URLs of.
   *
   * @param from the number of the first; null means 1
   * @param max how many at the most; null, and what is above the server's limit, means that limit
   */
  @JsonInclude(Include.NON_NULL)
  public record PartRange(@Nullable Integer from, @Nullable Integer max) {}

  /**
   * {@code POST …/files/start}.
   *
   * @param partUrls asks for a page of the part URLs; null for all of them
   */
  @JsonInclude(Include.NON_NULL)
  public record StartRequest(
      String fileName,
      Long fileSize,
      String logicalPath,
      String contentType,
      @Nullable String cid,
      Processing processingConfig,
      @Nullable String sha256,
      @Nullable Boolean headers,
      @Nullable PartRange partUrls) {
    /** One that asks for neither headers nor a page of part URLs. */
    public StartRequest(
        String fileName,
        Long fileSize,
        String logicalPath,
        String contentType,
        String cid,
        Processing processingConfig,
        String sha256) {
      this(fileName, fileSize, logicalPath, contentType, cid, processingConfig, sha256, null, null);
    }

    /** Whether the lengths of parts are bound, which a caller asks for with headers. */
    public boolean bound() {
      return Boolean.TRUE.equals(headers);
    }
  }

  /**
   * Its answer: one URL, or an upload id and a URL a part.
   *
   * @param presignedUrls one a part, by number; of a caller that asked for a page, those of the
   *     page
   * @param received the parts that arrived before, by number; null where there are none. In a page,
   *     those of that page
   * @param headers to be sent with the bytes of a simple upload; null where nobody asked
   * @param nextPart the number of the part with which the next page begins; null at the end
   */
  @JsonInclude(Include.NON_NULL)
  public record StartAnswer(
      String r2Key,
      String uploadType,
      @Nullable String presignedUrl,
      @Nullable String uploadId,
      @Nullable Long partSize,
      @Nullable List<PartUrl> presignedUrls,
      @Nullable List<ReceivedPart> received,
      String status,
      Long version,
      @Nullable Map<String, String> headers,
      @Nullable Integer nextPart) {
    public StartAnswer {
      Field.present("r2_key", r2Key);
      Field.noneMissing("presigned_urls", presignedUrls);
      Field.noneMissing("received", received);
      if (partSize != null) {
        Field.fromOne("part_size", partSize);
      }
    }

    /** One without headers, and with all part URLs. */
    public StartAnswer(
        String r2Key,
        String uploadType,
        String presignedUrl,
        String uploadId,
        Long partSize,
        List<PartUrl> presignedUrls,
        List<ReceivedPart> received,
        String status,
        Long version) {
      this(
          r2Key,
          uploadType,
          presignedUrl,
          uploadId,
          partSize,
          presignedUrls,
          received,
          status,
          version,
          null,
          null);
    }

    public static final String SIMPLE = "simple";
    public static final String MULTIPART = "multipart";
  }

  /** Where one part goes, and the headers to be sent with it; numbers count from 1. */
  @JsonInclude(Include.NON_NULL)
  public record PartUrl(int partNumber, String url, @Nullable Map<String, String> headers) {
    /** The most parts that a file has, at any store. */
    public static final int MAX_PARTS = 10_000;

    public PartUrl {
      Field.fromOne("part_number", partNumber);
      Field.present("url", url);
    }

    /** One without headers. */
    public PartUrl(int partNumber, String url) {
      this(partNumber, url, null);
    }
  }

  /** A part that need not be sent again; size is in bytes. */
  public record ReceivedPart(int partNumber, long size, String etag) {
    public ReceivedPart {
      Field.fromOne("part_number", partNumber);
      Field.notNegative("size", size);
      Field.present("etag", etag);
    }
  }

  /**
   * {@code POST …/files/parts}: the URLs of more parts of an upload that was started.
   *
   * @param from the number of the first part; null means 1
   * @param max how many at the most; null, and what is above the server's limit, means that limit
   * @param headers as in start: binds the lengths of the parts
   */
  @JsonInclude(Include.NON_NULL)
  public record PartsRequest(
      String r2Key,
      @Nullable String uploadId,
      @Nullable Integer from,
      @Nullable Integer max,
      @Nullable Boolean headers) {
    /** Whether the lengths of parts are bound. */
    public boolean bound() {
      return Boolean.TRUE.equals(headers);
    }
  }

  /**
   * Its answer: a page of the parts.
   *
   * @param received the parts of this page that arrived before; null where there are none
   * @param nextPart the number of the part with which the next page begins; null at the end
   */
  @JsonInclude(Include.NON_NULL)
  public record PartsAnswer(
      @Nullable String uploadId,
      List<PartUrl> presignedUrls,
      @Nullable List<ReceivedPart> received,
      @Nullable Integer nextPart,
      Long version) {
    public PartsAnswer {
      Field.present("presigned_urls", presignedUrls);
      Field.noneMissing("presigned_urls", presignedUrls);
      Field.noneMissing("received", received);
    }
  }

  /** One part that arrived. */
  public record Part(int partNumber, String etag) {}

  /** {@code POST …/files/complete}. */
  @JsonInclude(Include.NON_NULL)
  public record CompleteRequest(
      String r2Key,
      @Nullable String uploadId,
      @Nullable List<Part> parts,
      @Nullable String sha256,
      @Nullable String cid) {}

  /** Its answer. */
  @JsonInclude(Include.NON_NULL)
  public record CompleteAnswer(boolean success, String sha256, Long version) {
    public CompleteAnswer {
      if (!success) {
        throw new IllegalArgumentException("success is not true");
      }
    }
  }

  /** {@code POST …/files/start} for many files; null where the body is about one. */
  public record BulkStartRequest(List<StartRequest> files) {}

  /** {@code POST …/files/complete} for many files; null where the body is about one. */
  public record BulkCompleteRequest(List<CompleteRequest> files) {}

  /** What became of one file of a bundle that was stored. */
  @JsonInclude(Include.NON_NULL)
  public record BundledFile(
      String logicalPath,
      String r2Key,
      Long fileSize,
      String status,
      String sha256,
      Long version) {}

  /** {@code POST …/files/forget}: removes a registration that is not complete. */
  public record ForgetRequest(String r2Key) {}

  /** Its answer. */
  @JsonInclude(Include.NON_NULL)
  public record ForgetAnswer(boolean success, Long version) {}

  /**
   * {@code POST …/finalize}; existing clients send no body.
   *
   * @param amended whether expected replaces what init declared, or null
   * @param skipped with amended: the files that the batch goes without, or null
   */
  @JsonInclude(Include.NON_NULL)
  public record FinalizeRequest(
      Expected expected, @Nullable Boolean amended, @Nullable List<Skipped> skipped) {
    /** Finalizes what init declared. */
    public FinalizeRequest(Expected expected) {
      this(expected, null, null);
    }
  }

  /**
   * A file that could not be archived.
   *
   * @param path in the batch, or on the uploader's disk where it has none in the batch
   * @param reason a sentence
   */
  public record Skipped(String path, String reason) {}

  /** What the batch has to hold for finalize to take effect. */
  @JsonInclude(Include.NON_NULL)
  public record Expected(
      Long files, Long bytes, String manifestSha256, @Nullable String attributesSha256) {
    /** Of a batch without attributes. */
    public Expected(Long files, Long bytes, String manifestSha256) {
      this(files, bytes, manifestSha256, null);
    }
  }

  /**
   * The answer to a page of attributes.
   *
   * @param names how many it has
   */
  public record AttributesAnswer(boolean success, long names) {}

  /**
   * The answer of finalize: the receipt.
   *
   * @param status of the batch now, which may have moved on
   * @param version that finalize made
   * @param attributesSha256 the digest of the bag's {@code attributes.jsonl}; null where it has
   *     none
   */
  @JsonInclude(Include.NON_NULL)
  public record FinalizeAnswer(
      String batchId,
      String status,
      Long filesUploaded,
      Long totalBytes,
      String r2Prefix,
      Long version,
      String finalizedAt,
      String manifestSha256,
      @Nullable String attributesSha256) {}

  /**
   * {@code GET …/status}, without its files.
   *
   * @param attributesSha256 the digest of the bag's {@code attributes.jsonl}; null where it has
   *     none
   * @param expiresAt when a batch that is still uploading will be removed unless it is used again
   * @param skipped the files that a finalized batch goes without, or some of them; null where there
   *     are none
   * @param skippedNext what to ask for the next of them with; null where these are the last
   */
  public record StatusHead(
      String batchId,
      String sessionId,
      String status,
      String uploader,
      String rootPath,
      String parentPi,
      Long fileCount,
      Long filesUploaded,
      Long totalSize,
      Long totalBytesUploaded,
      String createdAt,
      @Nullable String enqueuedAt,
      RawJson metadata,
      @JsonInclude(Include.NON_NULL) @Nullable RawJson customPrompts,
      @JsonInclude(Include.NON_NULL) Long version,
      @JsonInclude(Include.NON_NULL) @Nullable String finalizedAt,
      @JsonInclude(Include.NON_NULL) @Nullable String manifestSha256,
      @JsonInclude(Include.NON_NULL) @Nullable String attributesSha256,
      @JsonInclude(Include.NON_NULL) @Nullable String expiresAt,
      @JsonInclude(Include.NON_NULL) @Nullable List<Skipped> skipped,
      @JsonInclude(Include.NON_NULL) @Nullable Long skippedNext,
      @JsonInclude(Include.NON_NULL) @Nullable Long next) {
    public StatusHead {
      Field.present("batch_id", batchId);
      Field.present("status", status);
      Field.notNegative("file_count", fileCount);
      Field.notNegative("files_uploaded", filesUploaded);
      Field.notNegative("total_size", totalSize);
      Field.notNegative("total_bytes_uploaded", totalBytesUploaded);
      Field.notNegative("version", version);
      Field.notNegative("skipped_next", skippedNext);
      Field.notNegative("next", next);
    }
  }

  /**
   * What a server tells a hook of a batch.
   *
   * @param event what happened: that it was finalized
   * @param version of the batch as it was finalized
   * @param bag the path of the bag on the server's machine
   * @param skipped the files that the batch goes without; null where there are none
   */
  @JsonInclude(Include.NON_NULL)
  public record FinalizedEvent(
      String event,
      String batchId,
      Long version,
      Long files,
      Long bytes,
      String manifestSha256,
      String finalizedAt,
      String rootPath,
      String uploader,
      @Nullable RawJson metadata,
      String bag,
      @Nullable List<Skipped> skipped) {}

  /** {@code DELETE} of a batch: what has become of it. */
  @JsonInclude(Include.NON_NULL)
  public record AbortAnswer(String batchId, String status, Long version) {
    public AbortAnswer {
      Field.present("batch_id", batchId);
      Field.present("status", status);
    }
  }

  /**
   * {@code GET /api/batches}: batches by id, ascending.
   *
   * @param next the id to ask after for more; null at the end
   */
  @JsonInclude(Include.NON_NULL)
  public record BatchList(List<StatusHead> batches, @Nullable String next) {
    public BatchList {
      Field.present("batches", batches);
      Field.noneMissing("batches", batches);
    }
  }

  /**
   * {@code GET …/audit?after=&limit=&sample=&seed=&max_age=}: what a part of a batch is like on the
   * server's disk. {@code sample} is the percentage of files to be read, chosen by {@code seed};
   * without it all are. Those that were read well less than {@code max_age} seconds ago are not
   * read again. Spaces may come before the answer for as long as it takes.
   *
   * @param status of the batch
   * @param files whose presence and size were checked, those with a finding among them
   * @param filesRead how many of those were read, with bytesRead in all
   * @param findings what is not as the ledger says
   * @param next where the next part begins; null at the end
   * @param at when the check of this part began, as the uploader's side notes it; never sent
   */
  @JsonInclude(Include.NON_NULL)
  public record AuditPage(
      String batchId,
      @Nullable String status,
      Long files,
      Long filesRead,
      Long bytesRead,
      List<AuditFinding> findings,
      @Nullable String next,
      @Nullable String at) {
    public AuditPage {
      Field.present("batch_id", batchId);
      Field.count("files", files);
      Field.count("files_read", filesRead);
      Field.count("bytes_read", bytesRead);
      Field.present("findings", findings);
      Field.noneMissing("findings", findings);
    }

    /** One of which nobody noted when it was checked. */
    public AuditPage(
        String batchId,
        @Nullable String status,
        Long files,
        Long filesRead,
        Long bytesRead,
        List<AuditFinding> findings,
        @Nullable String next) {
      this(batchId, status, files, filesRead, bytesRead, findings, next, null);
    }

    /** The same, with a time that is not after the first read that it rests on. */
    public AuditPage checkedAt(Instant time) {
      return new AuditPage(
          batchId, status, files, filesRead, bytesRead, findings, next, time.toString());
    }
  }

  /**
   * One stored object that is not as the ledger says.
   *
   * @param path of a file in the batch, from {@code /}; without the slash the name of something
   *     else in the bag; null for the whole bag
   * @param defect the word for it
   * @param size as found, or null, like sha256
   * @param expectedSize as the ledger says, or null, like expectedSha256
   * @param detail more in words, or null
   */
  @JsonInclude(Include.NON_NULL)
  public record AuditFinding(
      @Nullable String path,
      String defect,
      @Nullable Long size,
      @Nullable Long expectedSize,
      @Nullable String sha256,
      @Nullable String expectedSha256,
      @Nullable String detail) {
    public AuditFinding {
      Defect.parse(defect);
      Field.notNegative("size", size);
      Field.notNegative("expected_size", expectedSize);
    }
  }

  /** One file in the answer of {@code status}. */
  public record FileStatus(
      String r2Key,
      String fileName,
      Long fileSize,
      String logicalPath,
      @Nullable String contentType,
      Processing processingConfig,
      String uploadType,
      String status,
      @Nullable String completedAt,
      @Nullable String cid,
      @JsonInclude(Include.NON_NULL) @Nullable String sha256,
      @JsonInclude(Include.NON_NULL) Long version) {
    public FileStatus {
      Field.present("logical_path", logicalPath);
      Field.notNegative("file_size", fileSize);
    }

    public static final String UPLOADING = "uploading";
    public static final String COMPLETED = "completed";

    /** The word for a file that is completed, or for one that is not yet. */
    public static String status(boolean completed) {
      return completed ? COMPLETED : UPLOADING;
    }
  }

  /**
   * {@code GET …/history}, without its events.
   *
   * @param version that the batch has
   * @param next the version to ask from for more; null at the end
   */
  @JsonInclude(Include.NON_NULL)
  public record HistoryHead(String batchId, String status, Long version, @Nullable Long next) {
    public HistoryHead {
      Field.present("batch_id", batchId);
      Field.count("version", version);
    }
  }

  /**
   * One change in the answer of {@code history}, as {@link Event} tells it.
   *
   * @param hash that chains it to the one before
   */
  @JsonInclude(Include.NON_NULL)
  public record HistoryEvent(
      Long version,
      String kind,
      @Nullable String logicalPath,
      @Nullable Long fileSize,
      @Nullable String sha256,
      @Nullable String status,
      String operation,
      String at,
      String hash) {
    /** How an event stands on the wire. */
    public static HistoryEvent of(Event event, Sha256 hash) {
      return new HistoryEvent(
          event.version(),
          event.kind().toString(),
          Objects.toString(event.path(), null),
          event.size(),
          Objects.toString(event.sha256(), null),
          Objects.toString(event.status(), null),
          event.operation(),
          event.at().toString(),
          hash.hex());
    }

    /**
     * The event that stands here.
     *
     * @throws ArchiveException {@link ErrorCode#BAD_ANSWER} where it is not one
     */
    public Event event() {
      return read(
          () ->
              new Event(
                  version,
                  EventKind.parse(kind),
                  logicalPath == null ? null : LogicalPath.parse(logicalPath),
                  fileSize,
                  sha256 == null ? null : Sha256.parse(sha256),
                  status == null ? null : BatchStatus.parse(status),
                  operation,
                  Instant.parse(at)));
    }

    /**
     * The hash that stands here.
     *
     * @throws ArchiveException {@link ErrorCode#BAD_ANSWER} where it is not one
     */
    public Sha256 chainedBy() {
      return read(() -> Sha256.parse(hash));
    }

    private static <T> T read(Supplier<T> fields) {
      try {
        return fields.get();
      } catch (ArchiveException | DateTimeException | NullPointerException e) {
        throw new ArchiveException(
            ErrorCode.BAD_ANSWER, "not an event of a batch's history: " + e.getMessage(), e);
      }
    }
  }
}
