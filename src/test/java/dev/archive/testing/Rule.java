package dev.archive.testing;

import java.util.Map;
import java.util.Objects;

/**
 * One fault: for which requests, in which direction, at which byte, and what. At most one rule acts
 * on each direction of an exchange, the first that fires.
 */
public record Rule(Match match, Direction direction, Offset offset, Action action) {
  private static final Offset START = Offset.at(0);

  public Rule {
    Objects.requireNonNull(match);
    Objects.requireNonNull(direction);
    Objects.requireNonNull(offset);
    if (action.kind() == Action.Kind.FLIP && offset instanceof Offset.End) {
      throw new IllegalArgumentException("no bit to flip after the end");
    }
  }

  /** Resets both connections at a byte. */
  public static Rule rst(Match match, Direction direction, Offset offset) {
    return new Rule(match, direction, offset, new Action.Rst());
  }

  /** Closes both connections at a byte. */
  public static Rule fin(Match match, Direction direction, Offset offset) {
    return new Rule(match, direction, offset, new Action.Fin());
  }

  /** Stops forwarding at a byte until {@link FaultProxy#release()} or close. */
  public static Rule stall(Match match, Direction direction, Offset offset) {
    return stall(match, direction, offset, 0);
  }

  /** Stops forwarding at a byte for at most {@code millis}. */
  public static Rule stall(Match match, Direction direction, Offset offset, long millis) {
    return new Rule(match, direction, offset, new Action.Stall(millis));
  }

  /** Forwards at most {@code bytesPerSecond}. */
  public static Rule rate(Match match, Direction direction, long bytesPerSecond) {
    return new Rule(match, direction, START, new Action.Rate(bytesPerSecond));
  }

  /** Forwards one byte a write. */
  public static Rule slice(Match match, Direction direction) {
    return new Rule(match, direction, START, new Action.Slice());
  }

  /** Inverts a bit of a byte of the body; {@code offset} counts from the start of the body. */
  public static Rule flip(Match match, Direction direction, Offset offset, int bit) {
    return new Rule(match, direction, offset, new Action.Flip(bit));
  }

  /** Ends a message early. A request is ended towards upstream only, whose answer is relayed. */
  public static Rule trunc(Match match, Direction direction, Offset offset) {
    return new Rule(match, direction, offset, new Action.Trunc());
  }

  /** Lets upstream answer, then resets the client instead of relaying. */
  public static Rule dropResponse(Match match) {
    return new Rule(match, Direction.RESPONSE, START, new Action.DropResponse());
  }

  /** Delivers the request twice and relays the second answer. */
  public static Rule dup(Match match) {
    return new Rule(match, Direction.REQUEST, START, new Action.Dup());
  }

  /** Holds the request until upstream has answered {@code others} more that match the same. */
  public static Rule hold(Match match, int others) {
    return hold(match, others, "", 0);
  }

  /** Holds the request until {@code others} matching {@code regex} are answered, or a time ends. */
  public static Rule hold(Match match, int others, String regex, long maxMillis) {
    return new Rule(match, Direction.REQUEST, START, new Action.Hold(others, regex, maxMillis));
  }

  /** Answers without asking upstream. */
  public static Rule reply(Match match, int status, Map<String, String> headers, String body) {
    return new Rule(match, Direction.REQUEST, START, new Action.Reply(status, headers, body));
  }

  /** Answers an error without asking upstream, with {@code Retry-After} unless that is empty. */
  public static Rule status(Match match, int status, String retryAfter) {
    Map<String, String> headers =
        retryAfter.isEmpty() ? Map.of() : Map.of("Retry-After", retryAfter);
    return reply(match, status, headers, "");
  }

  /** Answers a web page without asking upstream, as a captive portal does. */
  public static Rule html(Match match, int status, String page) {
    return reply(match, status, Map.of("Content-Type", "text/html; charset=utf-8"), page);
  }

  /** Answers a redirect without asking upstream. */
  public static Rule redirect(Match match, int status, String location) {
    return reply(match, status, Map.of("Location", location), "");
  }

  /** Lets upstream answer, then sends random bytes instead and closes. */
  public static Rule garbage(Match match, int bytes) {
    return new Rule(match, Direction.RESPONSE, START, new Action.Garbage(bytes));
  }
}
