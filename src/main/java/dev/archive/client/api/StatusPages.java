package dev.archive.client.api;

import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import dev.archive.wire.Messages.FileStatus;
import dev.archive.wire.Messages.StatusHead;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Reads the state of a batch of a server with versions page by page, so that none of it has to be
 * held and a connection that breaks costs one page.
 *
 * <p>Files come in the order of their last change. One that changes between two pages comes again
 * in a later one, so that what was told last of each file is, all together, the state at the
 * version of the last page.
 */
public final class StatusPages {
  /** Files in a page: about half a megabyte, and with the longest names of all, 20. */
  private static final int FILES = 1000;

  private final IngestApi api;
  private final BatchId batch;
  private final long max;
  private final int limit;

  /**
   * Of one batch.
   *
   * @param max how many files are read at the most
   */
  public StatusPages(IngestApi api, BatchId batch, long max) {
    this(api, batch, max, FILES);
  }

  /** With another number of files in a page. */
  StatusPages(IngestApi api, BatchId batch, long max, int limit) {
    this.api = api;
    this.batch = batch;
    this.max = max;
    this.limit = limit;
  }

  /**
   * Reads the files that changed after a version; 0 for all.
   *
   * @return the batch as the last page told it
   * @throws ArchiveException {@link ErrorCode#STATE_DIFFERS} where there are more files than can be
   */
  public StatusHead read(long since, Consumer<List<FileStatus>> pages) {
    long from = since;
    long files = 0;
    while (true) {
      List<FileStatus> page = new ArrayList<>();
      StatusHead head = api.changes(batch, from, limit, page::add);
      long last = requireInOrder(page, from);
      if (head.version() == null
          || head.next() != null && (page.isEmpty() || head.next() != last)) {
        throw outOfOrder();
      }
      files += page.size();
      if (files > max) {
        throw new ArchiveException(
            ErrorCode.STATE_DIFFERS,
            "the server tells of more than " + Count.of(max, "file") + " in batch " + batch);
      }
      pages.accept(page);
      if (head.next() == null) {
        return head;
      }
      from = last;
    }
  }

  private static long requireInOrder(List<FileStatus> page, long from) {
    long last = from;
    for (FileStatus file : page) {
      if (file.version() == null || file.version() <= last) {
        throw outOfOrder();
      }
      last = file.version();
    }
    return last;
  }

  private static ArchiveException outOfOrder() {
    return new ArchiveException(
        ErrorCode.BAD_ANSWER, "the server's status is not in the order of its versions");
  }
}
