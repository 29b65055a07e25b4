package dev.archive.cli.view;

import dev.archive.client.work.Progress.Phase;
import dev.archive.client.work.Transfer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** How far a run is, as its events add up. For many threads; nothing is printed under its lock. */
final class RunState {
  /** Rates are those of the last half minute. */
  private static final long WINDOW_NANOS = Duration.ofSeconds(30).toNanos();

  private static final long SAMPLE_NANOS = Duration.ofSeconds(1).toNanos();

  private final LongSupplier nanos;
  private final Set<InFlight> inFlight = new LinkedHashSet<>();
  private final Deque<Sample> samples = new ArrayDeque<>();
  private Phase phase = Phase.SCANNING;
  private long files;
  private long bytes;
  private long doneFiles;
  private long sent;
  private long most;
  private long heard;
  private long nextTry;
  private @Nullable String trouble;

  /** Counts from now on. */
  RunState(LongSupplier nanos) {
    this.nanos = nanos;
    this.heard = nanos.getAsLong();
  }

  private record Sample(long nanos, long files, long bytes) {}

  /**
   * One moment of a run.
   *
   * @param files that there are; 0 while that is unknown
   * @param sent bytes, which never become fewer
   * @param bytesPerSecond of the last half minute; 0 where nothing moved
   * @param secondsLeft -1 where that cannot be told
   * @param silence how long nothing was heard of the server
   * @param untilNextTry negative where no try is waited for
   * @param trouble why the last call failed, or null
   */
  record Moment(
      Phase phase,
      long files,
      long bytes,
      long doneFiles,
      long sent,
      long bytesPerSecond,
      long secondsLeft,
      Duration silence,
      Duration untilNextTry,
      @Nullable String trouble,
      List<Flight> flights) {}

  /** A file on its way. */
  record Flight(String name, long size, long sent) {}

  synchronized void phase(Phase next) {
    // Many files are sent side by side, and asked for meanwhile: that is sending all the same.
    if (next == phase || next == Phase.COMPARING && !inFlight.isEmpty()) {
      return;
    }
    phase = next;
    samples.clear();
    heard = nanos.getAsLong();
  }

  synchronized void planned(long files, long bytes) {
    this.files = files;
    this.bytes = bytes;
    this.doneFiles = 0;
    this.sent = 0;
    this.most = 0;
    phase(Phase.COMPARING);
  }

  /** One more file while the sources are walked. */
  synchronized void scanned(long size) {
    doneFiles++;
    sent += size;
  }

  /** What was there before the run: it counts as done, and not for the rate. */
  synchronized void resumed(long files, long bytes) {
    doneFiles += files;
    sent += bytes;
    samples.clear();
    heardNow();
  }

  synchronized void sent(long count) {
    sent += count;
    if (count > 0) {
      heardNow();
    }
  }

  synchronized void completed(long count) {
    doneFiles += count;
    heardNow();
  }

  private void heardNow() {
    heard = nanos.getAsLong();
    trouble = null;
  }

  /** A call failed and is made again after a while. */
  synchronized void retrying(String why, Duration delay) {
    trouble = why;
    nextTry = nanos.getAsLong() + delay.toNanos();
  }

  /** A file begins to be sent. */
  synchronized Transfer open(String name, long size, LongConsumer counted) {
    InFlight flight = new InFlight(name, size, counted);
    inFlight.add(flight);
    if (phase != Phase.SENDING) {
      phase(Phase.SENDING);
    }
    return flight;
  }

  private final class InFlight implements Transfer {
    private final String name;
    private final long size;
    private final LongConsumer counted;
    private long done;
    private long mostDone;

    InFlight(String name, long size, LongConsumer counted) {
      this.name = name;
      this.size = size;
      this.counted = counted;
    }

    @Override
    public void accept(long count) {
      synchronized (RunState.this) {
        done += count;
        mostDone = Math.max(mostDone, Math.min(done, size));
      }
      counted.accept(count);
    }

    @Override
    public void close() {
      synchronized (RunState.this) {
        inFlight.remove(this);
      }
    }
  }

  /** How it stands now. */
  synchronized Moment now() {
    long now = nanos.getAsLong();
    most = Math.max(most, bytes > 0 ? Math.min(sent, bytes) : sent);
    if (samples.isEmpty() || now - samples.peekLast().nanos >= SAMPLE_NANOS) {
      samples.addLast(new Sample(now, doneFiles, most));
    }
    while (samples.size() > 2 && now - samples.peekFirst().nanos > WINDOW_NANOS) {
      samples.removeFirst();
    }
    Sample first = samples.peekFirst();
    double seconds = (now - first.nanos) / 1e9;
    double byteRate = seconds > 0 ? (most - first.bytes) / seconds : 0;
    double fileRate = seconds > 0 ? (doneFiles - first.files) / seconds : 0;
    List<Flight> flights = new ArrayList<>();
    inFlight.forEach(each -> flights.add(new Flight(each.name, each.size, each.mostDone)));
    return new Moment(
        phase,
        files,
        bytes,
        doneFiles,
        most,
        Math.round(byteRate),
        secondsLeft(byteRate, fileRate),
        Duration.ofNanos(now - heard),
        trouble == null ? Duration.ofNanos(-1) : Duration.ofNanos(Math.max(0, nextTry - now)),
        trouble,
        flights);
  }

  /** The longer of what the bytes and what the files need: many small files are not many bytes. */
  private long secondsLeft(double byteRate, double fileRate) {
    double byBytes = left(bytes - most, byteRate);
    double byFiles = left(files - doneFiles, fileRate);
    // Before the first file is complete, only bytes tell.
    double left = byteRate > 0 && fileRate <= 0 ? byBytes : Math.max(byBytes, byFiles);
    return left < 0 || left > 1e9 ? -1 : Math.round(left);
  }

  private static double left(long count, double rate) {
    return count <= 0 ? 0 : rate <= 0 ? Double.MAX_VALUE : count / rate;
  }
}
