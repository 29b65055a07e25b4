package dev.archive.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.ErrorCode;
import dev.archive.model.Sha256;
import dev.archive.storage.PartStore.PartWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a {@link PartStore} guarantees. */
abstract class PartStoreContract extends BaseStoreContract {
  private static final String OTHER_UPLOAD = "01ARZ3NDEKTSV4RRFFQ69G5FAW";

  private String part(int number, long offset, String text) {
    return part(number, offset, text, null);
  }

  private String part(int number, long offset, String text, Sha256 declared) {
    try (PartWriter writer = store.parts().write(BATCH, UPLOAD, number)) {
      return receive(writer, offset, text, declared);
    }
  }

  private static String receive(PartWriter writer, long offset, String text, Sha256 declared) {
    return Incoming.of(body(text), writer.receive(offset, text.length(), declared), 3);
  }

  private LoosePart loose(String text) {
    return Incoming.of(body(text), store.parts().receiveLoose(BATCH, UPLOAD, 100, null), 3);
  }

  private static Piece piece(LoosePart part) {
    return new Piece(part.name(), 0, part.size(), part.mark());
  }

  /** Assembles and publishes; the text of the object. */
  private String assembled(long size) throws IOException {
    try (Staged staged = store.parts().assemble(BATCH, UPLOAD, size)) {
      Stored stored = staged.stored();
      staged.publish(A);
      assertEquals(store.read(BATCH, A), stored);
    }
    return text(store, A);
  }

  @Test
  void partsAreAnObjectOnceTheyAreAssembledAndPublished() throws IOException {
    assertNull(store.parts().assemble(BATCH, UPLOAD, 11));
    assertEquals(0, store.parts().end(BATCH, UPLOAD));
    part(3, 8, "rld");
    assertEquals(11, store.parts().end(BATCH, UPLOAD));
    part(1, 0, "hell");
    part(2, 4, "o wo");
    assertEquals(11, store.parts().end(BATCH, UPLOAD));
    assertEquals(0, store.parts().end(BATCH, OTHER_UPLOAD));
    assertNull(store.read(BATCH, A));
    assertEquals("hello world", assembled(11));
    assertNull(store.parts().assemble(BATCH, UPLOAD, 11));
    assertEquals(0, store.parts().end(BATCH, UPLOAD));
    assertNothingTemporary();
  }

  @Test
  void partThatIsSentAgainReplacesItsBytesAlone() throws IOException {
    part(1, 0, "hell");
    part(2, 4, "o wo");
    part(1, 0, "HELL");
    part(3, 8, "rld");
    assertEquals("HELLo world", assembled(11));
  }

  @Test
  void objectOfAnotherSizeIsNotAssembled() throws IOException {
    part(1, 0, "hello");
    refused(ErrorCode.BYTES_MISSING, () -> store.parts().assemble(BATCH, UPLOAD, 6));
    refused(ErrorCode.BYTES_MISSING, () -> store.parts().assemble(BATCH, UPLOAD, 4));
    assertNull(store.read(BATCH, A));
    assertEquals("hello", assembled(5));
  }

  @Test
  void partsSurviveAPowerCut() throws IOException {
    part(1, 0, "hello");
    LoosePart loose = loose("world");
    place.powerCut();
    store = place.open();
    assertTrue(store.parts().hasLoose(BATCH, loose.name(), 5));
    assertEquals("hello", assembled(5));
    place.powerCut();
    store = place.open();
    assertEquals("hello", text(store, A));
  }

  @Test
  void partOfAnotherSizeOrDigestIsRefusedAndMayComeAgain() throws IOException {
    try (PartWriter writer = store.parts().write(BATCH, UPLOAD, 1)) {
      refused(ErrorCode.BODY_SIZE, () -> Incoming.of(body("hell"), writer.receive(0, 5, null), 3));
      refused(
          ErrorCode.BODY_SIZE, () -> Incoming.of(body("hello!"), writer.receive(0, 5, null), 3));
      refused(ErrorCode.FIXITY_MISMATCH, () -> receive(writer, 0, "wrong", digest("right")));
    }
    part(1, 0, "right", digest("right"));
    assertEquals("right", assembled(5));
  }

  @Test
  void lateWriterChangesNothingOnceThePartIsSentAgain() throws IOException {
    PartWriter late = store.parts().write(BATCH, UPLOAD, 1);
    Incoming<String> begun = late.receive(0, 5, null);
    begun.write(ByteBuffer.wrap("wr".getBytes(UTF_8)));
    try (PartWriter again = store.parts().write(BATCH, UPLOAD, 1)) {
      receive(again, 0, "right", null);
      again.requireRight();
    }
    refused(ErrorCode.CONFLICT, late::requireRight);
    refused(
        ErrorCode.CONFLICT,
        () -> {
          begun.write(ByteBuffer.wrap("ong".getBytes(UTF_8)));
          begun.finish();
        });
    begun.close();
    refused(ErrorCode.CONFLICT, () -> receive(late, 0, "wrong", null));
    assertEquals("right", assembled(5));
  }

  @Test
  void writersOfOtherPartsKeepTheirRight() throws IOException {
    PartWriter second = store.parts().write(BATCH, UPLOAD, 2);
    PartWriter elsewhere = store.parts().write(BATCH, OTHER_UPLOAD, 1);
    part(1, 0, "hello");
    second.requireRight();
    receive(second, 5, "world", null);
    assertEquals("helloworld", assembled(10));
    elsewhere.requireRight();
    receive(elsewhere, 0, "fine", null);
  }

