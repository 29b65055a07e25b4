package dev.archive.server.http;

import dev.archive.model.Limit;
import dev.archive.model.Limits;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.NetworkChannel;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.eclipse.jetty.io.AbstractEndPoint;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ssl.SslConnection;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * Judges by a timer what happens on each connection outside of bodies: a head must be whole in
 * time, and a reader must take some of its answer. Counts the connections, so that no peer has them
 * all.
 */
public final class ConnectionWatch implements Connection.Listener, Runnable {
  private final LongSupplier nanos;
  private final Limits limits;
  private final PeerAddresses peers;
  private final Map<EndPoint, Seen> connections = new ConcurrentHashMap<>();
  private final Map<InetAddress, Integer> addresses = new HashMap<>();
  private int all;

  /** What the last look at a connection found. */
  private static final class Seen {
    private final InetAddress address;
    private long messages;
    private long bytesIn;
    private long headSince;
    private boolean head = true;
    private long bytesOut;
    private long unreadSince;
    private boolean unread;

    /** Requests whose answers are not whole yet. */
    private final AtomicInteger inWork = new AtomicInteger();

    Seen(InetAddress address, long now) {
      this.address = address;
      this.headSince = now;
    }

    /** Why the connection must end, or null. */
    String judge(Connection connection, boolean writing, long now, Limits limits) {
      look(connection, writing, now);
      if (head && now - headSince >= limits.time(Limit.HEAD_TIME).toNanos()) {
        return "no whole head of a request in time";
      }
      return unread && now - unreadSince >= limits.time(Limit.UNREAD_TIME).toNanos()
          ? "nobody reads the answer"
          : null;
    }

    private void look(Connection connection, boolean writing, long now) {
      long in = connection.getMessagesIn();
      long bytes = connection.getBytesIn();
      if (in != messages || in != connection.getMessagesOut()) {
        messages = in;
        bytesIn = bytes;
        head = false;
      } else if (!head && bytes > bytesIn) {
        head = true;
        headSince = now;
      }
      if (!writing) {
        unread = false;
      } else if (!unread || connection.getBytesOut() != bytesOut) {
        unread = true;
        unreadSince = now;
        bytesOut = connection.getBytesOut();
      }
    }
  }

  /**
   * Sets it up.
   *
   * @param nanos a monotonic clock, in nanoseconds
   * @param limits the most connections; those of one address do not bind a trusted proxy
   */
  public ConnectionWatch(LongSupplier nanos, Limits limits, PeerAddresses peers) {
    this.nanos = nanos;
    this.peers = peers;
    this.limits = limits;
  }

  @Override
  public void onOpened(Connection connection) {
    if (connection instanceof SslConnection) {
      // The one inside it is watched: it has the messages.
      return;
    }
    EndPoint end = connection.getEndPoint();
    InetAddress address =
        end.getRemoteSocketAddress() instanceof InetSocketAddress peer ? peer.getAddress() : null;
    if (!admitted(address)) {
      end.close();
      return;
    }
    connections.put(end, new Seen(address, nanos.getAsLong()));
  }

  private synchronized boolean admitted(InetAddress address) {
    if (all >= limits.of(Limit.CONNECTIONS)
        || addresses.getOrDefault(address, 0) >= limits.of(Limit.CONNECTIONS_PER_ADDRESS)
            && !peers.isProxy(address)) {
      return false;
    }
    all++;
    addresses.merge(address, 1, Integer::sum);
    return true;
  }

  @Override
  public void onClosed(Connection connection) {
    Seen seen = connections.remove(connection.getEndPoint());
    if (seen != null) {
      synchronized (this) {
        all--;
        addresses.computeIfPresent(seen.address, (peer, open) -> open == 1 ? null : open - 1);
      }
    }
  }

  /** The same handler, whose requests are seen here until their answers are whole. */
  public Handler watching(Handler handler) {
    return new Handler.Wrapper(handler) {
      @Override
      public boolean handle(Request request, Response response, Callback callback)
          throws Exception {
        Seen seen = connections.get(request.getConnectionMetaData().getConnection().getEndPoint());
        if (seen != null) {
          seen.inWork.incrementAndGet();
          Request.addCompletionListener(request, failure -> seen.inWork.decrementAndGet());
        }
        return super.handle(request, response, callback);
      }
    };
  }

  /**
   * Closes the connections on which every request has its whole answer. Jetty gives each a second
   * to ask again when it stops, which it would not answer any more. What it counts as answers is no
   * help: one that has only begun is among them, and so is 100 Continue.
   */
  public void closeIdle() {
    connections.forEach(
        (end, seen) -> {
          Connection connection = end.getConnection();
          long requests = connection.getMessagesIn();
          if (requests > 0 && requests <= connection.getMessagesOut() && seen.inWork.get() == 0) {
            end.close();
          }
        });
  }

  /** Ends what takes too long. */
  @Override
  public void run() {
    long now = nanos.getAsLong();
    connections.forEach(
        (end, seen) -> {
          boolean writing =
              end instanceof AbstractEndPoint known && known.getWriteFlusher().isPending();
          String why = seen.judge(end.getConnection(), writing, now, limits);
          if (why != null) {
            reset(end);
            end.close(new TimeoutException(why));
          }
        });
  }

  /** A peer that reads nothing would leave the system with what it was sent, for minutes. */
  private static void reset(EndPoint end) {
    try {
      if (end.getTransport() instanceof NetworkChannel channel) {
        channel.setOption(StandardSocketOptions.SO_LINGER, 0);
      }
    } catch (IOException e) {
      // It is closed already.
    }
  }
}
