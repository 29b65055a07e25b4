package dev.archive.cli.option;

import dev.archive.cli.process.Context;
import dev.archive.cli.process.Look;
import dev.archive.model.Text;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** How a command shows how far it is. */
public final class ViewOptions {
  private static final Duration INTERVAL = Duration.ofSeconds(30);

  @Option(
      names = "--progress-interval",
      paramLabel = "DURATION",
      converter = Interval.class,
      description =
          "Without a terminal, and with --json, tell progress this often; 0 for never (default:"
              + " 30s).")
  private @Nullable Duration interval;

  @Option(names = "--no-progress", description = "Tell no progress.")
  private boolean noProgress;

  @Option(
      names = "--color",
      paramLabel = "WHEN",
      completionCandidates = When.class,
      converter = WhenWord.class,
      description =
          "${COMPLETION-CANDIDATES} (default: auto, which is on a terminal unless NO_COLOR is set).")
  private @Nullable String color;

  /** A duration, or 0. */
  static final class Interval implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
      return text.equals("0") ? Duration.ZERO : new DurationOption().convert(text);
    }
  }

  /** When there are colors. */
  static final class When extends ArrayList<String> {
    When() {
      super(List.of("auto", "always", "never"));
    }
  }

  /** One of these. */
  static final class WhenWord implements ITypeConverter<String> {
    @Override
    public String convert(String text) {
      if (new When().contains(text)) {
        return text;
      }
      throw new TypeConversionException("not auto, always or never: " + Text.quote(text));
    }
  }

  /** What was asked for, as far as the terminal can. */
  public Look look(Context context, boolean json, boolean quiet) {
    if (quiet || noProgress) {
      return Look.NONE;
    }
    boolean live = !json && context.area() != null && !context.settings().isDumb();
    boolean colors =
        "always".equals(color) || !"never".equals(color) && !context.settings().isWithoutColor();
    return new Look(live, live && colors, interval == null ? INTERVAL : interval);
  }
}
