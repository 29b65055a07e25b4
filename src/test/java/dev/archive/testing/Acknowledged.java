package dev.archive.testing;

import dev.archive.model.ArchiveException;
import dev.archive.wire.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
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
 * answer to {@code complete}, even if that was lost, or to a bundle, or as completed in a status.
 * Bytes of such a file that are sent again are told. What was in a bundle whose answer was lost is
 * counted by itself: nobody but the server knows of it.
 */
final class Acknowledged implements Observer {
  /** The kinds of requests. */
  enum Call {
    INIT,
    START,
    PUT,
    BUNDLE,
    COMPLETE,
    STATUS,
    FINALIZE,
    OTHER;

    static Call of(String line) {
      String path = line.replaceFirst("[?].*", "");
      if (path.startsWith("PUT ")) {
        return PUT;
      }
      for (Call call : List.of(INIT, START, BUNDLE, COMPLETE, STATUS, FINALIZE)) {
        if (path.endsWith("/" + call.name().toLowerCase(Locale.ROOT))) {
          return call;
        }
      }
      return OTHER;
    }
  }

  private final Consumer<String> sentAgain;
  private final Set<String> keys = new HashSet<>();
  private final Set<String> unheard = new HashSet<>();
  private final Set<String> batches = new HashSet<>();
  private final Map<Call, Integer> asked = new EnumMap<>(Call.class);
  private final Map<Call, Integer> answered = new EnumMap<>(Call.class);
  private String batch;
  private long afterLostAnswers;

  /** Tells of each request that sends an acknowledged file again. */
  Acknowledged(Consumer<String> sentAgain) {
    this.sentAgain = sentAgain;
  }

  @Override
  public synchronized void asked(String line, byte[] body) {
    Call call = Call.of(line);
    asked.merge(call, 1, Integer::sum);
    if (call == Call.PUT) {
      sent(keyOfUrl(line));
    } else if (call == Call.BUNDLE) {
      String prefix = "staging/" + line.split("/")[3] + "/";
      TarNames.of(body).forEach(name -> sent(prefix + name));
    }
  }

  private void sent(String key) {
    if (keys.contains(key)) {
      sentAgain.accept(key);
    } else if (unheard.contains(key)) {
      afterLostAnswers++;
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
      case COMPLETE -> keys.addAll(completedNow(json(request), json(answer)));
      case BUNDLE -> unheard.addAll(bundled(json(answer)));
      case STATUS -> keys.addAll(completed(json(answer)));
      case START, PUT, FINALIZE, OTHER -> {
        // Nothing is acknowledged by these.
      }
    }
  }

  @Override
  public synchronized void relayed(String line, byte[] request, int status, byte[] answer) {
    if (Call.of(line) == Call.BUNDLE && status / 100 == 2) {
      keys.addAll(bundled(json(answer)));
    }
  }

  /** Of one file, or of many with a result each. */
  private static Set<String> completedNow(Map<String, Object> request, Map<String, Object> answer) {
    Set<String> completed = new HashSet<>();
    List<Map<?, ?>> asked = files(request);
    List<Map<?, ?>> results = files(answer);
    if (asked.isEmpty()) {
      completed.add((String) request.get("r2_key"));
    }
    for (int i = 0; i < Math.min(asked.size(), results.size()); i++) {
      if (!results.get(i).containsKey("error")) {
        completed.add((String) asked.get(i).get("r2_key"));
      }
    }
    return completed;
  }

  private static Set<String> bundled(Map<String, Object> answer) {
    Set<String> stored = new HashSet<>();
    for (Map<?, ?> file : files(answer)) {
      if (!file.containsKey("error")) {
        stored.add((String) file.get("r2_key"));
      }
    }
    return stored;
  }

  private static List<Map<?, ?>> files(Map<String, Object> body) {
    List<Map<?, ?>> all = new ArrayList<>();
    if (body.get("files") instanceof List<?> files) {
      files.forEach(each -> all.add((Map<?, ?>) each));
    }
    return all;
  }

  /** The keys of the files that a status shows as completed. */
  static Set<String> completed(Map<String, Object> status) {
    Set<String> completed = new HashSet<>();
    for (Map<?, ?> file : files(status)) {
      if ("completed".equals(file.get("status"))) {
        completed.add((String) file.get("r2_key"));
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
    unheard.clear();
    batches.clear();
    batch = null;
  }

  /** The batch that was opened last, or null. */
  synchronized String batch() {
    return batch;
  }

  /** How many files were sent again that were in bundles whose answers were lost. */
  synchronized long afterLostAnswers() {
    return afterLostAnswers;
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
