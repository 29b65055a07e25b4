package dev.archive.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A loopback TCP proxy with the delay of a long link and the bandwidth of a short one: each byte
 * arrives half a round trip after it was sent, and a new connection carries its first byte a round
 * trip later than that, as a handshake would have it. Used by {@code scripts/bench.sh}.
 */
public final class DelayProxy {
  /** Chunks under way in each direction: at 64 KiB a chunk, more than any send window. */
  private static final int WINDOW = 256;

  private static final int CHUNK = 64 * 1024;

  private final InetSocketAddress upstream;
  private final long oneWayNanos;

  private DelayProxy(InetSocketAddress upstream, long oneWayNanos) {
    this.upstream = upstream;
    this.oneWayNanos = oneWayNanos;
  }

  /** Takes PORT ROUND-TRIP-MILLIS, prints its own port and serves until it is killed. */
  public static void main(String[] args) throws InterruptedException {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    InetSocketAddress upstream = new InetSocketAddress(loopback, Integer.parseInt(args[0]));
    System.out.println(start(upstream, Long.parseLong(args[1])));
    Thread.currentThread().join();
  }

  /** Starts one in the background; its port on the loopback address. */
  static int start(InetSocketAddress upstream, long roundTripMillis) {
    DelayProxy proxy = new DelayProxy(upstream, TimeUnit.MILLISECONDS.toNanos(roundTripMillis) / 2);
    try {
      ServerSocket server = new ServerSocket(0, 1024, InetAddress.getLoopbackAddress());
      start(() -> proxy.accept(server));
      return server.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void accept(ServerSocket server) {
    while (true) {
      try {
        connect(server.accept());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private void connect(Socket client) throws IOException {
    Socket server = new Socket(upstream.getAddress(), upstream.getPort());
    client.setTcpNoDelay(true);
    server.setTcpNoDelay(true);
    long now = System.nanoTime();
    pass(client, server, now + 3 * oneWayNanos);
    pass(server, client, now + oneWayNanos);
  }

  /** A chunk, empty at the end of the stream. */
  private record Chunk(long due, byte[] bytes) {}

  private void pass(Socket from, Socket to, long notBefore) {
    BlockingQueue<Chunk> underWay = new ArrayBlockingQueue<>(WINDOW);
    start(() -> read(from, underWay, notBefore));
    start(() -> write(to, underWay));
  }

  private static void start(Runnable task) {
    Thread thread = new Thread(task, "delay");
    thread.setDaemon(true);
    thread.start();
  }

  private void read(Socket from, BlockingQueue<Chunk> underWay, long notBefore) {
    byte[] buffer = new byte[CHUNK];
    try {
      int count;
      do {
        count = available(from, buffer);
        long due = Math.max(System.nanoTime() + oneWayNanos, notBefore);
        underWay.put(new Chunk(due, Arrays.copyOf(buffer, Math.max(count, 0))));
      } while (count > 0);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static int available(Socket from, byte[] buffer) {
    try {
      InputStream in = from.getInputStream();
      return in.read(buffer);
    } catch (IOException e) {
      return -1;
    }
  }

  private static void write(Socket to, BlockingQueue<Chunk> underWay) {
    try {
      OutputStream out = to.getOutputStream();
      Chunk chunk = underWay.take();
      while (chunk.bytes().length > 0) {
        long wait = chunk.due() - System.nanoTime();
        TimeUnit.NANOSECONDS.sleep(wait);
        out.write(chunk.bytes());
        chunk = underWay.take();
      }
      to.shutdownOutput();
    } catch (IOException e) {
      drain(to, underWay);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Nobody listens any more: the reader must not wait for room, and learns of it by the close. */
  private static void drain(Socket to, BlockingQueue<Chunk> underWay) {
    try {
      to.close();
      while (underWay.take().bytes().length > 0) {
        continue;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
