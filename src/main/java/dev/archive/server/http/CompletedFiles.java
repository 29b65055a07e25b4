package dev.archive.server.http;

import dev.archive.ledger.BatchLedger;
import dev.archive.ledger.EntryState;
import dev.archive.model.BatchId;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/** The completed files of a batch by path, read from the ledger a page at a time. */
final class CompletedFiles implements Iterator<EntryState> {
  private static final int PAGE = 200;

  private final BatchLedger ledger;
  private final BatchId batch;
  private final long maxSize;
  private long left;
  private String after;
  private Iterator<EntryState> page = List.<EntryState>of().iterator();
  private boolean more = true;

  /**
   * Begins.
   *
   * @param after the path before the first; empty for the first of all
   * @param maxSize of each in bytes
   * @param limit the most of them
   */
  CompletedFiles(BatchLedger ledger, BatchId batch, String after, long maxSize, long limit) {
    this.ledger = ledger;
    this.batch = batch;
    this.after = after;
    this.maxSize = maxSize;
    this.left = limit;
  }

  @Override
  public boolean hasNext() {
    if (!page.hasNext() && more && left > 0) {
      int limit = (int) Math.min(PAGE, left);
      List<EntryState> files = ledger.completed(batch, after, maxSize, limit);
      more = files.size() == limit;
      left -= files.size();
      page = files.iterator();
    }
    return page.hasNext();
  }

  @Override
  public EntryState next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    EntryState file = page.next();
    after = file.registration().path().toString();
    return file;
  }
}
