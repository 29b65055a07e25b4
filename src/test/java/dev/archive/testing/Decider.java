package dev.archive.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Pattern;

/** Draws from one seed what happens to each request, in the order the requests come. */
final class Decider {
  private final SplittableRandom random;
  private final List<Decision> log = new ArrayList<>();
  private List<Counted> rules = List.of();

  Decider(long seed) {
    random = new SplittableRandom(seed);
  }

  /** Replaces the rules; all start counting anew. */
  synchronized void use(Rules replacement) {
    List<Counted> counted = new ArrayList<>();
    for (Rule rule : replacement.list()) {
      counted.add(new Counted(counted.size() + 1, rule));
    }
    rules = counted;
  }

  /** Decides and logs what is done to a request and its answer. */
  synchronized Exchange decide(int connection, int request, String method, String line) {
    Exchange.Fault onRequest = null;
    Exchange.Fault onResponse = null;
    for (Counted counted : rules) {
      if (!counted.fires(connection, line, random)) {
        continue;
      }
      Rule rule = counted.rule;
      boolean replies = rule.action() instanceof Action.Reply;
      boolean asks = rule.direction() == Direction.REQUEST;
      boolean answered = onRequest != null && onRequest.action() instanceof Action.Reply;
      if (asks
          ? onRequest != null || replies && onResponse != null
          : onResponse != null || answered) {
        continue;
      }
      Exchange.Fault fault = draw(rule);
      if (asks) {
        onRequest = fault;
      } else {
        onResponse = fault;
      }
      String name = counted.number + ":" + rule.match();
      log(
          new Decision(
              connection, request, method, rule.direction(), name, rule.action(), fault.offset()));
    }
    return new Exchange(method, line, onRequest, onResponse);
  }

  synchronized void log(Decision decision) {
    log.add(decision);
  }

  synchronized List<Decision> decisions() {
    return List.copyOf(log);
  }

  private Exchange.Fault draw(Rule rule) {
    Offset offset = rule.offset();
    if (offset instanceof Offset.Random) {
      offset = new Offset.Fraction(random.nextDouble());
    }
    long seed = rule.action() instanceof Action.Garbage ? random.nextLong() : 0;
    return new Exchange.Fault(rule.action(), offset, rule.match().regex(), seed);
  }

  /** A rule and how many requests it has fitted. */
  private static final class Counted {
    private final int number;
    private final Rule rule;
    private final Pattern pattern;
    private long seen;

    Counted(int number, Rule rule) {
      this.number = number;
      this.rule = rule;
      this.pattern = Pattern.compile(rule.match().regex(), Pattern.DOTALL);
    }

    boolean fires(int connection, String line, SplittableRandom random) {
      Match match = rule.match();
      if (match.connection() != 0 && match.connection() != connection
          || !pattern.matcher(line).matches()) {
        return false;
      }
      seen++;
      return seen >= match.from()
          && seen <= match.to()
          && (match.probability() >= 1 || random.nextDouble() < match.probability());
    }
  }
}
