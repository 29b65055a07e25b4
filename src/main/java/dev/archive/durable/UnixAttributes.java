package dev.archive.durable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;

/** What the system says of a file, by the names of Java's view {@code unix}. */
public final class UnixAttributes {
  private final Map<String, Object> values;

  private UnixAttributes(Map<String, Object> values) {
    this.values = values;
  }

  /**
   * Asks the system; no link is followed.
   *
   * @param names with {@code unix:} before them and commas between
   * @throws UnsupportedOperationException where the system has no such view
   */
  public static UnixAttributes read(Path file, String names) throws IOException {
    return new UnixAttributes(Files.readAttributes(file, names, LinkOption.NOFOLLOW_LINKS));
  }

  /** One that is an int, such as {@code mode}. */
  public int number(String name) {
    return (Integer) value(name);
  }

  /** One that is a long, such as {@code size}. */
  public long longNumber(String name) {
    return (Long) value(name);
  }

  /** A date, such as {@code ctime}. */
  public FileTime time(String name) {
    return (FileTime) value(name);
  }

  /** Whether something holds, such as {@code isRegularFile}. */
  public boolean is(String name) {
    return (Boolean) value(name);
  }

  /** What tells the file from all others as long as its file system is mounted. */
  public Object fileKey() {
    return value("fileKey");
  }

  private Object value(String name) {
    Object value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException("the attribute " + name + " was not asked for");
    }
    return value;
  }
}
