package dev.archive.durable;

import static java.time.temporal.ChronoUnit.MICROS;
import static java.time.temporal.ChronoUnit.SECONDS;

import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.concurrent.TimeUnit;

/**
 * Dates of modification to the nanosecond, where the system and the file system can hold them. Java
 * cuts those outside of 1677 to 2262 to the microsecond.
 */
public final class ModifiedDate {
  private static final long END_OF_32_BITS = 1L << 31;

  private ModifiedDate() {}

  /**
   * The date of a name that Java has read already; no link is followed.
   *
   * @throws IOException where no text can hold it: some file systems have dates a thousand million
   *     years away
   */
  public static Instant exact(Path path, FileTime read) throws IOException {
    Instant date = read.toInstant();
    if (isInNanoseconds(date)) {
      return date;
    }
    if (date.equals(Instant.MIN) || date.equals(Instant.MAX)) {
      throw new IOException("its date is more than a thousand million years away");
    }
    return StatxCall.isAvailable() ? StatxCall.modified(path) : date;
  }

  private static boolean isInNanoseconds(Instant date) {
    FileTime time = FileTime.from(date);
    return FileTime.from(time.to(TimeUnit.NANOSECONDS), TimeUnit.NANOSECONDS).equals(time);
  }

  /**
   * Sets the date of what stands at a path; no link is followed.
   *
   * @param view of the same, not following links
   * @param link whether it is a symlink
   * @throws IOException where it got another date, or none
   */
  static void set(Path path, BasicFileAttributeView view, boolean link, Instant date)
      throws IOException {
    boolean odd = date.getEpochSecond() < 0 || date.getEpochSecond() >= END_OF_32_BITS;
    Instant set = date;
    if (isExactInJava(link, date)) {
      view.setTimes(FileTime.from(date), null, null);
    } else if (LinuxCalls.areAvailable()) {
      LinuxCalls.setModified(path, date);
      odd = true;
    } else {
      set = date.truncatedTo(date.getEpochSecond() < 0 ? SECONDS : MICROS);
      if (!isExactInJava(link, set)) {
        throw new IOException("its date lies outside of 1677 to 2262");
      }
      view.setTimes(FileTime.from(set), null, null);
    }
    if (odd && !exact(path, view.readAttributes().lastModifiedTime()).equals(set)) {
      throw new IOException("the file system keeps another date than " + date);
    }
    if (!set.equals(date)) {
      throw new IOException(
          "dates of links are restored to the microsecond here, and dates before 1970 to the"
              + " second");
    }
  }

  /** Whether Java itself sets exactly this date. */
  private static boolean isExactInJava(boolean link, Instant date) {
    return (date.getEpochSecond() >= 0 || date.getNano() == 0)
        && (!link || date.getNano() % 1000 == 0)
        && isInNanoseconds(date);
  }
}
