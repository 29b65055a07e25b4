package dev.archive.client.send;

import java.time.Duration;

/**
 * How many files the next bundle carries: as many as take a good while and not longer, by what the
 * last ones took. Larger ones would save little and cost much to send again; smaller ones pay a
 * round trip for little.
 */
final class BundleSize {
  private static final int LEAST_FILES = 16;
  private static final int MAX_FILES = 1000;
  private static final Duration GOOD_WHILE = Duration.ofMillis(250);

  /** How many round trips a bundle should at least outweigh. */
  private static final int ROUND_TRIPS = 10;

  private final long aim;
  private int files;

  /**
   * Begins with more the farther the server is.
   *
   * @param roundTrip what a small call takes
   */
  BundleSize(Duration roundTrip) {
    this.aim = Math.max(GOOD_WHILE.toNanos(), roundTrip.toNanos() * ROUND_TRIPS);
    this.files = within(MAX_FILES * roundTrip.toNanos() / aim * 5, 128, MAX_FILES);
  }

  synchronized int files() {
    return files;
  }

  /** A bundle of so many files took so long. At most it doubles or halves the next. */
  synchronized void took(int sent, long nanos) {
    long wished = sent * aim / Math.max(1, nanos);
    files = within(within(wished, files / 2, files * 2L), LEAST_FILES, MAX_FILES);
  }

  private static int within(long value, long least, long most) {
    return (int) Math.max(least, Math.min(most, value));
  }
}
