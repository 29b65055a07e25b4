package dev.archive.server.http;

import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import org.eclipse.jetty.server.Request;

/**
 * What becomes known of one request while it is answered, for the log and the counters: only words
 * of ours, and names that were checked. It is one thread's at a time, as the exchange is.
 */
final class RequestNotes {
  private static final String ATTRIBUTE = RequestNotes.class.getName();

  final String id;
  Route route;
  Caller caller = Caller.NOBODY;
  BatchId batch;
  ErrorCode error;

  /** Whether the answer broke off after it had begun. */
  boolean cut;

  private RequestNotes(String id) {
    this.id = id;
  }

  /** The notes of a request; it gets them, and a number, where it has none. */
  static RequestNotes of(Request request, RequestIds ids) {
    RequestNotes known = find(request);
    if (known != null) {
      return known;
    }
    RequestNotes made = new RequestNotes(ids.next());
    request.setAttribute(ATTRIBUTE, made);
    return made;
  }

  /** The notes of a request; null where it has none. */
  static RequestNotes find(Request request) {
    return request.getAttribute(ATTRIBUTE) instanceof RequestNotes notes ? notes : null;
  }

  /** Notes the batch of this id; what is no id is left out. */
  void about(String named) {
    try {
      batch = BatchId.parse(named);
    } catch (ArchiveException e) {
      batch = null;
    }
  }
}
