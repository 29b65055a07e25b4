package dev.archive.history;

import dev.archive.history.Call.Kind;
import dev.archive.history.Call.Ok;
import dev.archive.history.Call.Refused;
import dev.archive.history.Evidence.Recorded;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchStatus;
import dev.archive.model.Event;
import dev.archive.model.EventChain;
import dev.archive.model.EventKind;
import dev.archive.model.Sha256;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Holds what clients saw against what the server says happened. Every change has a version, so the
 * order need not be searched for (Gibbons and Korach, 1997): each rule is one pass.
 */
final class HistoryChecker {
  private final Evidence evidence;
  private final List<Event> events;
  private final Map<String, List<Call>> calls;
  private final Map<String, List<Event>> byOperation = new HashMap<>();
  private final Map<String, TreeMap<Long, Event>> byPath = new HashMap<>();
  private final List<String> violations = new ArrayList<>();

  private HistoryChecker(Evidence evidence) {
    this.evidence = evidence;
    this.events = evidence.events().stream().map(Recorded::event).toList();
    this.calls = evidence.calls().stream().collect(Collectors.groupingBy(Call::operation));
    for (Event event : events) {
      byOperation.computeIfAbsent(event.operation(), any -> new ArrayList<>()).add(event);
      if (event.path() != null) {
        byPath
            .computeIfAbsent(event.path().toString(), any -> new TreeMap<>())
            .put(event.version(), event);
      }
    }
  }

  /** What is wrong, one sentence each; empty where all is right. */
  static List<String> violations(Evidence evidence) {
    HistoryChecker checker = new HistoryChecker(evidence);
    checker.versionsCountWithoutGap();
    checker.hashesChain();
    checker.everyEventWasAskedForOnce();
    checker.refusalsChangedNothing();
    checker.everyAnswerIsExplained();
    checker.timeIsRespected();
    checker.finalizedOnceAndLast();
    checker.nothingAcknowledgedIsLost();
    checker.bytesAreThoseOfTheirDigests();
    return checker.violations;
  }

  private void versionsCountWithoutGap() {
    for (int i = 0; i < events.size(); i++) {
      if (events.get(i).version() != i + 1) {
        violations.add("event " + (i + 1) + " has version " + events.get(i).version());
        return;
      }
    }
  }

  private void hashesChain() {
    try {
      EventChain chain = new EventChain(evidence.batch());
      evidence.events().forEach(each -> chain.accept(each.event(), each.hash()));
    } catch (ArchiveException e) {
      violations.add(e.getMessage());
    }
  }

  private void everyEventWasAskedForOnce() {
    byOperation.forEach(
        (operation, made) -> {
          if (made.size() > 1) {
            violations.add(operation + " took effect " + made.size() + " times: " + made);
          }
          List<Call> asked = calls.getOrDefault(operation, List.of());
          if (asked.stream().noneMatch(call -> asksFor(call, made.get(0)))) {
            violations.add("nobody asked for " + made.get(0));
          }
        });
  }

  private static boolean asksFor(Call call, Event event) {
    return switch (event.kind()) {
      case CREATED -> call.kind() == Kind.CREATE;
      case REGISTERED, REPLACED -> call.kind() == Kind.REGISTER && sameFile(call, event);
      case COMPLETED -> call.kind() == Kind.COMPLETE && sameFile(call, event);
      case REOPENED, FINALIZED -> call.kind() == Kind.FINALIZE;
      case STATUS, ADOPTED, FORGOTTEN, AMENDED -> false;
    };
  }

  private static boolean sameFile(Call call, Event event) {
    return event.path().toString().equals(call.path())
        && event.size() == call.size()
        && Objects.equals(event.sha256(), call.sha256());
  }

  private void refusalsChangedNothing() {
    calls.forEach(
        (operation, asked) -> {
          boolean never = asked.stream().allMatch(call -> call.outcome() instanceof Refused);
          if (never && byOperation.containsKey(operation)) {
            violations.add(
                operation + " was refused and took effect: " + byOperation.get(operation));
          }
        });
  }

  /** An answer tells of the caller's own event, or of a state that was as wished already. */
  private void everyAnswerIsExplained() {
    for (Call call : evidence.calls()) {
      if (call.outcome() instanceof Ok ok && call.kind() != Kind.READ) {
        Event own = ownEvent(call.operation());
        boolean ofOwn = own != null && own.version() == ok.version();
        boolean late = own != null && own.version() > ok.version();
        if (ok.version() > events.size() || late || !ofOwn && !wasAsWished(call, ok.version())) {
          violations.add("the change is lost that was answered to " + call);
        }
      }
    }
  }

