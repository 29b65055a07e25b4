package dev.archive.history;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.history.Call.Kind;
import dev.archive.history.Call.Ok;
import dev.archive.history.Call.Outcome;
import dev.archive.history.Call.Refused;
import dev.archive.history.Call.Unknown;
import dev.archive.history.Evidence.Recorded;
import dev.archive.model.BatchId;
import dev.archive.model.BatchStatus;
import dev.archive.model.Event;
import dev.archive.model.EventChain;
import dev.archive.model.EventKind;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** A history that is right passes; each rule broken once is found. */
class HistoryCheckerTest {
  private static final BatchId BATCH = new BatchId("01K0000000000000000000000A");
  private static final Sha256 HELLO = Sha256.of("hello".getBytes(UTF_8));
  private static final Sha256 OTHER = Sha256.of("other".getBytes(UTF_8));

  private final List<Call> calls =
      new ArrayList<>(
          List.of(
              call("c", Kind.CREATE, null, null, 0, 10, new Ok(1)),
              call("r", Kind.REGISTER, "/a", null, 20, 40, new Ok(2)),
              call("r2", Kind.REGISTER, "/b", null, 20, 45, new Unknown("reset")),
              call("r2", Kind.REGISTER, "/b", null, 46, 50, new Ok(3)),
              call("k", Kind.COMPLETE, "/a", HELLO, 60, 70, new Ok(4)),
              call("k2", Kind.COMPLETE, "/b", HELLO, 60, 70, new Unknown("reset")),
              call("x", Kind.REGISTER, "/a", OTHER, 80, 90, new Refused(409)),
              call("q", Kind.READ, null, null, 80, 90, new Ok(5)),
              call("f", Kind.FINALIZE, null, null, 100, 110, new Ok(6)),
              call("f2", Kind.FINALIZE, null, null, 100, 110, new Ok(6))));
  private final List<Event> events =
      new ArrayList<>(
          List.of(
              event(1, EventKind.CREATED, null, null, "c"),
              event(2, EventKind.REGISTERED, "/a", null, "r"),
              event(3, EventKind.REGISTERED, "/b", null, "r2"),
              event(4, EventKind.COMPLETED, "/a", HELLO, "k"),
              event(5, EventKind.COMPLETED, "/b", HELLO, "k2"),
              event(6, EventKind.FINALIZED, null, HELLO, "f")));
  private final Map<String, Sha256> completed = new TreeMap<>(Map.of("/a", HELLO, "/b", HELLO));
  private final Map<String, Sha256> stored = new TreeMap<>(completed);

  private static Call call(
      String operation,
      Kind kind,
      String path,
      Sha256 digest,
      long invoked,
      long returned,
      Outcome outcome) {
    return new Call(operation, kind, path, 5, digest, invoked, returned, outcome);
  }

  private static Event event(
      long version, EventKind kind, String path, Sha256 digest, String operation) {
    return new Event(
        version,
        kind,
        path == null ? null : LogicalPath.parse(path),
        5L,
        digest,
        path == null ? BatchStatus.ENQUEUED : null,
        operation,
        Instant.EPOCH);
  }

  private List<Recorded> chained() {
    List<Recorded> recorded = new ArrayList<>();
    Sha256 hash = EventChain.START;
    for (Event event : events) {
      hash = event.hash(BATCH, hash);
      recorded.add(new Recorded(event, hash));
    }
    return recorded;
  }

  private List<String> violations() {
    return HistoryChecker.violations(new Evidence(BATCH, calls, chained(), completed, stored));
  }

  private void assertFound(String what) {
    List<String> found = violations();
    assertTrue(found.stream().anyMatch(each -> each.contains(what)), what + " is not in " + found);
  }

  private void replace(String operation, UnaryOperator<Call> change) {
    calls.replaceAll(call -> call.operation().equals(operation) ? change.apply(call) : call);
  }

