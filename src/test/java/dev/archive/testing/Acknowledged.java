package dev.archive.testing;

import dev.archive.model.ArchiveException;
import dev.archive.wire.Json;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Remembers, of what goes through one client's proxy, which files the server said it has: by its
 * answer to {@code complete}, or as completed in a status. Bytes of such a file that are sent again
 * are told.
 */
final class Acknowledged implements Observer {
  /** The kinds of requests. */
  enum Call {
    INIT,
    START,
    PUT,
    COMPLETE,
    STATUS,
    FINALIZE,
    OTHER;

    static Call of(String line) {
      String path = line.replaceFirst("[?].*", "");
      if (path.startsWith("PUT ")) {
        return PUT;
      }
      for (Call call : List.of(INIT, START, COMPLETE, STATUS, FINALIZE)) {
        if (path.endsWith("/" + call.name().toLowerCase(Locale.ROOT))) {
          return call;
        }
      }
      return OTHER;
    }
  }

  private final Consumer<String> sentAgain;
  private final Set<String> keys = new HashSet<>();
  private final Set<String> batches = new HashSet<>();
  private final Map<Call, Integer> asked = new EnumMap<>(Call.class);
  private final Map<Call, Integer> answered = new EnumMap<>(Call.class);
  private String batch;

  /** Tells of each request that sends an acknowledged file again. */
  Acknowledged(Consumer<String> sentAgain) {
    this.sentAgain = sentAgain;
  }

  @Override
  public synchronized void asked(String line, byte[] body) {
    Call call = Call.of(line);
    asked.merge(call, 1, Integer::sum);
    if (call == Call.PUT && keys.contains(keyOfUrl(line))) {
      sentAgain.accept(keyOfUrl(line));
    }
  }

  @Override
  public synchronized void answered(String line, byte[] request, int status, byte[] answer) {
    Call call = Call.of(line);
    answered.merge(call, 1, Integer::sum);
    if (status / 100 != 2) {
      return;
    }
    switch (call) {
      case INIT -> {
        batch = (String) json(answer).get("batch_id");
        batches.add(batch);
      }
      case COMPLETE -> keys.add((String) json(request).get("r2_key"));
      case STATUS -> keys.addAll(completed(json(answer)));
      case START, PUT, FINALIZE, OTHER -> {
        // Nothing is acknowledged by these.
      }
    }
  }

  /** The keys of the files that a status shows as completed. */
  static Set<String> completed(Map<String, Object> status) {
    Set<String> completed = new HashSet<>();
    if (status.get("files") instanceof List<?> files) {
      for (Object each : files) {
        Map<?, ?> file = (Map<?, ?>) each;
        if ("completed".equals(file.get("status"))) {
          completed.add((String) file.get("r2_key"));
        }
      }
    }
    return completed;
  }

  private static Map<String, Object> json(byte[] text) {
    try {
      return Json.readObject(text);
    } catch (ArchiveException e) {
      return Map.of();
    }
  }

  private static String keyOfUrl(String line) {
    String[] path = line.replaceFirst("^PUT /upload/", "").replaceFirst("[?].*", "").split("/");
    return "staging/"
        + path[0]
        + new String(Base64.getUrlDecoder().decode(path[1]), StandardCharsets.UTF_8);
  }

  /** Forgets what was before: another directory is archived now. */
  synchronized void forget() {
    keys.clear();
    batches.clear();
    batch = null;
  }

  /** The batch that was opened last, or null. */
  synchronized String batch() {
    return batch;
  }

  /** How many batches were opened. */
  synchronized int batches() {
    return batches.size();
  }

  /** The keys of the files that the server said it has. */
  synchronized Set<String> keys() {
    return Set.copyOf(keys);
  }

  /** How many requests of a kind have come; of all kinds for null. */
  synchronized int asked(Call call) {
    return call == null
        ? asked.values().stream().mapToInt(Integer::intValue).sum()
        : asked.getOrDefault(call, 0);
  }

  /** How many requests of a kind were answered. */
  synchronized int answered(Call call) {
    return answered.getOrDefault(call, 0);
  }
}