  private Event ownEvent(String operation) {
    List<Event> own = byOperation.get(operation);
    return own == null ? null : own.get(0);
  }

  private boolean wasAsWished(Call call, long version) {
    if (call.kind() == Kind.CREATE || call.kind() == Kind.FINALIZE) {
      EventKind kind = call.kind() == Kind.CREATE ? EventKind.CREATED : EventKind.FINALIZED;
      return events.stream().anyMatch(each -> each.version() == version && each.kind() == kind);
    }
    TreeMap<Long, Event> changes = byPath.getOrDefault(call.path(), new TreeMap<>());
    Map.Entry<Long, Event> last = changes.floorEntry(version);
    if (last == null || last.getValue().size() != call.size()) {
      return false;
    }
    Event event = last.getValue();
    return (call.kind() == Kind.REGISTER || event.kind() == EventKind.COMPLETED)
        && (call.sha256() == null || call.sha256().equals(event.sha256()));
  }

  /** What returned before another call began is older than all that the other tells or does. */
  private void timeIsRespected() {
    List<Call> ended =
        evidence.calls().stream()
            .filter(call -> call.outcome() instanceof Ok)
            .sorted(Comparator.comparingLong(Call::returned))
            .toList();
    TreeMap<Long, Long> acknowledged = new TreeMap<>();
    long most = 0;
    for (Call call : ended) {
      most = Math.max(most, call.version());
      acknowledged.put(call.returned(), most);
    }
    for (Call call : ended) {
      if (call.version() < known(acknowledged, call.invoked())) {
        violations.add(
            "version " + known(acknowledged, call.invoked()) + " was known before " + call);
      }
    }
    calls.forEach(
        (operation, asked) -> {
          long first = asked.stream().mapToLong(Call::invoked).min().orElseThrow();
          Event own = ownEvent(operation);
          if (own != null && own.version() <= known(acknowledged, first)) {
            violations.add(own + " is older than what was known before it was asked for");
          }
        });
  }

  private static long known(TreeMap<Long, Long> acknowledged, long time) {
    Map.Entry<Long, Long> before = acknowledged.lowerEntry(time);
    return before == null ? 0 : before.getValue();
  }

  private void finalizedOnceAndLast() {
    List<Event> closing =
        events.stream().filter(each -> each.kind() == EventKind.FINALIZED).toList();
    if (closing.size() > 1) {
      violations.add("finalized " + closing.size() + " times");
    }
    for (Event event : events) {
      boolean after = !closing.isEmpty() && event.version() > closing.get(0).version();
      if (after && event.kind() != EventKind.STATUS && event.kind() != EventKind.FINALIZED) {
        violations.add("changed after it was finalized: " + event);
      }
    }
    boolean told =
        evidence.calls().stream()
            .anyMatch(call -> call.kind() == Kind.FINALIZE && call.outcome() instanceof Ok);
    if (told && closing.stream().noneMatch(each -> each.status() == BatchStatus.ENQUEUED)) {
      violations.add("said to be finalized, and is not");
    }
  }

  private void nothingAcknowledgedIsLost() {
    Map<String, Sha256> told = new TreeMap<>();
    for (Event event : events) {
      if (event.kind() == EventKind.COMPLETED) {
        told.put(event.path().toString(), event.sha256());
      }
    }
    if (!told.equals(evidence.completed())) {
      violations.add(
          "the files that are complete are "
              + evidence.completed().keySet()
              + " and not those of its history, "
              + told.keySet());
    }
    for (Call call : evidence.calls()) {
      boolean promised = call.kind() == Kind.COMPLETE && call.outcome() instanceof Ok;
      if (promised && !call.sha256().equals(evidence.completed().get(call.path()))) {
        violations.add("an acknowledged file is lost: " + call);
      }
    }
  }

  private void bytesAreThoseOfTheirDigests() {
    evidence
        .completed()
        .forEach(
            (path, digest) -> {
              if (!digest.equals(evidence.stored().get(path))) {
                violations.add("the bytes of " + path + " are not those of its digest");
              }
            });
  }
}
