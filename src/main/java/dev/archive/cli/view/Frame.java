package dev.archive.cli.view;

import dev.archive.cli.view.RunState.Flight;
import dev.archive.cli.view.RunState.Moment;
import dev.archive.client.work.Progress.Phase;
import dev.archive.model.Count;
import dev.archive.model.Text;
import java.time.Duration;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Draws a moment of a run as lines of text, none wider than the terminal. */
final class Frame {
  /** From this width on files have bars of their own. */
  static final int WIDE = 80;

  private static final int MAX_FLIGHTS = 5;
  private static final int BAR = 24;
  private static final int SMALL_BAR = 10;

  /** From then on it is said that a server is silent. */
  static final Duration SILENT = Duration.ofSeconds(5);

  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss");

  private final int columns;
  private final LocalTime time;
  private final Duration maxSilence;

  /**
   * For one terminal.
   *
   * @param time of day, by which the next try is told
   * @param maxSilence after which a silent server is asked again
   */
  Frame(int columns, LocalTime time, Duration maxSilence) {
    this.columns = columns;
    this.time = time;
    this.maxSilence = maxSilence;
  }

  /** The lines, one on a narrow terminal. */
  List<String> lines(Moment moment) {
    List<String> lines = new ArrayList<>();
    String silence = silence(moment);
    // The last column is left free: some terminals begin a new line in it.
    int room = columns - 1;
    if (columns < WIDE) {
      lines.add(TextWidth.cut(silence == null ? narrow(moment) : silence, room));
      return lines;
    }
    lines.add(TextWidth.cut(wide(moment), room));
    moment.flights().stream()
        .limit(MAX_FLIGHTS)
        .forEach(flight -> lines.add(TextWidth.cut(flight(flight, room), room)));
    if (moment.flights().size() > MAX_FLIGHTS) {
      lines.add("  and " + (moment.flights().size() - MAX_FLIGHTS) + " more");
    }
    if (silence != null) {
      lines.add(TextWidth.cut(silence, room));
    }
    return lines;
  }

  private static String wide(Moment moment) {
    String name = String.format(Locale.ROOT, "%-10s", name(moment.phase()));
    return switch (moment.phase()) {
      case SCANNING -> name + " " + amount(moment);
      case COMPARING -> name + " the plan with what the server holds";
      case FINALIZING -> name + " waiting for the server";
      case SENDING, FETCHING, CHECKING ->
          name
              + " ["
              + bar(share(moment), BAR)
              + "] "
              + String.format(Locale.ROOT, "%3d", (int) (share(moment) * 100))
              + " %  "
              + figures(moment);
    };
  }

  private static String figures(Moment moment) {
    String files =
        Count.number(Math.min(moment.doneFiles(), moment.files()))
            + "/"
            + Count.of(moment.files(), "file");
    return files
        + (moment.bytesPerSecond() > 0 ? "  " + Console.size(moment.bytesPerSecond()) + "/s" : "")
        + "  "
        + left(moment.secondsLeft());
  }

  private static String narrow(Moment moment) {
    return switch (moment.phase()) {
      case SCANNING -> name(moment.phase()) + " " + amount(moment);
      case COMPARING, FINALIZING -> name(moment.phase());
      case SENDING, FETCHING, CHECKING ->
          String.format(
              Locale.ROOT,
              "%s %d %% %s %,d/%,d",
              name(moment.phase()),
              (int) (share(moment) * 100),
              moment.secondsLeft() < 0 ? "-:--" : clock(moment.secondsLeft()),
              Math.min(moment.doneFiles(), moment.files()),
              moment.files());
    };
  }

  private static String amount(Moment moment) {
    return Count.of(moment.doneFiles(), "file") + ", " + Console.size(moment.sent());
  }

  private static String flight(Flight flight, int room) {
    double share = flight.size() == 0 ? 1 : (double) flight.sent() / flight.size();
    String figures =
        String.format(
            Locale.ROOT,
            "[%s] %3d %%  %s",
            bar(share, SMALL_BAR),
            (int) (share * 100),
            Console.size(flight.size()));
    String name = TextWidth.cutStart(Text.printable(flight.name()), room - 36);
    return "  " + name + " ".repeat(room - 36 - TextWidth.of(name)) + "  " + figures;
  }

  /** How much of it is done: of bytes, or of files where there are no bytes. */
  static double share(Moment moment) {
    double share =
        moment.bytes() > 0
            ? (double) moment.sent() / moment.bytes()
            : moment.files() > 0 ? (double) moment.doneFiles() / moment.files() : 0;
    return Math.max(0, Math.min(1, share));
  }

  private static String bar(double share, int width) {
    int full = (int) (share * width);
    return "#".repeat(full) + "-".repeat(width - full);
  }

  /** What is said of a silent server; null where it is not. */
  @Nullable String silence(Moment moment) {
    boolean asked = moment.phase() != Phase.SCANNING && moment.phase() != Phase.CHECKING;
    if (!asked || moment.silence().compareTo(SILENT) < 0) {
      return null;
    }
    Duration next =
        moment.untilNextTry().isNegative()
            ? maxSilence.minus(moment.silence())
            : moment.untilNextTry();
    String when =
        next.isNegative() || next.isZero()
            ? "trying again"
            : "next try " + TIME.format(time.plus(next));
    return "no answer for "
        + moment.silence().toSeconds()
        + " s; "
        + when
        + (moment.trouble() == null ? "" : " (" + Text.line(moment.trouble()) + ")");
  }

  /** The name of a phase as people see it. */
  static String name(Phase phase) {
    return phase.name().toLowerCase(Locale.ROOT);
  }

  /** The time left in words. */
  static String left(long seconds) {
    return seconds < 0 ? "time left unknown" : clock(seconds) + " left";
  }

  private static String clock(long seconds) {
    return seconds < 3600
        ? String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60)
        : String.format(
            Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
  }
}