  private static UnaryOperator<Call> answered(Outcome outcome) {
    return call ->
        new Call(
            call.operation(),
            call.kind(),
            call.path(),
            call.size(),
            call.sha256(),
            call.invoked(),
            call.returned(),
            outcome);
  }

  private static UnaryOperator<Call> at(long invoked, long returned) {
    return call ->
        new Call(
            call.operation(),
            call.kind(),
            call.path(),
            call.size(),
            call.sha256(),
            invoked,
            returned,
            call.outcome());
  }

  @Test
  void historyThatIsRightPasses() {
    assertEquals(List.of(), violations());
  }

  @Test
  void gapAndDoubleVersionAreFound() {
    events.set(4, event(6, EventKind.COMPLETED, "/b", HELLO, "k2"));
    assertFound("event 5 has version 6");
    events.set(4, event(4, EventKind.COMPLETED, "/b", HELLO, "k2"));
    assertFound("event 5 has version 4");
  }

  @Test
  void alteredEventIsFound() {
    List<Recorded> recorded = chained();
    recorded.set(2, new Recorded(event(3, EventKind.REGISTERED, "/b", OTHER, "r2"), OTHER));
    List<String> found =
        HistoryChecker.violations(new Evidence(BATCH, calls, recorded, completed, stored));
    assertTrue(found.get(0).contains("version 3 does not follow"), found.toString());
  }

  @Test
  void changeThatTookEffectTwiceIsFound() {
    events.set(2, event(3, EventKind.REPLACED, "/a", null, "r"));
    assertFound("r took effect 2 times");
  }

  @Test
  void changeThatNobodyAskedForIsFound() {
    events.set(2, event(3, EventKind.REGISTERED, "/b", null, "stranger"));
    assertFound("nobody asked for");
    events.set(2, event(3, EventKind.REGISTERED, "/c", null, "r2"));
    assertFound("nobody asked for");
  }

  @Test
  void refusedChangeThatTookEffectIsFound() {
    replace("k", answered(new Refused(409)));
    assertFound("k was refused and took effect");
  }

  @Test
  void lostUpdateIsFound() {
    calls.add(call("z", Kind.REGISTER, "/z", null, 20, 30, new Ok(2)));
    assertFound("the change is lost that was answered to Call[operation=z");
    replace("z", answered(new Ok(99)));
    assertFound("the change is lost that was answered to Call[operation=z");
  }

  @Test
  void answerOfAnotherVersionThanItsOwnIsFound() {
    replace("r", answered(new Ok(1)));
    assertFound("the change is lost that was answered to Call[operation=r");
  }

  @Test
  void readThatIsStaleIsFound() {
    replace("q", answered(new Ok(3)));
    assertFound("version 4 was known before Call[operation=q");
  }

  @Test
  void effectBeforeItsCauseIsFound() {
    replace("k2", at(91, 95));
    assertFound("is older than what was known before it was asked for");
  }

  @Test
  void secondFinalizeAndChangesAfterItAreFound() {
    events.add(event(7, EventKind.FINALIZED, null, HELLO, "f2"));
    assertFound("finalized 2 times");
    events.set(6, event(7, EventKind.REGISTERED, "/a", OTHER, "x"));
    assertFound("changed after it was finalized");
    events.subList(5, 7).clear();
    assertFound("said to be finalized, and is not");
  }

  @Test
  void acknowledgedFileThatIsLostIsFound() {
    completed.remove("/a");
    assertFound("an acknowledged file is lost");
    completed.put("/a", OTHER);
    assertFound("an acknowledged file is lost");
  }

  @Test
  void fileThatNoHistoryExplainsIsFound() {
    completed.put("/c", HELLO);
    stored.put("/c", HELLO);
    assertFound("the files that are complete are [/a, /b, /c] and not those of its history");
  }

  @Test
  void bytesThatAreOtherOrMissingAreFound() {
    stored.put("/a", OTHER);
    assertFound("the bytes of /a are not those of its digest");
    stored.remove("/a");
    assertFound("the bytes of /a are not those of its digest");
  }
}
