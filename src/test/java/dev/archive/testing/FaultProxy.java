package dev.archive.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * A loopback proxy between an HTTP/1.1 client and server that makes faults by rule. It passes bytes
 * on as they are and understands only where messages start and end. All chances are drawn from one
 * seed in the order of the requests, so with a client that asks one thing after another the same
 * seed gives the same {@link #decisions()}.
 */
public final class FaultProxy implements AutoCloseable {
  private static final int CONNECT_MILLIS = 5000;

  private final long seed;
  private final Decider decider;
  private final Counters counters = new Counters();
  private final ServerSocket server;
  private final ExecutorService threads;
  private final ScheduledExecutorService timer;
  private final Set<ProxyConnection> connections = ConcurrentHashMap.newKeySet();
  private final Set<Gate> gates = ConcurrentHashMap.newKeySet();
  private final Set<Thread> started =
      Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));
  private volatile InetSocketAddress upstream;
  private volatile long cutEvery;
  private volatile Observer observer;
  private volatile boolean closed;

  private FaultProxy(InetSocketAddress upstream, long seed, Rules rules) throws IOException {
    this.upstream = upstream;
    this.seed = seed;
    decider = new Decider(seed);
    decider.use(rules);
    server = new ServerSocket(0, 1024, InetAddress.getLoopbackAddress());
    ThreadFactory factory =
        task -> {
          Thread thread = new Thread(task, "fault-proxy-" + port());
          thread.setDaemon(true);
          started.add(thread);
          return thread;
        };
    threads = Executors.newCachedThreadPool(factory);
    timer = Executors.newSingleThreadScheduledExecutor(factory);
    threads.execute(this::accept);
  }

  /** Starts a proxy on a free port of the loopback address. */
  public static FaultProxy start(String host, int port, long seed, Rules rules) {
    return start(new InetSocketAddress(host, port), seed, rules);
  }

  /** Starts a proxy on a free port of the loopback address. */
  public static FaultProxy start(InetSocketAddress upstream, long seed, Rules rules) {
    try {
      return new FaultProxy(upstream, seed, rules);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public InetSocketAddress address() {
    return (InetSocketAddress) server.getLocalSocketAddress();
  }

  public int port() {
    return server.getLocalPort();
  }

  /** Returns the address of the proxy as {@code http://127.0.0.1:port}. */
  public URI uri() {
    return URI.create("http://" + address().getAddress().getHostAddress() + ":" + port());
  }

  public long seed() {
    return seed;
  }

  /** Puts another server behind this address. Connections that exist keep the old one. */
  public void setUpstream(String host, int port) {
    upstream = new InetSocketAddress(host, port);
  }

  /** Replaces the rules for requests that come from now on; their counts start anew. */
  public void setRules(Rules rules) {
    decider.use(rules);
  }

  /**
   * Cuts every connection once so many request bytes have been forwarded on it; 0 never. Upstream
   * gets those bytes and an ordinary end, the client a reset.
   */
  public void cutEvery(long bytes) {
    cutEvery = bytes;
  }

  /** Tells an observer of everything from now on; answers are then read whole before relayed. */
  public void observe(Observer each) {
    observer = each;
  }

  Observer observer() {
    return observer;
  }

  /** Lets every message go on that is stalled or held now. */
  public void release() {
    gates.forEach(Gate::open);
  }

  /** Lets the messages of one connection go on. */
  public void release(int connection) {
    gates.stream().filter(gate -> gate.isOn(connection)).forEach(Gate::open);
  }

  /** Resets all connections there are now, as the death of a machine does. */
  public void resetConnections() {
    connections.forEach(ProxyConnection::reset);
  }

  /** Returns the rules that fired so far, in order. */
  public List<Decision> decisions() {
    return decider.decisions();
  }

  /** Returns the seed and the decisions, one a line, to print when a test fails. */
  public String log() {
    return decisions().stream()
        .map(Decision::toString)
        .collect(Collectors.joining("\n", "seed=" + seed + "\n", "\n"));
  }

  public Stats stats() {
    return counters.stats();
  }

  /** Returns the number of client connections that are open. */
  public int openConnections() {
    return connections.size();
  }

  /**
   * Waits until at least so many faults of a kind have been made since the start.
   *
   * @return whether they have
   */
  public boolean awaitFaults(Action.Kind kind, long count, long millis)
      throws InterruptedException {
    return counters.await(kind, count, millis);
  }

  /** Closes all sockets and waits for all threads to end. */
  @Override
  public void close() {
    closed = true;
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    connections.forEach(ProxyConnection::close);
    timer.shutdownNow();
    threads.shutdown();
    try {
      if (!threads.awaitTermination(10, TimeUnit.SECONDS)
          || !timer.awaitTermination(10, TimeUnit.SECONDS)) {
        throw new IllegalStateException("proxy threads did not end");
      }
      for (Thread thread : started.toArray(Thread[]::new)) {
        thread.join(); // an executor ends a moment before its threads do
      }
    } catch (InterruptedException e) {
      threads.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }

  private void accept() {
    int number = 0;
    while (!closed) {
      try {
        Socket client = server.accept();
        client.setTcpNoDelay(true);
        ProxyConnection connection = new ProxyConnection(this, ++number, client);
        counters.connections.increment();
        connections.add(connection);
        if (closed || !execute(connection::serve)) {
          connection.close();
        }
      } catch (IOException e) {
        // closed, or a client that went before it was accepted
      }
    }
  }

  /** Connects to upstream as it is now. */
  Socket connect() throws IOException {
    Socket socket = new Socket();
    try {
      InetSocketAddress to = upstream;
      socket.setTcpNoDelay(true);
      socket.connect(to, CONNECT_MILLIS);
      return socket;
    } catch (IOException e) {
      counters.upstreamFailures.increment();
      socket.close();
      throw e;
    }
  }

  /** Runs a task unless the proxy is closed; returns whether it does. */
  boolean execute(Runnable task) {
    try {
      threads.execute(task);
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    }
  }

  void schedule(Runnable task, long millis) {
    try {
      timer.schedule(task, millis, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      task.run();
    }
  }

  Decider decider() {
    return decider;
  }

  Counters counters() {
    return counters;
  }

  long cutEvery() {
    return cutEvery;
  }

  void made(Action action) {
    counters.made(action.kind());
  }

  /** Tells held requests that upstream has answered another one. */
  void passed(Exchange exchange) {
    gates.forEach(gate -> gate.passed(exchange));
  }

  void add(Gate gate) {
    gates.add(gate);
  }

  void remove(Gate gate) {
    gates.remove(gate);
  }

  void remove(ProxyConnection connection) {
    connections.remove(connection);
  }
}
