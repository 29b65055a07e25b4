package dev.archive.testing;

import java.util.concurrent.CountDownLatch;
import java.util.regex.Pattern;

/** Where a stalled or held message waits. */
final class Gate {
  private final int connection;
  private final Exchange held;
  private final Pattern counted;
  private final CountDownLatch latch;

  private Gate(int connection, Exchange held, Pattern counted, int count) {
    this.connection = connection;
    this.held = held;
    this.counted = counted;
    this.latch = new CountDownLatch(count);
  }

  static Gate stall(int connection) {
    return new Gate(connection, null, null, 1);
  }

  static Gate hold(int connection, Exchange held, int others, String regex) {
    return new Gate(connection, held, Pattern.compile(regex, Pattern.DOTALL), others);
  }

  /** Counts an answered request. */
  void passed(Exchange exchange) {
    if (counted != null && exchange != held && counted.matcher(exchange.line()).matches()) {
      latch.countDown();
    }
  }

  boolean isOn(int number) {
    return connection == number;
  }

  void open() {
    while (latch.getCount() > 0) {
      latch.countDown();
    }
  }

  void await() throws InterruptedException {
    latch.await();
  }
}
