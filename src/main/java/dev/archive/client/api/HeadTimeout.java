package dev.archive.client.api;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import okhttp3.Call;
import okhttp3.EventListener;
import okhttp3.Response;
import okio.AsyncTimeout;

/**
 * Cancels a call whose request is sent and whose answer's head is not whole in time: each byte of a
 * head that trickles would begin the read timeout again.
 */
final class HeadTimeout extends EventListener {
  private final Duration timeout;
  private AsyncTimeout watch;

  /** For one call. */
  HeadTimeout(Duration timeout) {
    this.timeout = timeout;
  }

  @Override
  public synchronized void responseHeadersStart(Call call) {
    end();
    watch =
        new AsyncTimeout() {
          @Override
          protected void timedOut() {
            call.cancel();
          }
        };
    watch.timeout(timeout.toNanos(), TimeUnit.NANOSECONDS);
    watch.enter();
  }

  @Override
  public void responseHeadersEnd(Call call, Response response) {
    end();
  }

  @Override
  public void responseFailed(Call call, IOException failure) {
    end();
  }

  @Override
  public void callFailed(Call call, IOException failure) {
    end();
  }

  private synchronized void end() {
    if (watch != null) {
      watch.exit();
      watch = null;
    }
  }
}
