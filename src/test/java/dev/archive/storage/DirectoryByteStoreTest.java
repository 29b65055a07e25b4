package dev.archive.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import dev.archive.storage.PartStore.PartWriter;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryByteStoreTest {
  private static final String UPLOAD = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  private static final BatchId BATCH = BatchId.create(0, new Random(1));
  private static final LogicalPath A = LogicalPath.parse("/dir/a");

  @TempDir Path root;
  private DirectoryByteStore store;

  @BeforeEach
  void open() throws IOException {
    store = new DirectoryByteStore(root, Runnable::run);
  }

  @Test
  void objectIsAbsentUntilItIsPublishedWhole() throws IOException {
    try (Staged staged = Incoming.of(body("hello"), store.receive(BATCH, 5), 1 << 18)) {
      assertEquals(Sha256.of(bytes("hello")), staged.stored().sha256());
      assertNull(store.read(BATCH, A));
      staged.publish(A);
    }
    assertEquals(Sha256.of(bytes("hello")), store.read(BATCH, A).sha256());
    assertEquals("hello", Files.readString(store.bag(BATCH).resolve("data/dir/a")));
    assertNothingStaged();
  }

  @Test
  void objectThatIsNotPublishedLeavesNothing() throws IOException {
    Incoming.of(body("hello"), store.receive(BATCH, 5), 1 << 18).close();
    refused(ErrorCode.BODY_SIZE, () -> Incoming.of(body("hell"), store.receive(BATCH, 5), 1 << 18));
    refused(
        ErrorCode.BODY_SIZE, () -> Incoming.of(body("hello!"), store.receive(BATCH, 5), 1 << 18));
    refused(ErrorCode.BODY_SIZE, () -> Incoming.of(broken(), store.receive(BATCH, 5), 1 << 18));
    assertNothingStaged();
    assertNull(store.read(BATCH, A));
  }

  @Test
  void aGroupIsPublishedTogether() throws IOException {
    LogicalPath b = LogicalPath.parse("/dir/deep/b");
    try (ObjectWriter writer = store.writer(BATCH);
        Staged one = writer.receive(body("hello"), 5);
        Staged other = writer.receive(body("world"), 5);
        Staged dropped = writer.receive(body("never"), 5)) {
      writer.force(List.of(one, other, dropped)).await();
      writer.publish(Map.of(A, one, b, other));
    }
    assertEquals("hello", Files.readString(store.bag(BATCH).resolve("data/dir/a")));
    assertEquals("world", Files.readString(store.bag(BATCH).resolve("data/dir/deep/b")));
    assertNothingStaged();
  }

  @Test
  void aGroupThatCannotBeForcedIsNotPublished() throws IOException {
    try (ObjectWriter writer = store.writer(BATCH)) {
      Staged gone = writer.receive(body("hello"), 5);
      gone.close();
      refused(ErrorCode.INTERNAL, () -> writer.force(List.of(gone)).await());
    }
  }

  @Test
  void partsLieAtTheirPlacesInOneObject() {
    part(2, "world", 6);
    part(1, "hello ", 0);
    try (Staged staged = store.parts().assemble(BATCH, UPLOAD, 11)) {
      assertEquals(Sha256.of(bytes("hello world")), staged.stored().sha256());
      staged.publish(A);
    }
    assertNull(
        store.parts().assemble(BATCH, UPLOAD, 11), "published, so nothing is left to assemble");
  }

  @Test
  void partWriterMayWriteNoMoreOnceThePartIsSentAgain() throws IOException {
    PartWriter late = store.parts().write(BATCH, UPLOAD, 1);
    try (PartWriter again = store.parts().write(BATCH, UPLOAD, 1)) {
      Incoming.of(body("right"), again.receive(0, 5, null), 1 << 18);
      again.requireRight();
    }
    refused(
        ErrorCode.CONFLICT, () -> Incoming.of(body("wrong"), late.receive(0, 5, null), 1 << 18));
    refused(ErrorCode.CONFLICT, late::requireRight);
    assertEquals("right", Files.readString(parts()));
  }

  @Test
  void partWriterMayWriteNoMoreOnceTheObjectIsAssembled() throws IOException {
    part(1, "right", 0);
    PartWriter late = store.parts().write(BATCH, UPLOAD, 1);
    PartWriter elsewhere = store.parts().write(BATCH, "other", 1);
    try (Staged staged = store.parts().assemble(BATCH, UPLOAD, 5)) {
      refused(
          ErrorCode.CONFLICT, () -> Incoming.of(body("wrong"), late.receive(0, 5, null), 1 << 18));
      staged.publish(A);
    }
    refused(
        ErrorCode.CONFLICT, () -> Incoming.of(body("wrong"), late.receive(0, 5, null), 1 << 18));
    assertEquals("right", Files.readString(store.bag(BATCH).resolve("data/dir/a")));
    Incoming.of(body("fine"), elsewhere.receive(0, 4, null), 1 << 18);
  }

  @Test
  void partWithAnotherDigestIsRefused() {
    try (PartWriter writer = store.parts().write(BATCH, UPLOAD, 1)) {
      refused(
          ErrorCode.FIXITY_MISMATCH,
          () ->
              Incoming.of(body("wrong"), writer.receive(0, 5, Sha256.of(bytes("right"))), 1 << 18));
      Incoming.of(body("right"), writer.receive(0, 5, Sha256.of(bytes("right"))), 1 << 18);
    }
  }

  @Test
  void markOfAPieceIsThatOfTheSameBytesAsAPart() {
    String first = part(1, "hello", 0);
    String second = part(2, "world", 5);
    try (Staged staged = store.parts().assemble(BATCH, UPLOAD, 10)) {
      staged.publish(A);
    }
    assertEquals(first, store.parts().markOf(BATCH, A, 0, 5));
    assertEquals(second, store.parts().markOf(BATCH, A, 5, 5));
    assertEquals(second, Incoming.of(body("world"), store.parts().mark(5), 5));
    assertFalse(store.parts().markOf(BATCH, A, 4, 5).equals(second));
  }

  @Test
  void objectOfTheWrongSizeIsNotAssembled() {
    part(1, "hello", 0);
    refused(ErrorCode.BYTES_MISSING, () -> store.parts().assemble(BATCH, UPLOAD, 6));
  }

  @Test
  void pathsThatTheFileSystemCannotHoldAreRefused() {
    store.requireStorable(BATCH, LogicalPath.parse("/" + "n".repeat(255)));
    refused(
        ErrorCode.INVALID_REQUEST,
        () -> store.requireStorable(BATCH, LogicalPath.parse("/" + "n".repeat(256))));
    refused(
        ErrorCode.INVALID_REQUEST,
        () -> store.requireStorable(BATCH, LogicalPath.parse("/d".repeat(2040))));
  }

  @Test
  void sweepRemovesWhatWasBeingReceivedAndKeepsParts() throws IOException {
    part(1, "hello", 0);
    Path temporary = parts().resolveSibling("1-2.tmp");
    Files.writeString(temporary, "x");
    store.sweep();
    assertFalse(Files.exists(temporary));
    assertTrue(Files.exists(parts()));
  }

  @Test
  void endOfABatchRemovesItsStagingArea() {
    part(1, "hello", 0);
    store.endStaging(BATCH);
    assertFalse(Files.exists(parts().getParent()));
    store.endStaging(BATCH);
    part(1, "again", 0);
  }

  private String part(int number, String text, long offset) {
    try (PartWriter writer = store.parts().write(BATCH, UPLOAD, number)) {
      return Incoming.of(body(text), writer.receive(offset, text.length(), null), 1 << 18);
    }
  }

  private Path parts() {
    return root.resolve("staging").resolve(BATCH.value()).resolve(UPLOAD + ".parts");
  }

  private void assertNothingStaged() throws IOException {
    try (Stream<Path> staged = Files.list(root.resolve("staging").resolve(BATCH.value()))) {
      assertEquals(List.of(), staged.toList());
    }
  }

  private static void refused(ErrorCode code, Runnable action) {
    assertEquals(code, assertThrows(ArchiveException.class, action::run).code());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private static InputStream body(String text) {
    return new ByteArrayInputStream(bytes(text));
  }

  private static InputStream broken() {
    return new InputStream() {
      @Override
      public int read() throws IOException {
        throw new IOException("connection reset");
      }

      @Override
      public int read(byte[] buffer, int offset, int length) throws IOException {
        throw new IOException("connection reset");
      }
    };
  }
}
