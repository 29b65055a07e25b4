package dev.archive.testing;

import java.util.Locale;

/**
 * Which requests a rule is for. A request counts for {@code from} and {@code to} if connection and
 * expression fit; the probability is drawn last.
 *
 * @param connection number of the client connection, from 1; 0 for any
 * @param regex what the whole of "METHOD target" must match
 * @param from first fitting request the rule is for, from 1
 * @param to last fitting request the rule is for
 * @param probability chance that the rule fires for a request it is for
 */
public record Match(int connection, String regex, long from, long to, double probability) {
  public Match {
    if (connection < 0 || from < 1 || to < from || !(probability >= 0 && probability <= 1)) {
      throw new IllegalArgumentException("not a match");
    }
  }

  /** Returns a match for every request. */
  public static Match any() {
    return request(".*");
  }

  /** Returns a match for requests whose "METHOD target" as a whole matches {@code regex}. */
  public static Match request(String regex) {
    return new Match(0, regex, 1, Long.MAX_VALUE, 1);
  }

  /** Returns this match for one connection only, the first being 1. */
  public Match onConnection(int number) {
    return new Match(number, regex, from, to, probability);
  }

  /** Returns this match for the n-th fitting request only. */
  public Match nth(long n) {
    return new Match(connection, regex, n, n, probability);
  }

  /** Returns this match for the first n fitting requests only. */
  public Match first(long n) {
    return new Match(connection, regex, 1, n, probability);
  }

  /** Returns this match without the first n fitting requests. */
  public Match after(long n) {
    return new Match(connection, regex, n + 1, Long.MAX_VALUE, probability);
  }

  /** Returns this match with a chance drawn from the proxy's seed. */
  public Match withProbability(double chance) {
    return new Match(connection, regex, from, to, chance);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("/").append(regex).append('/');
    if (connection > 0) {
      text.append(" c").append(connection);
    }
    if (from > 1 || to < Long.MAX_VALUE) {
      text.append(" n").append(from).append("..").append(to == Long.MAX_VALUE ? "" : to);
    }
    if (probability < 1) {
      text.append(String.format(Locale.ROOT, " p%.4f", probability));
    }
    return text.toString();
  }
}
