package dev.archive.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a {@link ByteStore} guarantees of bags: tag files, the closing, lists, and removal. */
abstract class ByteStoreBagContract extends BaseStoreContract {
  private static final String TAG = "bagit.txt";
  private static final Set<String> TAGS = Set.of(TAG, "bag-info.txt");

  private void publishTag(String name, String text) {
    store.publishTag(BATCH, name, out -> out.write(text.getBytes(UTF_8)));
  }

  private String tag(String name) throws IOException {
    try (StoredObjects objects = store.objects(BATCH);
        StoredObject tag = objects.openTag(name)) {
      return new String(tag.bytes(), UTF_8);
    }
  }

  @Test
  void tagFileIsReplacedWhole() throws IOException {
    assertFalse(store.hasTag(BATCH, TAG));
    try (StoredObjects objects = store.objects(BATCH)) {
      refused(ErrorCode.BYTES_MISSING, () -> objects.openTag(TAG));
    }
    publishTag(TAG, "first, and longer");
    publishTag(TAG, "second");
    place.powerCut();
    store = place.open();
    assertEquals("second", tag(TAG));
    assertTrue(store.hasTag(BATCH, TAG));
    assertFalse(store.hasTag(BATCH, "bag-info.txt"));
  }

  @Test
  void tagFileWhoseContentFailsIsAsBefore() throws IOException {
    publishTag(TAG, "right");
    assertThrows(
        ArchiveException.class,
        () ->
            store.publishTag(
                BATCH,
                TAG,
                out -> {
                  out.write('w');
                  throw new IOException("no more");
                }));
    IllegalStateException failure =
        assertThrows(
            IllegalStateException.class,
            () ->
                store.publishTag(
                    BATCH,
                    TAG,
                    out -> {
                      out.write('w');
                      throw new IllegalStateException("stopped");
                    }));
    assertEquals("stopped", failure.getMessage());
    assertEquals("right", tag(TAG));
    assertTrue(store.remove(BATCH, Set.of(), paths -> Set.of()));
    assertFalse(store.remove(BATCH, TAGS, paths -> Set.of()), "something else is in the bag");
  }

  @Test
  void tagFileOfTwoProcessesIsThatOfOne() throws IOException {
    ByteStore other = place.open();
    store.publishTag(
        BATCH,
        TAG,
        out -> {
          out.write("the ".getBytes(UTF_8));
          other.publishTag(BATCH, TAG, own -> own.write("the other".getBytes(UTF_8)));
          assertEquals("the other", tag(TAG));
          out.write("last".getBytes(UTF_8));
        });
    assertEquals("the last", tag(TAG));
    assertNothingTemporary();
  }

  @Test
  void removedTagFileIsGone() throws IOException {
    publishTag(TAG, "text");
    store.removeTag(BATCH, TAG);
    store.removeTag(BATCH, TAG);
    store.removeTag(OTHER_BATCH, TAG);
    place.powerCut();
    store = place.open();
    assertFalse(store.hasTag(BATCH, TAG));
  }

  @Test
  void tagFilesAndObjectsHaveNamesOfTheirOwn() throws IOException {
    LogicalPath object = LogicalPath.parse("/" + TAG);
    publishTag(TAG, "tag");
    publish(store, object, "object");
    assertEquals("tag", tag(TAG));
    assertEquals("object", text(store, object));
    store.removeTag(BATCH, TAG);
    assertEquals("object", text(store, object));
    publishTag(TAG, "tag");
    store.removeObject(BATCH, object);
    assertEquals("tag", tag(TAG));
  }

  @Test
  void closingIsNotedUntilTheStagingEnds() throws IOException {
    assertFalse(store.isClosing(BATCH));
    store.beginClosing(BATCH);
    store.beginClosing(BATCH);
    place.powerCut();
    store = place.open();
    assertTrue(store.isClosing(BATCH));
    assertFalse(store.isClosing(OTHER_BATCH));
    assertEquals(List.of(BATCH), store.staged());
    store.endStaging(BATCH);
    assertFalse(store.isClosing(BATCH));
    assertEquals(List.of(), store.staged());
  }

  @Test
  void batchesAreListedByWhatTheyHave() {
    assertEquals(List.of(), store.bags());
    assertEquals(List.of(), store.staged());
    assertFalse(store.hasBag(BATCH));
    publish(store, A, "hello");
    store.publishTag(OTHER_BATCH, TAG, out -> out.write('x'));
    assertEquals(Set.of(BATCH, OTHER_BATCH), Set.copyOf(store.bags()));
    assertEquals(2, store.bags().size());
    assertTrue(store.hasBag(BATCH));
    Staged staged = receive(store, BATCH, "hello");
    assertTrue(store.staged().contains(BATCH));
    staged.close();
  }

  @Test
  void removalTakesWhatTheArchiveWroteAndNothingElse() throws IOException {
    publish(store, A, "registered");
    publish(store, B, "stranger");
    publish(store, OTHER_BATCH, A, "other batch");
    publishTag(TAG, "ours");
    publishTag("notes.txt", "stranger");
    receive(store, BATCH, "arriving");
    store.beginClosing(BATCH);
    assertTrue(store.remove(BATCH, TAGS, paths -> Set.of(A.toString(), "/dir/deep")));
    assertNothingTemporary();
    assertNull(store.read(BATCH, A));
    assertFalse(store.hasTag(BATCH, TAG));
    assertEquals("stranger", text(store, B));
    assertEquals("stranger", tag("notes.txt"));
    assertEquals("other batch", text(store, OTHER_BATCH, A));
    assertTrue(store.hasBag(BATCH));
  }

  @Test
  void removalOfAllLeavesNoBagAndIsDoneAgainWithoutHarm() throws IOException {
    publish(store, A, "registered");
    publish(store, B, "registered");
    publishTag(TAG, "ours");
    assertFalse(store.remove(BATCH, TAGS, Set::copyOf));
    assertFalse(store.hasBag(BATCH));
    assertEquals(List.of(), store.bags());
    assertEquals(List.of(), store.staged());
    assertFalse(store.remove(BATCH, TAGS, Set::copyOf));
    publish(store, A, "again");
    assertEquals("again", text(store, A));
  }

  @Test
  void whatIsSetAsideIsInNoList() throws IOException {
    Instant when = Instant.EPOCH;
    assertNull(store.setAside(BATCH, true, "a test", when));
    assertNull(store.setAside(BATCH, false, "a test", when));
    publish(store, A, "hello");
    publishTag(TAG, "tag");
    receive(store, BATCH, "arriving");
    String staged = store.setAside(BATCH, false, "a test", when);
    assertNothingTemporary();
    assertEquals("hello", text(store, A));
    String bag = store.setAside(BATCH, true, "a test", when);
    assertNotEquals(staged, bag);
    assertNull(store.read(BATCH, A));
    assertFalse(store.hasTag(BATCH, TAG));
    assertEquals(List.of(), store.bags());
    publish(store, A, "again");
    assertEquals("again", text(store, A));
    assertNotEquals(bag, store.setAside(BATCH, true, "a test", when));
  }
}
