package dev.archive.cli.option;

import dev.archive.cli.process.Context;
import dev.archive.cli.process.Look;
import dev.archive.cli.process.TargetFile;
import dev.archive.model.Sample;
import dev.archive.model.Text;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** What may be said of reading stored bytes again. */
public final class AuditOptions {
  private static final Duration MAX_AGE = Duration.ofHours(24);

  @Option(
      names = "--sample",
      paramLabel = "PERCENT",
      converter = Percent.class,
      description =
          "Read a random PERCENT of the files, a new sample each run; of the rest only check whether they are"
              + " there and how long they are.")
  private @Nullable Double sample;

  @Option(
      names = "--report",
      paramLabel = "FILE",
      description = "Also write what was found to FILE, one JSON object per line.")
  private @Nullable Path report;

  @Option(
      names = "--max-age",
      paramLabel = "TIME",
      converter = DurationOption.class,
      description =
          "When an interrupted run is resumed, read again what was read longer ago than this"
              + " (default: 24h).")
  private @Nullable Duration maxAge;

  @Option(
      names = "--again",
      description = "Start over, even if an interrupted audit could be resumed.")
  private boolean again;

  @Mixin private StateOption state;
  @Mixin private ViewOptions view;
  @Mixin private RecordOptions records;

  /** Reads 5, 0.1 or 5%. */
  static final class Percent implements ITypeConverter<Double> {
    @Override
    public Double convert(String text) {
      if (text.matches("[0-9]{1,3}(\\.[0-9]{1,9})?%?")) {
        double percent = Double.parseDouble(text.replace("%", ""));
        if (percent > 0 && percent <= 100) {
          return percent;
        }
      }
      throw new TypeConversionException(
          "not a percentage above 0 and up to 100: " + Text.quote(text));
    }
  }

  /** How progress is shown. */
  public Look look(Context context, boolean json) {
    return view.look(context, json, false);
  }

  /** Which files to read, a new sample. */
  public Sample sample(RandomGenerator random) {
    return sample == null
        ? Sample.ALL
        : new Sample(sample, random.nextLong(1_000_000_000_000_000_000L));
  }

  /** The file of the report, or null. */
  public @Nullable Path report() {
    return report;
  }

  /** From when on a read may be that a resumed run takes. */
  public Instant oldest(Instant now) {
    Duration age = maxAge == null ? MAX_AGE : maxAge;
    return age.compareTo(Duration.between(Instant.EPOCH, now)) > 0 ? Instant.EPOCH : now.minus(age);
  }

  public boolean again() {
    return again;
  }

  public Path state(Context context) {
    return state.directory(context);
  }

  /** Whether any of them was given, other than where the state is. */
  public boolean given() {
    return sample != null || report != null || maxAge != null || again;
  }

  /**
   * Opens the files in which the run is recorded.
   *
   * @param command its name
   * @param json whether standard output takes the events
   * @param others what they must not lie in
   */
  public void record(Context context, String command, boolean json, List<Path> others) {
    if (json) {
      context.out().claim(TargetFile.STDOUT);
    }
    records.open(context, command, withState(context, others), true);
  }

  private List<Path> withState(Context context, List<Path> others) {
    List<Path> all = new ArrayList<>(others);
    all.add(state(context));
    return all;
  }

  /**
   * Opens the file of the report, before hours are spent on it.
   *
   * @param others what it must not lie in
   * @return null where none is wished for
   */
  public @Nullable TargetFile openReport(Context context, List<Path> others) {
    if (report == null) {
      return null;
    }
    context.out().claim(report);
    return TargetFile.open(report, TargetFile.Kind.REPORT, withState(context, others), null);
  }
}
