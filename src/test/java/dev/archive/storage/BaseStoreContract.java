package dev.archive.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** What the suites of a store's contract have in common. */
abstract class BaseStoreContract {
  static final BatchId BATCH = BatchId.create(1, new Random(1));
  static final BatchId OTHER_BATCH = BatchId.create(2, new Random(2));
  static final String UPLOAD = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  static final LogicalPath A = LogicalPath.parse("/dir/a");
  static final LogicalPath B = LogicalPath.parse("/dir/deep/b");

  @TempDir Path directory;
  StorePlace place;
  ByteStore store;

  /** A new place, with nothing in it. */
  abstract StorePlace place(Path directory) throws IOException;

  @BeforeEach
  void open() throws IOException {
    open(place(directory));
  }

  /** Begins on a place of any kind. */
  void open(StorePlace place) throws IOException {
    this.place = place;
    this.store = place.open();
  }

  static InputStream body(String text) {
    return new ByteArrayInputStream(text.getBytes(UTF_8));
  }

  static Sha256 digest(String text) {
    return Sha256.of(text.getBytes(UTF_8));
  }

  /** Takes a text and does not publish it. */
  static Staged receive(ByteStore store, BatchId batch, String text) {
    return Incoming.of(body(text), store.receive(batch, text.getBytes(UTF_8).length), 7);
  }

  static ObjectStamp publish(ByteStore store, LogicalPath path, String text) {
    return publish(store, BATCH, path, text);
  }

  static ObjectStamp publish(ByteStore store, BatchId batch, LogicalPath path, String text) {
    try (Staged staged = receive(store, batch, text)) {
      return staged.publish(path);
    }
  }

  /** The text of an object; null where there is none. */
  static String text(ByteStore store, LogicalPath path) throws IOException {
    return text(store, BATCH, path);
  }

  static String text(ByteStore store, BatchId batch, LogicalPath path) throws IOException {
    Stored stored = store.read(batch, path);
    if (stored == null) {
      return null;
    }
    try (StoredObjects objects = store.objects(batch);
        StoredObject object = objects.open(path, stored.size())) {
      String text = new String(object.bytes(), UTF_8);
      assertEquals(digest(text), stored.sha256(), "the digest is not that of the bytes");
      return text;
    }
  }

  static void refused(ErrorCode code, Executable action) {
    assertEquals(code, assertThrows(ArchiveException.class, action).code());
  }

  void assertNothingTemporary() throws IOException {
    assertEquals(0, place.temporaries(BATCH), "something temporary is left");
  }
}
