package dev.archive.testing;

import dev.archive.testing.FaultSink.Cut;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.Socket;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A client connection and the upstream connection that belongs to it. One thread reads requests,
 * another answers; a request is forwarded only once the one before it has been answered.
 */
final class ProxyConnection {
  private static final long LINGER_MILLIS = 2000;

  private final FaultProxy proxy;
  private final int number;
  private final Socket client;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final AtomicBoolean ended = new AtomicBoolean();
  private volatile boolean requestsOver;
  private volatile Socket upstream;
  private volatile Socket second;
  private Exchange inFlight;
  private long forwarded;
  private int request;
  private String method = "";

  ProxyConnection(FaultProxy proxy, int number, Socket client) {
    this.proxy = proxy;
    this.number = number;
    this.client = client;
  }

  FaultProxy proxy() {
    return proxy;
  }

  int number() {
    return number;
  }

  /** Reads and forwards requests until the client ends. */
  void serve() {
    try {
      new RequestPump(this, client.getInputStream()).run();
    } catch (Cut e) {
      // ended on purpose
    } catch (IOException | RuntimeException e) {
      reset();
    } finally {
      requestsOver = true;
      if (inFlight() == null) {
        finish();
      }
      if (ended.get()) {
        drain();
        close();
      }
    }
  }

  private void relayAnswers(Socket from) {
    try {
      new AnswerPump(this, from.getInputStream()).run();
      finish();
    } catch (Cut e) {
      // ended on purpose
    } catch (IOException | RuntimeException e) {
      reset();
    }
  }

  /** Decides about the next request. */
  Exchange decide(HttpHead head) {
    request++;
    method = head.method();
    return proxy.decider().decide(number, request, method, head.requestLine());
  }

  /** Sets the exchange to which the next answer belongs. */
  synchronized void sending(Exchange exchange) {
    inFlight = exchange;
  }

  synchronized Exchange inFlight() {
    return inFlight;
  }

  /** Ends the exchange; returns whether there may be another. */
  synchronized boolean answered() {
    inFlight = null;
    notifyAll();
    return !requestsOver;
  }

  /** Waits until nothing is in flight. */
  synchronized void awaitAnswer() throws IOException {
    while (inFlight != null && !ended.get()) {
      try {
        wait();
      } catch (InterruptedException e) {
        throw new InterruptedIOException();
      }
    }
    checkOpen();
  }

  OutputStream client() throws IOException {
    return client.getOutputStream();
  }

  /** Returns the upstream connection, made when first needed. */
  OutputStream upstream() throws IOException {
    Socket socket = upstream;
    if (socket == null) {
      socket = proxy.connect();
      upstream = socket;
      checkOpenOr(socket);
      Socket from = socket;
      proxy.execute(() -> relayAnswers(from));
    }
    return socket.getOutputStream();
  }

  /** Makes a second upstream connection, closed with this connection at the latest. */
  Socket secondUpstream() throws IOException {
    Socket socket = proxy.connect();
    second = socket;
    checkOpenOr(socket);
    return socket;
  }

  /** Returns how many of the next request bytes may be forwarded before a general cut. */
  int allowance(int length) throws IOException {
    long every = proxy.cutEvery();
    if (every > 0 && forwarded >= every) {
      cutHere();
    }
    return every > 0 ? (int) Math.min(length, every - forwarded) : length;
  }

  /** Takes note of request bytes that have been forwarded. */
  void forwarded(int length) throws IOException {
    forwarded += length;
    long every = proxy.cutEvery();
    if (every > 0 && forwarded >= every) {
      cutHere();
    }
  }

  private void cutHere() throws IOException {
    Action action = new Action.Rst();
    Offset place = Offset.at(forwarded);
    proxy
        .decider()
        .log(new Decision(number, request, method, Direction.REQUEST, "cutEvery", action, place));
    made(action);
    resetClient();
    throw new Cut();
  }

  void made(Action action) {
    proxy.made(action);
  }

  void stall(Action.Stall stall) throws IOException {
    await(Gate.stall(number), stall.millis(), stall);
  }

  /** Waits at a gate; the fault counts as made once it waits there. */
  void await(Gate gate, long maxMillis, Action action) throws IOException {
    proxy.add(gate);
    try {
      if (ended.get()) {
        throw new Cut();
      }
      if (maxMillis > 0) {
        proxy.schedule(gate::open, maxMillis);
      }
      made(action);
      gate.await();
    } catch (InterruptedException e) {
      throw new InterruptedIOException();
    } finally {
      proxy.remove(gate);
    }
    checkOpen();
  }

  /** Waits for the time a slow peer would take, or until closed. */
  void pause(long nanos) throws IOException {
    try {
      if (nanos > 0 && closed.await(nanos, TimeUnit.NANOSECONDS)) {
        throw new Cut();
      }
    } catch (InterruptedException e) {
      throw new InterruptedIOException();
    }
  }

  void checkOpen() throws IOException {
    if (ended.get()) {
      throw new Cut();
    }
  }

  private void checkOpenOr(Socket socket) throws IOException {
    if (ended.get()) {
      closeQuietly(socket);
      throw new Cut();
    }
  }

  /** Tells upstream that no more will come, but still takes its answer. */
  void endUpstream() {
    try {
      Socket socket = upstream;
      if (socket != null) {
        socket.shutdownOutput();
      }
    } catch (IOException e) {
      // gone already; reading its answer will tell
    }
  }

  /** Resets both sides. */
  void reset() {
    if (ended.compareAndSet(false, true)) {
      resetOnClose(client);
      resetOnClose(upstream);
      close();
    }
  }

  /** Resets the client; upstream sees an ordinary end and gets all that was sent. */
  void resetClient() {
    if (ended.compareAndSet(false, true)) {
      resetOnClose(client);
      close();
    }
  }

  /**
   * Ends both sides in the ordinary way. What the client still sends is read for a while, since
   * closing a socket with unread bytes would send a reset.
   */
  void finish() {
    if (!ended.compareAndSet(false, true)) {
      return;
    }
    try {
      client.shutdownOutput();
    } catch (IOException e) {
      // gone already
    }
    closeQuietly(upstream);
    if (requestsOver) {
      close();
    } else {
      proxy.schedule(this::close, LINGER_MILLIS);
      wake();
    }
  }

  /** Closes all sockets and lets every thread of this connection go. */
  void close() {
    ended.set(true);
    closed.countDown();
    closeQuietly(client);
    closeQuietly(upstream);
    closeQuietly(second);
    wake();
    proxy.remove(this);
  }

  private void wake() {
    proxy.release(number);
    synchronized (this) {
      notifyAll();
    }
  }

  private void drain() {
    byte[] rest = new byte[8192];
    try {
      InputStream in = client.getInputStream();
      while (in.read(rest) >= 0) {
        // unwanted
      }
    } catch (IOException e) {
      // the end, too
    }
  }

  private static void resetOnClose(Socket socket) {
    try {
      if (socket != null) {
        socket.setSoLinger(true, 0);
      }
    } catch (IOException e) {
      // closed already
    }
  }

  private static void closeQuietly(Socket socket) {
    try {
      if (socket != null) {
        socket.close();
      }
    } catch (IOException e) {
      // nothing more to do
    }
  }
}
