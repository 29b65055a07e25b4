package dev.archive.client.api;

import dev.archive.model.ArchiveException;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import dev.archive.source.SourceFile;
import dev.archive.wire.Messages.PartUrl;
import dev.archive.wire.Messages.PartsAnswer;
import dev.archive.wire.Messages.ReceivedPart;
import dev.archive.wire.Messages.StartAnswer;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.function.Consumer;
import java.util.function.IntFunction;

/**
 * The upload URLs of a file's parts in order, a page at a time where the server gives pages: each
 * page is asked for when the URLs before it are used up, so that none is held, or grows old, before
 * it is needed.
 */
public final class PartUrls implements Iterator<PartUrl> {
  /** How many URLs are asked for at once. */
  public static final int PAGE = 100;

  /** From which size on a file may have parts, in bytes. */
  public static final long MIN_SIZE = 5 << 20;

  private final SourceFile file;
  private final int count;
  private final IntFunction<PartsAnswer> more;
  private final Consumer<String> check;
  private final Map<Integer, ReceivedPart> received = new HashMap<>();
  private Iterator<PartUrl> page;
  private int given;
  private Integer next;

  /**
   * Begins with what start answered.
   *
   * @param more asks for the page from a part on
   * @param check is given each URL, and refuses those that must not be used
   * @throws ArchiveException {@link ErrorCode#BAD_ANSWER} where they are not the URLs of this file
   */
  public PartUrls(
      SourceFile file, StartAnswer start, IntFunction<PartsAnswer> more, Consumer<String> check) {
    this.file = file;
    this.more = more;
    this.check = check;
    // An upload has a part at least, and the sum of the two sizes may be beyond a long.
    long parts = Math.max(1, (file.size() - 1) / start.partSize() + 1);
    require(file.size() > 0 && parts <= Integer.MAX_VALUE, parts);
    this.count = (int) parts;
    take(1, start.presignedUrls(), start.received(), start.nextPart());
  }

  private void take(int first, List<PartUrl> urls, List<ReceivedPart> arrived, Integer following) {
    int last = first - 1 + urls.size();
    require(!urls.isEmpty() && last <= count, count);
    for (int i = 0; i < urls.size(); i++) {
      require(urls.get(i).partNumber() == first + i, count);
    }
    require(last == count ? following == null : following != null && following == last + 1, count);
    urls.forEach(each -> check.accept(each.url()));
    if (arrived != null) {
      arrived.forEach(each -> received.put(each.partNumber(), each));
    }
    page = urls.iterator();
    next = following;
  }

  private void require(boolean right, long parts) {
    if (!right) {
      throw new ArchiveException(
          ErrorCode.BAD_ANSWER,
          "the server did not return URLs for all of "
              + Count.of(parts, "part")
              + " of "
              + file.path());
    }
  }

  /** Whether there are more parts; asks for no page. */
  @Override
  public boolean hasNext() {
    return given < count;
  }

  @Override
  public PartUrl next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    if (!page.hasNext()) {
      PartsAnswer answer = more.apply(next);
      take(next, answer.presignedUrls(), answer.received(), answer.nextPart());
    }
    given++;
    return page.next();
  }

  /** What the server says to have of a part whose URL was given; null where it has nothing. */
  public ReceivedPart received(int part) {
    return received.get(part);
  }
}
