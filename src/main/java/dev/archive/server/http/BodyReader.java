package dev.archive.server.http;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.storage.Incoming;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.Trailers;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;

/**
 * Reads the body of one request as it arrives: a thread works on the bytes that are there and goes,
 * and comes back with the next ones. So a sender that is silent holds a connection and no thread,
 * and {@link SlowBodies} ends it.
 */
final class BodyReader<R> implements Runnable {
  /** What happens when the body has ended; both run on a thread of the server. */
  interface Then<R> {
    void done(R body);

    /** The body is wrong, broken or too slow, or the store failed. */
    void failed(Throwable why);
  }

  private final Request request;
  private final Incoming<R> into;
  private final Then<R> then;
  private final SlowBodies slow;
  private final BodyPace pace;

  /** Whether bytes are waited for: who sets it back goes on, be it with bytes or without. */
  private final AtomicBoolean waiting = new AtomicBoolean();

  BodyReader(Request request, Incoming<R> into, SlowBodies slow, Then<R> then) {
    this.request = request;
    this.into = into;
    this.slow = slow;
    this.pace = new BodyPace(slow.limits());
    this.then = then;
  }

  /** Begins to read. */
  void start() {
    R body;
    try {
      if (!read()) {
        return;
      }
      body = into.finish();
    } catch (Throwable e) {
      end(e);
      return;
    }
    into.close();
    then.done(body);
  }

  /** Goes on with bytes that have arrived. */
  @Override
  public void run() {
    if (waiting.compareAndSet(true, false)) {
      slow.remove(this);
      start();
    }
  }

  /**
   * Ends the body where it is too slow.
   *
   * @param executor for what follows from it
   */
  void judge(long nanos, Executor executor) {
    ArchiveException why = pace.tooSlow(nanos);
    if (why != null && waiting.compareAndSet(true, false)) {
      slow.remove(this);
      executor.execute(() -> end(broken(why)));
    }
  }

  private void end(Throwable why) {
    try {
      into.close();
    } finally {
      then.failed(why);
    }
  }

  /** Reads what is there; false where more is to come. */
  private boolean read() {
    while (true) {
      Content.Chunk chunk = request.read();
      if (chunk == null) {
        pace.waits(slow.nanos());
        waiting.set(true);
        slow.add(this);
        request.demand(this);
        return false;
      }
      if (Content.Chunk.isFailure(chunk)) {
        throw cutOff(chunk.getFailure());
      }
      if (chunk instanceof Trailers) {
        throw into.broken(RequestRules.trailers());
      }
      try {
        int bytes = chunk.remaining();
        pace.arrived(slow.nanos(), bytes);
        if (bytes > 0) {
          into.write(chunk.getByteBuffer());
        }
      } finally {
        chunk.release();
      }
      if (chunk.isLast()) {
        return true;
      }
      ArchiveException why = pace.tooSlow(slow.nanos());
      if (why != null) {
        throw into.broken(why);
      }
    }
  }

  private RuntimeException cutOff(Throwable why) {
    ArchiveException told =
        into.broken(
            new ArchiveException(
                why instanceof TimeoutException ? ErrorCode.REQUEST_TIMEOUT : ErrorCode.BODY_SIZE,
                "the body could not be read to its end",
                why));
    // What is wrong with its framing has words of its own.
    return why instanceof HttpException && why instanceof RuntimeException known ? known : told;
  }

  private Throwable broken(ArchiveException why) {
    try {
      return into.broken(why);
    } catch (RuntimeException e) {
      return e;
    }
  }
}