  @Test
  void lateWriterChangesNothingOnceTheObjectIsAssembled() throws IOException {
    part(1, 0, "right");
    PartWriter late = store.parts().write(BATCH, UPLOAD, 1);
    Incoming<String> begun = late.receive(0, 5, null);
    try (Staged staged = store.parts().assemble(BATCH, UPLOAD, 5)) {
      refused(ErrorCode.CONFLICT, () -> writeAll(begun, "wrong"));
      staged.publish(A);
    }
    begun.close();
    refused(ErrorCode.CONFLICT, late::requireRight);
    assertEquals("right", text(store, A));
  }

  private static void writeAll(Incoming<String> incoming, String text) {
    incoming.write(ByteBuffer.wrap(text.getBytes(UTF_8)));
    incoming.finish();
  }

  @Test
  void writersOfABatchThatIsRemovedCanWriteNoMore() throws IOException {
    PartWriter late = store.parts().write(BATCH, UPLOAD, 1);
    Incoming<String> begun = late.receive(0, 5, null);
    store.remove(BATCH, Set.of(), paths -> Set.of());
    refused(ErrorCode.CONFLICT, () -> writeAll(begun, "wrong"));
    begun.close();
    assertNothingTemporary();
  }

  @Test
  void loosePartIsAbsentOrWhole() throws IOException {
    refused(
        ErrorCode.TOO_LARGE,
        () -> Incoming.of(body("hello!"), store.parts().receiveLoose(BATCH, UPLOAD, 5, null), 3));
    refused(
        ErrorCode.FIXITY_MISMATCH,
        () ->
            Incoming.of(
                body("wrong"), store.parts().receiveLoose(BATCH, UPLOAD, 5, digest("right")), 3));
    Incoming<LoosePart> broken = store.parts().receiveLoose(BATCH, UPLOAD, 5, null);
    broken.write(ByteBuffer.wrap("hel".getBytes(UTF_8)));
    broken.close();
    assertNothingTemporary();
    LoosePart part = loose("hello");
    assertEquals(5, part.size());
    assertTrue(store.parts().hasLoose(BATCH, part.name(), 5));
    assertFalse(store.parts().hasLoose(BATCH, part.name(), 4));
    assertFalse(store.parts().hasLoose(OTHER_BATCH, part.name(), 5));
    store.parts().dropLoose(BATCH, part.name());
    store.parts().dropLoose(BATCH, part.name());
    assertFalse(store.parts().hasLoose(BATCH, part.name(), 5));
    assertNothingTemporary();
  }

  @Test
  void loosePartsOfTwoProcessesShareNoName() throws IOException {
    LoosePart one = loose("hello");
    ByteStore first = store;
    store = place.open();
    LoosePart other = loose("world");
    assertNotEquals(one.name(), other.name());
    assertEquals("helloworld", joined(first, List.of(piece(one), piece(other)), 10));
  }

  private String joined(ByteStore by, List<Piece> pieces, long size) throws IOException {
    try (Staged staged = by.parts().join(BATCH, UPLOAD, pieces, size)) {
      Stored stored = staged.stored();
      staged.publish(A);
      assertEquals(by.read(BATCH, A), stored);
    }
    by.parts().drop(BATCH, UPLOAD, pieces);
    assertNothingTemporary();
    return text(by, A);
  }

  @Test
  void piecesAreJoinedInTheirOrder() throws IOException {
    String mark = part(2, 5, "placed");
    LoosePart first = loose("hello ");
    LoosePart empty = loose("");
    List<Piece> pieces =
        List.of(piece(first), piece(empty), new Piece(null, 5, 6, mark), piece(first));
    assertEquals("hello placedhello ", joined(store, pieces, 18));
    assertEquals(0, store.parts().end(BATCH, UPLOAD));
  }

  @Test
  void pieceThatIsNotWhatItsMarkSaysIsNotJoined() throws IOException {
    LoosePart one = loose("hello");
    LoosePart other = loose("world");
    Piece wrong = new Piece(one.name(), 0, one.size(), other.mark());
    assertNull(store.parts().join(BATCH, UPLOAD, List.of(wrong, piece(other)), 10));
    assertEquals("helloworld", joined(store, List.of(piece(one), piece(other)), 10));
  }

  @Test
  void joiningKeepsThePiecesAndEndsTheRights() throws IOException {
    LoosePart one = loose("hello");
    PartWriter late = store.parts().write(BATCH, UPLOAD, 1);
    store.parts().join(BATCH, UPLOAD, List.of(piece(one)), 5).close();
    refused(ErrorCode.CONFLICT, late::requireRight);
    assertEquals(1, place.temporaries(BATCH));
    assertEquals("hello", joined(store, List.of(piece(one)), 5));
  }

  @Test
  void sameBytesHaveTheSameMarkWhereverTheyAre() {
    String mark = Incoming.of(body("hello"), store.parts().mark(5), 2);
    assertEquals(mark, part(1, 0, "hello"));
    assertEquals(mark, loose("hello").mark());
    publish(store, A, "oh, hello!");
    assertEquals(mark, store.parts().markOf(BATCH, A, 4, 5));
    assertNotEquals(mark, store.parts().markOf(BATCH, A, 3, 5));
    assertNotEquals(mark, store.parts().markOf(BATCH, A, 4, 4));
    assertNotEquals(mark, store.parts().markOf(BATCH, A, 6, 5));
    refused(ErrorCode.BODY_SIZE, () -> Incoming.of(body("hell"), store.parts().mark(5), 2));
    refused(ErrorCode.INTERNAL, () -> store.parts().markOf(BATCH, B, 0, 5));
    assertNull(store.read(BATCH, B));
  }
}
