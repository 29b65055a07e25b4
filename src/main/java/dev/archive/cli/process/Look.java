package dev.archive.cli.process;

import java.time.Duration;

/**
 * How progress is shown.
 *
 * @param live whether in lines of a terminal that are replaced; else in lines now and then
 * @param color whether these lines have colors
 * @param interval between lines where it is not live; zero for none
 */
public record Look(boolean live, boolean color, Duration interval) {
  /** Shows nothing. */
  public static final Look NONE = new Look(false, false, Duration.ZERO);
}
