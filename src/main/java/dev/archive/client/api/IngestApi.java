package dev.archive.client.api;

import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sample;
import dev.archive.wire.Messages.AbortAnswer;
import dev.archive.wire.Messages.AuditPage;
import dev.archive.wire.Messages.BundledFile;
import dev.archive.wire.Messages.CompleteAnswer;
import dev.archive.wire.Messages.CompleteRequest;
import dev.archive.wire.Messages.FileStatus;
import dev.archive.wire.Messages.FinalizeAnswer;
import dev.archive.wire.Messages.FinalizeRequest;
import dev.archive.wire.Messages.ForgetAnswer;
import dev.archive.wire.Messages.HistoryEvent;
import dev.archive.wire.Messages.HistoryHead;
import dev.archive.wire.Messages.InitRequest;
import dev.archive.wire.Messages.PartsAnswer;
import dev.archive.wire.Messages.PartsRequest;
import dev.archive.wire.Messages.Service;
import dev.archive.wire.Messages.StartAnswer;
import dev.archive.wire.Messages.StartRequest;
import dev.archive.wire.Messages.StatusHead;
import dev.archive.wire.Results;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/**
 * The calls of the ingest API. Each gives the value of its answer, or an {@link ArchiveException}
 * with the code.
 */
public interface IngestApi {
  /** Who the server is and what it can. */
  Service service();

  /** Opens a batch. */
  BatchId init(InitRequest request, String idempotencyKey);

  /**
   * The state of the batch.
   *
   * @param max how many files it has at the most; an answer with more is bad
   * @param files is given each file as it is read
   * @return null from a server that has no such call
   */
  StatusHead status(BatchId batch, long max, Consumer<FileStatus> files);

  /**
   * The files of the batch whose last change is after a version, in the order of these changes,
   * from a server with versions.
   *
   * @param limit the most of them; the answer says from which version on there are more
   * @param files is given each file as it is read
   */
  StatusHead changes(BatchId batch, long since, int limit, Consumer<FileStatus> files);

  /** The state of the batch without its files, from a server with versions. */
  default StatusHead summary(BatchId batch) {
    return summary(batch, 0);
  }

  /**
   * The same, with the skipped files from a place on.
   *
   * @param skippedFrom 0, or {@code skipped_next} of the page before
   */
  StatusHead summary(BatchId batch, long skippedFrom);

  /**
   * Has the server read a part of the batch again.
   *
   * @param after what the part before called next, or null
   * @param maxAge what was read well less long ago is not read again, to the second below; null to
   *     read all. No time of day: the server's clock may be another
   */
  AuditPage audit(BatchId batch, String after, Sample sample, Duration maxAge);

  /** Registers a file. */
  StartAnswer start(BatchId batch, StartRequest request);

  /** The URLs of more parts of an upload, from a server that gives them in pages. */
  PartsAnswer parts(BatchId batch, PartsRequest request);

  /**
   * Sends bytes to a presigned URL.
   *
   * @param contentType as registered, or null for a part
   * @return the ETag
   */
  String put(String url, FileBody body, String contentType);

  /**
   * Completes a file. A call for a multipart upload to a server without versions that failed, or
   * was not answered, must not be made again: such a server may have marked the file before the
   * assembling failed, and answers the second call with success.
   *
   * @param size of the file in bytes: a server may need long for a large one
   */
  CompleteAnswer complete(BatchId batch, CompleteRequest request, long size);

  /**
   * Repeats a completion: that of a file in one piece, which a server only marks, or one that was
   * answered with success before. That of a multipart upload is to be repeated only on servers that
   * assemble before they mark: there, success says that the file is marked still.
   *
   * @param size of the file in bytes
   */
  CompleteAnswer completeAgain(BatchId batch, CompleteRequest request, long size);

  /** Registers files in one call, on a server that takes many. */
  Results<StartAnswer> startAll(BatchId batch, List<StartRequest> requests);

  /** Completes small files in one call, on a server that takes many. */
  Results<CompleteAnswer> completeAll(BatchId batch, List<CompleteRequest> requests);

  /** Sends small files as one stream, to a server that takes bundles. */
  Results<BundledFile> bundle(BatchId batch, BundleBody body);

  /**
   * Has a server that amends forget a file that is not complete; again, it changes nothing.
   *
   * @param key by which the server knows it
   * @throws ArchiveException {@link dev.archive.model.ErrorCode#CONFLICT} where it is complete
   */
  ForgetAnswer forget(BatchId batch, String key);

  /**
   * Gives a page of the attributes of the batch's names to a server that keeps them; it is durable
   * afterwards.
   *
   * @param page its number, from 0
   * @param last whether no page comes behind it
   * @param lines whole lines, at most {@link dev.archive.wire.AttributeLines#MAX_PAGE_BYTES}
   * @throws ArchiveException {@link dev.archive.model.ErrorCode#NOT_UPLOADING}
   */
  void attributes(BatchId batch, int page, boolean last, byte[] lines);

  /**
   * Finalizes the batch.
   *
   * @param expected null where the server does not know it
   * @param version that the batch must have, or null
   */
  FinalizeAnswer finalizeBatch(BatchId batch, FinalizeRequest expected, Long version);

  /**
   * A part of the server's batches by id, ascending.
   *
   * @param status only batches in this state, or null
   * @param after the id before the first, or null
   * @param batches is given each as it is read
   * @return the id to ask after for more; null at the end
   */
  String list(BatchStatus status, String after, Consumer<StatusHead> batches);

  /**
   * A part of a batch's history: what changed after a version.
   *
   * @param limit the most events
   */
  HistoryHead history(BatchId batch, long since, int limit, Consumer<HistoryEvent> events);

  /**
   * Reads bytes of a stored file, from a server that gives content back.
   *
   * @param bytes is given them in their order, each once
   * @throws ArchiveException {@link dev.archive.model.ErrorCode#FIXITY_MISMATCH} or {@link
   *     dev.archive.model.ErrorCode#BYTES_MISSING} where the server's disk does not hold them
   */
  void content(BatchId batch, FilePiece piece, ByteConsumer bytes);

  /**
   * Reads small stored files one after another, in the order of their paths.
   *
   * @param range which of them
   * @param files is given each, once
   * @throws ArchiveException as {@link #content} does, of the file behind the last one given
   */
  void tar(BatchId batch, TarRange range, FileConsumer files);

  /** Reads a tag file of the bag. */
  byte[] tag(BatchId batch, String name);

  /** Takes bytes. */
  @FunctionalInterface
  interface ByteConsumer {
    /** The first bytes of an array, which is the caller's again afterwards. */
    void accept(byte[] bytes, int length);
  }

  /** Takes whole files. */
  @FunctionalInterface
  interface FileConsumer {
    /** One file as it came; nothing of it is proved yet. */
    void accept(LogicalPath path, byte[] content);
  }

  /**
   * Files of a batch that follow one another.
   *
   * @param after the path before the first; null for the first of all
   * @param maxSize only files of at most so many bytes
   * @param limit how many at the most
   */
  record TarRange(LogicalPath after, int maxSize, int limit) {}

  /** Gives up a batch; again, it changes nothing. */
  AbortAnswer abort(BatchId batch);
}
