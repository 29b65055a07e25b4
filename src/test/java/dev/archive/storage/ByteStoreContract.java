package dev.archive.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/**
 * What a {@link ByteStore} guarantees of objects that are written: bytes, names, failures, others.
 */
abstract class ByteStoreContract extends BaseStoreContract {
  private static final int ROUNDS = 40;

  private static final List<String> AWKWARD_NAMES =
      List.of(
          "/a",
          "/A",
          "/ a",
          "/a ",
          "/a.",
          "/.a",
          "/...",
          "/~",
          "/-rf",
          "/a\\b",
          "/a:b",
          "/a*?\"<>|",
          "/a%2Fb",
          "/a%",
          "/a+b",
          "/a&b=c;d",
          "/a#b?c",
          "/CON",
          "/caf\u00e9",
          "/cafe\u0301",
          "/\u212b",
          "/\u00c5",
          "/\ud83d\udcdc",
          "/\u202etxt.exe",
          "/\u00a0",
          "/\ufeff",
          "/closing",
          "/.closing.tmp",
          "/1-2.tmp",
          "/data",
          "/bagit.txt",
          "/manifest-sha256.txt",
          "/d/a",
          "/d /a",
          "/d%2Fa",
          "/deep" + "/d".repeat(100) + "/a",
          "/" + "n".repeat(255),
          "/" + "n".repeat(254) + "m",
          "/" + "\u00e9".repeat(127),
          "/" + "n".repeat(256),
          "/" + "long/".repeat(800) + "a");

  @Test
  void objectIsAbsentUntilItIsPublishedWhole() throws IOException {
    try (Incoming<Staged> arriving = store.receive(BATCH, 5)) {
      arriving.write(ByteBuffer.wrap("hel".getBytes(UTF_8)));
      assertAbsent();
      arriving.write(ByteBuffer.wrap("lo".getBytes(UTF_8)));
      assertAbsent();
      try (Staged staged = arriving.finish()) {
        assertEquals(new Stored(5, digest("hello")), staged.stored());
        assertAbsent();
        staged.publish(A);
      }
    }
    assertEquals("hello", text(store, A));
    assertTrue(store.presence(BATCH).holds(A, 5));
    assertNothingTemporary();
  }

  private void assertAbsent() {
    assertNull(store.read(BATCH, A));
    assertNull(store.stamp(BATCH, A));
    assertFalse(store.presence(BATCH).holds(A, 5));
  }

  @Test
  void objectsOfAnySizeAreGivenBackAsTheyArrived() throws IOException {
    for (int size : new int[] {0, 1, 8191, 8192, (1 << 18) - 1, 1 << 18, (1 << 18) + 1, 1 << 20}) {
      String text = "x".repeat(size);
      publish(store, A, text);
      assertEquals(text, text(store, A));
      assertTrue(store.presence(BATCH).holds(A, size));
      assertFalse(store.presence(BATCH).holds(A, size + 1));
    }
    assertNothingTemporary();
  }

  @Test
  void bodyOfAnotherSizeLeavesNothing() throws IOException {
    refused(ErrorCode.BODY_SIZE, () -> Incoming.of(body("hell"), store.receive(BATCH, 5), 2));
    refused(ErrorCode.BODY_SIZE, () -> Incoming.of(body("hello!"), store.receive(BATCH, 5), 2));
    refused(ErrorCode.BODY_SIZE, () -> Incoming.of(body("h"), store.receive(BATCH, 0), 2));
    refused(ErrorCode.BODY_SIZE, () -> Incoming.of(broken(), store.receive(BATCH, 5), 2));
    try (ObjectWriter writer = store.writer(BATCH)) {
      refused(ErrorCode.BODY_SIZE, () -> writer.receive(body("hell"), 5));
      refused(ErrorCode.BODY_SIZE, () -> writer.receive(broken(), 5));
    }
    assertNull(store.read(BATCH, A));
    assertNothingTemporary();
  }

  /** A body that breaks off. */
  private static InputStream broken() {
    return new InputStream() {
      @Override
      public int read() throws IOException {
        throw new IOException("connection reset");
      }
    };
  }

  @Test
  void arrivalThatIsClosedLeavesNothing() throws IOException {
    Incoming<Staged> arriving = store.receive(BATCH, 5);
    arriving.write(ByteBuffer.wrap("hel".getBytes(UTF_8)));
    arriving.close();
    receive(store, BATCH, "hello").close();
    assertNull(store.read(BATCH, A));
    assertNothingTemporary();
  }

  @Test
  void publishingThatFailsLeavesNothingAndCanBeTriedAgain() throws IOException {
    try (Staged staged = receive(store, BATCH, "hello")) {
      place.obstruct(BATCH, true);
      assertThrows(ArchiveException.class, () -> staged.publish(A));
      place.obstruct(BATCH, false);
      assertNull(store.read(BATCH, A));
      staged.publish(A);
    }
    assertEquals("hello", text(store, A));
    assertNothingTemporary();
  }

