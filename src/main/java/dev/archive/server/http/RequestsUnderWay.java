package dev.archive.server.http;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Limit;
import dev.archive.model.Limits;
import dev.archive.model.Owner;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.jetty.server.Request;

/**
 * Bounds how many requests one address, and one owner, have under way in this process: from their
 * head until their whole answer is taken. Each is refused before its body is read.
 */
public final class RequestsUnderWay {
  /** In seconds. */
  private static final long RETRY_AFTER = 1;

  private final Limits limits;
  private final PeerAddresses peers;
  private final Map<String, Integer> counts = new ConcurrentHashMap<>();

  /**
   * Sets it up.
   *
   * @param peers tells the address of the client
   */
  public RequestsUnderWay(Limits limits, PeerAddresses peers) {
    this.limits = limits;
    this.peers = peers;
  }

  /**
   * Counts a request of its address until it has ended.
   *
   * @throws ArchiveException {@link ErrorCode#TOO_MANY_REQUESTS}
   */
  void ofAddress(Request request) {
    begin(request, Limit.REQUESTS_PER_ADDRESS, peers.of(request), "this address");
  }

  /**
   * Counts a request of an owner until it has ended.
   *
   * @throws ArchiveException {@link ErrorCode#TOO_MANY_REQUESTS}
   */
  void ofOwner(Request request, Owner owner) {
    begin(request, Limit.REQUESTS_PER_OWNER, owner.name(), "the owner " + owner);
  }

  private void begin(Request request, Limit limit, String who, String words) {
    String key = limit.name() + ' ' + who;
    long max = limits.of(limit);
    if (counts.merge(key, 1, Integer::sum) > max) {
      end(key);
      throw new ArchiveException(
          ErrorCode.TOO_MANY_REQUESTS,
          words
              + " has "
              + max
              + " requests under way, which is the limit "
              + limit.label()
              + "; nothing was done. Send fewer at once",
          Map.of(Exchange.RETRY_AFTER, RETRY_AFTER),
          null);
    }
    Request.addCompletionListener(request, failure -> end(key));
  }

  private void end(String key) {
    counts.computeIfPresent(key, (each, open) -> open == 1 ? null : open - 1);
  }
}
