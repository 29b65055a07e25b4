package dev.archive.server.http;

import dev.archive.wire.Json;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.RequestLog;
import org.eclipse.jetty.server.Response;

/**
 * Counts each request when it has ended, and tells of it in one line of JSON: those too that Jetty
 * refused. Nothing in it is taken from the request as it came, but its method, where that is one of
 * ours, and the address of the peer.
 */
public final class AccessLog implements RequestLog {
  /** The error of an answer that broke off after it had begun. */
  static final String CUT = "RESPONSE_CUT";

  private static final long NANOS_IN_MILLI = 1_000_000;

  private final Metrics metrics;
  private final RequestIds ids;
  private final Consumer<String> lines;
  private final Clock clock;
  private final PeerAddresses peers;

  /**
   * Sets it up.
   *
   * @param peers tells the address of the client
   * @param lines takes each line, without its end, and must not wait; null where none are wanted
   */
  public AccessLog(
      Metrics metrics, RequestIds ids, Consumer<String> lines, Clock clock, PeerAddresses peers) {
    this.peers = peers;
    this.metrics = metrics;
    this.ids = ids;
    this.lines = lines;
    this.clock = clock;
  }

  @Override
  public void log(Request request, Response response) {
    RequestNotes notes = RequestNotes.of(request, ids);
    long nanos = Math.max(0, System.nanoTime() - request.getBeginNanoTime());
    long in = Math.max(0, Request.getContentBytesRead(request));
    long out = Math.max(0, Response.getContentBytesWritten(response));
    int status = response.getStatus();
    String error = error(notes, status);
    metrics.count(notes.route, status, in, out, nanos, error);
    if (lines != null) {
      lines.accept(line(request, notes, status, in, out, nanos / NANOS_IN_MILLI, error));
    }
  }

  private static String error(RequestNotes notes, int status) {
    if (notes.cut) {
      return CUT;
    }
    if (notes.error != null) {
      return notes.error.name();
    }
    if (status < 400) {
      return null;
    }
    return TransportErrors.code(status).name();
  }

  private String line(
      Request request,
      RequestNotes notes,
      int status,
      long in,
      long out,
      long millis,
      String error) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("time", clock.instant().truncatedTo(ChronoUnit.MILLIS).toString());
    line.put(RequestIds.FIELD, notes.id);
    line.put("address", peers.of(request));
    if (!notes.caller.isNobody()) {
      line.put("owner", notes.caller.owner().name());
    }
    if (notes.caller.token() != null) {
      line.put("token", notes.caller.token());
    }
    if (notes.batch != null) {
      line.put("batch", notes.batch.value());
    }
    if (notes.route != null) {
      line.put("method", request.getMethod());
      line.put("route", notes.route.path());
    }
    line.put("status", status);
    line.put("bytes_in", in);
    line.put("bytes_out", out);
    line.put("duration_ms", millis);
    if (error != null) {
      line.put("error", error);
    }
    return Json.text(line);
  }
}