  @Test
  void groupIsPublishedAndWhatIsLeftOutIsDropped() throws IOException {
    try (ObjectWriter writer = store.writer(BATCH);
        Staged one = writer.receive(body("hello"), 5);
        Staged other = writer.receive(body("world"), 5);
        Staged dropped = writer.receive(body("never"), 5)) {
      writer.force(List.of(one, other, dropped)).await();
      assertNull(store.read(BATCH, A));
      writer.publish(Map.of(A, one, B, other));
    }
    place.powerCut();
    assertEquals("hello", text(place.open(), A));
    assertEquals("world", text(place.open(), B));
    assertNothingTemporary();
  }

  @Test
  void groupWithADroppedObjectIsNotForced() {
    try (ObjectWriter writer = store.writer(BATCH);
        Staged one = writer.receive(body("hello"), 5)) {
      Staged dropped = writer.receive(body("never"), 5);
      dropped.close();
      ObjectWriter.Forcing forced = writer.force(List.of(one, dropped));
      assertThrows(ArchiveException.class, forced::await);
    }
  }

  @Test
  void nameThatIsTakenIsReplacedWhole() throws IOException {
    publish(store, A, "first, and longer");
    ObjectStamp first = store.stamp(BATCH, A);
    publish(store, A, "second");
    ObjectStamp second = store.stamp(BATCH, A);
    assertEquals("second", text(store, A));
    publish(store, A, "second");
    ObjectStamp again = store.stamp(BATCH, A);
    assertEquals("second", text(store, A));
    assertEquals(
        3,
        new HashSet<>(Arrays.asList(first, second, again)).size(),
        "an object was replaced without a sign");
    assertNothingTemporary();
  }

  @Test
  void whatWasDoneSurvivesAPowerCut() throws IOException {
    publish(store, A, "old");
    publish(store, A, "new");
    publish(store, B, "gone");
    store.removeObject(BATCH, B);
    place.powerCut();
    store = place.open();
    assertEquals("new", text(store, A));
    assertNull(store.read(BATCH, B));
  }

  @Test
  void powerCutBeforePublishingLeavesNoObject() throws IOException {
    try (ObjectWriter writer = store.writer(BATCH)) {
      writer.receive(body("hello"), 5);
      Staged forced = receive(store, BATCH, "world");
      assertEquals(5, forced.stored().size());
    }
    place.powerCut();
    store = place.open();
    assertNull(store.read(BATCH, A));
    publish(store, A, "again");
    assertEquals("again", text(store, A));
  }

  @Test
  void whatAKilledProcessLeftHindersNobodyAndGoesWithItsBatch() throws IOException {
    Incoming<Staged> arriving = store.receive(BATCH, 5);
    arriving.write(ByteBuffer.wrap("hel".getBytes(UTF_8)));
    receive(store, BATCH, "hello");
    store.writer(BATCH).receive(body("hello"), 5);
    Incoming.of(body("part"), store.parts().write(BATCH, UPLOAD, 1).receive(0, 4, null), 4);
    Incoming.of(body("loose"), store.parts().receiveLoose(BATCH, UPLOAD, 9, null), 4);
    store.beginClosing(BATCH);
    ByteStore next = place.open();
    assertEquals(List.of(BATCH), next.staged());
    assertNull(next.read(BATCH, A));
    publish(next, A, "right");
    publish(next, OTHER_BATCH, A, "other");
    receive(next, OTHER_BATCH, "still arriving");
    assertEquals("right", text(next, A));
    next.endStaging(BATCH);
    next.endStaging(BATCH);
    assertNothingTemporary();
    assertEquals(List.of(OTHER_BATCH), next.staged());
    assertEquals("right", text(next, A));
    assertEquals(1, place.temporaries(OTHER_BATCH));
    publish(next, B, "later");
    assertEquals("later", text(next, B));
  }

  @Test
  void arrivalsOfTwoProcessesShareNoName() throws IOException {
    ByteStore other = place.open();
    try (Incoming<Staged> one = store.receive(BATCH, 3);
        Incoming<Staged> two = other.receive(BATCH, 3)) {
      for (String letter : List.of("a", "b", "c")) {
        one.write(ByteBuffer.wrap(letter.getBytes(UTF_8)));
        two.write(ByteBuffer.wrap(letter.toUpperCase(Locale.ROOT).getBytes(UTF_8)));
      }
      try (Staged first = one.finish();
          Staged second = two.finish()) {
        assertEquals(digest("abc"), first.stored().sha256());
        assertEquals(digest("ABC"), second.stored().sha256());
        first.publish(A);
        second.publish(B);
      }
    }
    assertEquals("abc", text(store, A));
    assertEquals("ABC", text(store, B));
  }

