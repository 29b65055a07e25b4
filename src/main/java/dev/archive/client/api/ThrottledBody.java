package dev.archive.client.api;

import java.io.IOException;
import okhttp3.MediaType;
import okhttp3.RequestBody;
import okio.BufferedSink;
import okio.Okio;
import okio.Throttler;

/** A body that shares a rate with all others of its run. */
final class ThrottledBody extends RequestBody {
  private static final long MAX_AT_ONCE = 256 << 10;
  private static final long MIN_WORTH_A_WAIT = 8 << 10;

  private final RequestBody body;
  private final Throttler throttler;

  ThrottledBody(RequestBody body, Throttler throttler) {
    this.body = body;
    this.throttler = throttler;
  }

  /** What lets so many bytes pass in a second; no wait is longer than about a second. */
  static Throttler throttler(long bytesPerSecond) {
    Throttler throttler = new Throttler();
    long most = Math.max(1, Math.min(MAX_AT_ONCE, bytesPerSecond));
    throttler.bytesPerSecond(bytesPerSecond, Math.min(MIN_WORTH_A_WAIT, most), most);
    return throttler;
  }

  @Override
  public MediaType contentType() {
    return body.contentType();
  }

  @Override
  public long contentLength() throws IOException {
    return body.contentLength();
  }

  @Override
  public boolean isOneShot() {
    return body.isOneShot();
  }

  @Override
  public void writeTo(BufferedSink sink) throws IOException {
    BufferedSink throttled = Okio.buffer(throttler.sink(sink));
    body.writeTo(throttled);
    throttled.flush();
  }
}
