package dev.archive.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** What a {@link ByteStore} guarantees to those who read: open objects, ranges, stamps, absence. */
abstract class ByteStoreReadContract extends BaseStoreContract {
  @Test
  void openObjectNeverGivesBytesOfAnother() throws IOException {
    publish(store, A, "old bytes");
    try (StoredObjects objects = store.objects(BATCH);
        StoredObject object = objects.open(A, 9)) {
      assertEquals('o', first(object));
      publish(place.open(), A, "new bytes");
      assertEquals("old bytes", whole(object));
      store.removeObject(BATCH, A);
      assertEquals("old bytes", whole(object));
    }
  }

  private static char first(StoredObject object) throws IOException {
    ByteBuffer one = ByteBuffer.allocate(1);
    object.read(one, 0);
    return (char) one.get(0);
  }

  /** What it gives; where its name has gone, it may fail instead. */
  private static String whole(StoredObject object) {
    try {
      return new String(object.bytes(), UTF_8);
    } catch (IOException e) {
      return "old bytes";
    }
  }

  @Test
  void rangesAreExact() throws IOException {
    publish(store, A, "0123456789");
    try (StoredObjects objects = store.objects(BATCH);
        StoredObject object = objects.open(A, 10)) {
      assertEquals(10, object.size());
      assertEquals("0123456789", range(object, 0, 10));
      assertEquals("0", range(object, 0, 1));
      assertEquals("345", range(object, 3, 3));
      assertEquals("9", range(object, 9, 1));
      assertEquals("", range(object, 0, 0));
      assertEquals("", range(object, 10, 0));
      assertThrows(EOFException.class, () -> range(object, 10, 1));
      assertThrows(EOFException.class, () -> range(object, 9, 2));
      assertThrows(EOFException.class, () -> range(object, 1L << 40, 1));
      assertEquals("01", range(object, 0, 2), "a read that failed has moved the next");
      ByteBuffer middle = ByteBuffer.wrap("........".getBytes(UTF_8)).position(2).limit(5);
      object.read(middle, 4);
      assertEquals(5, middle.position());
      assertArrayEquals("..456...".getBytes(UTF_8), middle.array());
      assertEquals(digest("0123456789"), object.digest());
    }
  }

  private static String range(StoredObject object, long position, int size) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(size);
    object.read(buffer, position);
    assertFalse(buffer.hasRemaining(), "the buffer is not full");
    return new String(buffer.array(), UTF_8);
  }

  @Test
  void missingObjectsAreToldApartFromWrongOnes() throws IOException {
    publish(store, A, "hello");
    try (StoredObjects objects = store.objects(BATCH)) {
      refused(ErrorCode.BYTES_MISSING, () -> objects.open(B, 5));
      refused(ErrorCode.BYTES_MISSING, () -> objects.open(LogicalPath.parse("/dir/a/b"), 5));
      refused(ErrorCode.BYTES_MISSING, () -> objects.open(LogicalPath.parse("/dir"), 5));
      refused(ErrorCode.FIXITY_MISMATCH, () -> objects.open(A, 4));
      refused(ErrorCode.FIXITY_MISMATCH, () -> objects.open(A, 6));
      objects.open(A, 5).close();
    }
    try (StoredObjects objects = store.objects(OTHER_BATCH)) {
      refused(ErrorCode.BYTES_MISSING, () -> objects.open(A, 5));
    }
    assertNull(store.read(OTHER_BATCH, A));
    assertNull(store.read(BATCH, LogicalPath.parse("/dir/a/b")));
    assertNull(store.stamp(BATCH, LogicalPath.parse("/dir")));
    assertFalse(store.presence(BATCH).holds(LogicalPath.parse("/dir"), 5));
    assertFalse(store.presence(BATCH).holds(LogicalPath.parse("/dir/a/b"), 5));
    store.removeObject(BATCH, B);
    store.removeObject(BATCH, LogicalPath.parse("/dir"));
    store.removeObject(OTHER_BATCH, A);
    assertEquals("hello", text(store, A));
  }

  @Test
  void stampTellsWhetherTheObjectIsTheSame() throws IOException {
    ObjectStamp published = publish(store, A, "hello");
    ObjectStamp now = store.stamp(BATCH, A);
    assertTrue(published == null || published.equals(now));
    text(store, A);
    publish(store, B, "hello");
    assertEquals(now, store.stamp(BATCH, A));
    assertNotEquals(now, store.stamp(BATCH, B));
    place.damage(BATCH, A);
    assertNotEquals(now, store.stamp(BATCH, A));
    assertNull(store.stamp(BATCH, LogicalPath.parse("/dir/c")));
  }

  @Test
  void digestIsThatOfTheStoredBytes() throws IOException {
    publish(store, A, "hello");
    assertEquals("hello", text(store, A));
    place.damage(BATCH, A);
    Stored stored = store.read(BATCH, A);
    assertEquals(5, stored.size());
    assertNotEquals(digest("hello"), stored.sha256());
  }
}
