package dev.archive.durable;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Named places where a test makes the program fail: {@code -Darchive.failpoint=NAME:N:ACTION},
 * several parted by commas. At the N-th time that a place is reached, {@code kill} ends the process
 * as {@code kill -9} does, with no hook run and nothing flushed, {@code throw} fails as a defect
 * would, and {@code memory} as if no memory were left. Without the property a place costs nothing.
 */
public final class Failpoint {
  private static final int KILLED = 137;
  private static final @Nullable Map<String, Failpoint> SET =
      parse(System.getProperty("archive.failpoint"));

  private final String name;
  private final long at;
  private final Action action;
  private final AtomicLong reached = new AtomicLong();

  private enum Action {
    KILL,
    THROW,
    MEMORY
  }

  private Failpoint(String name, long at, Action action) {
    this.name = name;
    this.at = at;
    this.action = action;
  }

  /** Says that the place of this name is reached. */
  public static void reach(String name) {
    if (SET != null && SET.containsKey(name)) {
      SET.get(name).reach();
    }
  }

  private void reach() {
    if (reached.incrementAndGet() != at) {
      return;
    }
    switch (action) {
      case KILL -> Runtime.getRuntime().halt(KILLED);
      case THROW -> throw new IllegalStateException("failpoint " + name);
      case MEMORY -> throw new OutOfMemoryError("failpoint " + name);
    }
  }

  private static @Nullable Map<String, Failpoint> parse(@Nullable String property) {
    if (property == null) {
      return null;
    }
    Map<String, Failpoint> set = new HashMap<>();
    for (String each : property.split(",", -1)) {
      String[] parts = each.split(":", -1);
      if (parts.length != 3 || !parts[1].matches("[1-9][0-9]{0,17}")) {
        throw new IllegalArgumentException("a failpoint is NAME:N:ACTION, not " + each);
      }
      Action action =
          switch (parts[2]) {
            case "kill" -> Action.KILL;
            case "throw" -> Action.THROW;
            case "memory" -> Action.MEMORY;
            default -> throw new IllegalArgumentException("no action of a failpoint: " + parts[2]);
          };
      set.put(parts[0], new Failpoint(parts[0], Long.parseLong(parts[1]), action));
    }
    return Map.copyOf(set);
  }
}
