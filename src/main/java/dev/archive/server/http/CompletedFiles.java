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

  /**
   * How many files are looked at in one reading of the ledger, of any size, so that who asks for
   * few of many keeps no reader from the others.
   */
  static final int STEP = 5000;

  /** After all paths: they begin with a slash, whose next character it is. */
  private static final String END = "0";

  private final BatchLedger ledger;
  private final BatchId batch;
  private final long maxSize;
  private long left;
  private String after;

  /** The last path that is looked at in this step; null where the next one begins. */
  private String step;

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
    while (!page.hasNext() && more && left > 0) {
      read();
    }
    return page.hasNext();
  }

  private void read() {
    if (step == null) {
      String last = ledger.pathAfter(batch, after, STEP);
      step = last == null ? END : last;
    }
    int limit = (int) Math.min(PAGE, left);
    List<EntryState> files = ledger.completed(batch, after, step, maxSize, limit);
    left -= files.size();
    page = files.iterator();
    if (files.size() == limit) {
      after = files.get(limit - 1).registration().path().toString();
    } else {
      more = !step.equals(END);
      after = step;
      step = null;
    }
  }

  @Override
  public EntryState next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    return page.next();
  }
}
