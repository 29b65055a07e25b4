package dev.archive.cli.process;

import java.util.LinkedHashMap;
import java.util.Map;

/** The events that {@code --json} prints. */
public final class EventLine {
  private EventLine() {}

  /**
   * An event, its fields in the order in which they are given.
   *
   * @param fields names, each with its value behind it
   */
  public static Map<String, Object> of(String name, Object... fields) {
    Map<String, Object> event = new LinkedHashMap<>();
    event.put("event", name);
    for (int i = 0; i < fields.length; i += 2) {
      event.put((String) fields[i], fields[i + 1]);
    }
    return event;
  }
}
