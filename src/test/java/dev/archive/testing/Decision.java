package dev.archive.testing;

/**
 * A rule that fired. Printed one a line beside the seed, decisions tell what a failing test saw.
 *
 * @param connection number of the client connection, from 1
 * @param request number of the request on that connection, from 1
 * @param rule number of the rule, from 1, and its match
 * @param offset the place, already drawn where the rule left it to chance
 */
public record Decision(
    int connection,
    int request,
    String method,
    Direction direction,
    String rule,
    Action action,
    Offset offset) {

  @Override
  public String toString() {
    return String.join(
        " ",
        "c" + connection,
        "r" + request,
        method,
        rule,
        "" + direction,
        "" + action,
        "@" + offset);
  }
}
