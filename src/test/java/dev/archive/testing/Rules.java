package dev.archive.testing;

import static dev.archive.testing.Direction.REQUEST;
import static dev.archive.testing.Direction.RESPONSE;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Rules in the order in which they are asked. */
public record Rules(List<Rule> list) {
  /** Longest stall of {@link #chaos}. */
  static final long CHAOS_STALL_MILLIS = 100;

  public Rules {
    list = List.copyOf(list);
  }

  /** Returns no rules: everything passes. */
  public static Rules none() {
    return new Rules(List.of());
  }

  /** Returns these rules. */
  public static Rules of(Rule... rules) {
    return new Rules(List.of(rules));
  }

  /** Returns these rules followed by others. */
  public Rules and(Rule... others) {
    List<Rule> all = new ArrayList<>(list);
    all.addAll(List.of(others));
    return new Rules(all);
  }

  /** Returns a mix of faults which never change a byte; see {@link #chaos(Match, boolean)}. */
  public static Rules chaos(double rate) {
    return chaos(Match.any().withProbability(rate), false);
  }

  /** Returns the same mix with bits flipped in request and response bodies as well. */
  public static Rules chaosWithFlips(double rate) {
    return chaos(Match.any().withProbability(rate), true);
  }

  /**
   * Returns a mix of faults, evenly spread, of which about the given part of the matching requests
   * meets one: resets and closes at random places in request and response, lost answers,
   * duplicates, 503 with {@code Retry-After}, 429, 500 and short stalls.
   */
  public static Rules chaos(Match match, boolean flips) {
    List<Function<Match, Rule>> kinds =
        new ArrayList<>(
            List.of(
                m -> Rule.rst(m, REQUEST, Offset.random()),
                m -> Rule.rst(m, RESPONSE, Offset.random()),
                m -> Rule.fin(m, REQUEST, Offset.random()),
                m -> Rule.fin(m, RESPONSE, Offset.random()),
                Rule::dropResponse,
                Rule::dup,
                m -> Rule.status(m, 503, "0"),
                m -> Rule.status(m, 503, "1"),
                m -> Rule.status(m, 429, "0"),
                m -> Rule.status(m, 500, ""),
                m -> Rule.stall(m, REQUEST, Offset.random(), CHAOS_STALL_MILLIS / 2),
                m -> Rule.stall(m, RESPONSE, Offset.random(), CHAOS_STALL_MILLIS)));
    if (flips) {
      kinds.add(m -> Rule.flip(m, REQUEST, Offset.random(), 3));
      kinds.add(m -> Rule.flip(m, RESPONSE, Offset.random(), 0));
    }
    Match each = match.withProbability(match.probability() / kinds.size());
    return new Rules(kinds.stream().map(kind -> kind.apply(each)).toList());
  }
}
