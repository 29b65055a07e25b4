package dev.archive.cli;

import dev.archive.cli.process.EnvironmentNames;
import dev.archive.model.Text;
import java.util.Comparator;
import java.util.List;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Says what is wrong with a command line, and what may have been meant. */
final class Mistake {
  private static final int MAX_PROPOSED = 2;

  private Mistake() {}

  /** One sentence; it ends with where the right usage is told. */
  static String sentence(ParameterException e) {
    return what(e)
        + proposal(e)
        + " (see "
        + e.getCommandLine().getCommandSpec().qualifiedName()
        + " --help)";
  }

  private static String what(ParameterException e) {
    return isCommand(e)
        ? "there is no command "
            + Text.quote(((UnmatchedArgumentException) e).getUnmatched().get(0))
        : String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }

  /** Whether the word that is wrong stands where a command must. */
  private static boolean isCommand(ParameterException e) {
    return e instanceof UnmatchedArgumentException unmatched
        && !unmatched.isUnknownOption()
        && e.getCommandLine().getParent() == null;
  }

  private static String proposal(ParameterException e) {
    if (!(e instanceof UnmatchedArgumentException unmatched)) {
      return "";
    }
    String word = unmatched.getUnmatched().get(0).replaceFirst("=.*", "");
    // What picocli suggests has some of the same letters: only what is two away may be meant.
    List<String> near =
        (isCommand(e) ? Commands.NAMES : unmatched.getSuggestions())
            .stream()
                .filter(each -> EnvironmentNames.isNear(word, each))
                .sorted(Comparator.comparing(each -> EnvironmentNames.distance(word, each)))
                .limit(MAX_PROPOSED)
                .toList();
    return near.isEmpty() ? "" : "; did you mean " + oneOf(near) + "?";
  }

  /** Words as a choice: {@code a, b or c}. */
  static String oneOf(List<String> words) {
    int last = words.size() - 1;
    return last == 0
        ? words.get(0)
        : String.join(", ", words.subList(0, last)) + " or " + words.get(last);
  }
}
