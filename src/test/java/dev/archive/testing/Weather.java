package dev.archive.testing;

import static dev.archive.testing.Direction.REQUEST;
import static dev.archive.testing.Direction.RESPONSE;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;

/**
 * Rules that change all the time (X2): one to four kinds of faults at once, each with a chance of
 * its own; now and then none, so that something gets done.
 */
final class Weather {
  private static final double CALM = 0.15;
  private static final double MAX_RATE = 0.3;
  private static final long STALL_MILLIS = 1500;
  private static final Match JSON = Match.request("(GET|POST) .*");
  private static final Match BYTES = Match.request("PUT .*");

  /** At the first contact a page of HTML rightly means a wrong address, and exit 2. */
  private static final Match AFTER_CONTACT = Match.request(".+ /.+");

  private static final List<Function<Double, Rule>> KINDS =
      List.of(
          p -> Rule.rst(any(p), REQUEST, Offset.random()),
          p -> Rule.rst(any(p), RESPONSE, Offset.random()),
          p -> Rule.fin(any(p), REQUEST, Offset.random()),
          p -> Rule.fin(any(p), RESPONSE, Offset.random()),
          p -> Rule.dropResponse(any(p)),
          p -> Rule.dup(any(p)),
          p -> Rule.hold(any(p), 2, ".*", STALL_MILLIS),
          p -> Rule.trunc(any(p), REQUEST, Offset.random()),
          p -> Rule.trunc(any(p), RESPONSE, Offset.random()),
          p -> Rule.status(any(p), 503, "0"),
          p -> Rule.status(any(p), 503, "1"),
          p -> Rule.status(any(p), 429, "0"),
          p -> Rule.status(any(p), 429, "Thu, 01 Jan 1970 00:00:00 GMT"),
          p -> Rule.status(any(p), 408, "-1"),
          p -> Rule.status(any(p), 500, ""),
          p -> Rule.status(any(p), 502, ""),
          p -> Rule.status(any(p), 504, ""),
          p ->
              Rule.html(
                  AFTER_CONTACT.withProbability(p),
                  200,
                  "<html><body>Welcome to our network</body></html>"),
          p -> Rule.garbage(any(p), 300),
          p -> Rule.stall(any(p), REQUEST, Offset.random(), STALL_MILLIS / 2),
          p -> Rule.stall(any(p), RESPONSE, Offset.random(), STALL_MILLIS),
          p -> Rule.rate(BYTES.withProbability(p), REQUEST, 200_000),
          p -> Rule.slice(JSON.withProbability(p), REQUEST),
          p -> Rule.slice(JSON.withProbability(p), RESPONSE),
          p -> Rule.flip(BYTES.withProbability(p), REQUEST, Offset.random(), 3),
          p -> Rule.flip(JSON.withProbability(p), REQUEST, Offset.random(), 3));

  private final SplittableRandom random;

  Weather(SplittableRandom random) {
    this.random = random;
  }

  private static Match any(double chance) {
    return Match.any().withProbability(chance);
  }

  /** The rules of the next second. */
  Rules next() {
    if (random.nextDouble() < CALM) {
      return Rules.none();
    }
    List<Rule> rules = new ArrayList<>();
    for (int left = 1 + random.nextInt(4); left > 0; left--) {
      rules.add(KINDS.get(random.nextInt(KINDS.size())).apply(random.nextDouble() * MAX_RATE));
    }
    return new Rules(rules);
  }
}