  @Test
  void whatOneProcessDoesTheOthersSee() throws IOException {
    ByteStore other = place.open();
    assertNull(other.read(BATCH, A));
    ObjectPresence presence = other.presence(BATCH);
    assertFalse(presence.holds(A, 5));
    publish(store, A, "hello");
    assertEquals("hello", text(other, A));
    assertTrue(other.presence(BATCH).holds(A, 5));
    assertEquals(store.stamp(BATCH, A), other.stamp(BATCH, A));
    publish(store, A, "world");
    assertEquals("world", text(other, A));
    assertEquals(store.stamp(BATCH, A), other.stamp(BATCH, A));
    store.removeObject(BATCH, A);
    assertNull(other.read(BATCH, A));
    assertNull(other.stamp(BATCH, A));
  }

  @Test
  void writersOfOneNameLeaveOneWholeObjectAndReadersMeetNothingElse() throws Exception {
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      texts.add(String.valueOf((char) ('a' + i)).repeat(10_000 + i));
    }
    publish(store, A, texts.get(0));
    AtomicBoolean done = new AtomicBoolean();
    ExecutorService pool = Executors.newFixedThreadPool(texts.size() + 1);
    try {
      ByteStore reader = place.open();
      Future<Set<String>> read =
          pool.submit(
              () -> {
                Set<String> seen = new HashSet<>();
                while (!done.get()) {
                  Stored stored = reader.read(BATCH, A);
                  seen.add(stored == null ? "absent" : stored.sha256().hex());
                }
                return seen;
              });
      List<Callable<Void>> writers = new ArrayList<>();
      for (String text : texts) {
        ByteStore process = place.open();
        writers.add(
            () -> {
              for (int i = 0; i < ROUNDS; i++) {
                publish(process, A, text);
              }
              return null;
            });
      }
      try {
        for (Future<Void> each : pool.invokeAll(writers)) {
          each.get();
        }
      } finally {
        done.set(true);
      }
      Set<String> whole = new HashSet<>();
      texts.forEach(text -> whole.add(digest(text).hex()));
      assertEquals(whole, union(whole, read.get()), "a reader met something else");
      assertTrue(texts.contains(text(store, A)));
    } finally {
      done.set(true);
      pool.shutdownNow();
    }
    assertNothingTemporary();
  }

  private static Set<String> union(Set<String> one, Set<String> other) {
    Set<String> both = new HashSet<>(one);
    both.addAll(other);
    return both;
  }

  @Test
  void removedObjectIsGoneAndItsNameIsFree() throws IOException {
    publish(store, A, "hello");
    publish(store, LogicalPath.parse("/dir/b"), "stays");
    store.removeObject(BATCH, A);
    assertNull(store.read(BATCH, A));
    assertEquals("stays", text(store, LogicalPath.parse("/dir/b")));
    publish(store, A, "again");
    assertEquals("again", text(store, A));
  }

  @Test
  void awkwardNamesAreRefusedOrKeptApart() throws IOException {
    Map<LogicalPath, String> kept = new LinkedHashMap<>();
    for (String name : AWKWARD_NAMES) {
      LogicalPath path = LogicalPath.parse(name);
      try {
        store.requireStorable(BATCH, path);
      } catch (ArchiveException e) {
        assertEquals(ErrorCode.INVALID_REQUEST, e.code());
        continue;
      }
      assertNull(store.read(BATCH, path), () -> "two names are one: " + name);
      publish(store, path, "bytes of " + name);
      kept.put(path, "bytes of " + name);
    }
    assertTrue(kept.size() > AWKWARD_NAMES.size() / 2, "most names are refused");
    for (Map.Entry<LogicalPath, String> each : kept.entrySet()) {
      assertEquals(each.getValue(), text(store, each.getKey()));
    }
    Set<String> asked = new HashSet<>();
    boolean strangers =
        store.remove(
            BATCH,
            Set.of(),
            paths -> {
              asked.addAll(paths);
              return Set.copyOf(paths);
            });
    Set<String> names = new HashSet<>();
    kept.keySet().forEach(path -> names.add(path.toString()));
    assertEquals(names, asked);
    assertFalse(strangers);
    kept.keySet().forEach(path -> assertNull(store.read(BATCH, path)));
  }

  @Test
  void nameAboveOrBelowAnotherIsRefusedOrKept() throws IOException {
    publish(store, A, "hello");
    for (String name : List.of("/dir", "/dir/a/b")) {
      try (Staged staged = receive(store, BATCH, "world")) {
        staged.publish(LogicalPath.parse(name));
        assertNotNull(store.read(BATCH, LogicalPath.parse(name)));
      } catch (ArchiveException e) {
        assertEquals(ErrorCode.CONFLICT, e.code(), () -> name + ": " + e.getCause());
      }
      assertEquals("hello", text(store, A));
    }
    assertNothingTemporary();
  }

  @Test
  void roomIsNotNegative() {
    assertTrue(store.room() >= 0);
  }
}
