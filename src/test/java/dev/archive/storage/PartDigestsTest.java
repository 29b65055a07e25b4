package dev.archive.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.archive.model.BatchId;
import dev.archive.model.Sha256;
import dev.archive.storage.PartStore.PartWriter;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The digest of a large object is right however its parts arrive. */
class PartDigestsTest {
  private static final BatchId BATCH = BatchId.create(0, new Random(1));
  private static final int PART = 1000;
  private static final int PARTS = 40;
  private static final int SIZE = PARTS * PART - 7;

  @TempDir Path root;

  private static byte[] content(long seed) {
    byte[] content = new byte[SIZE];
    new Random(seed).nextBytes(content);
    return content;
  }

  private static void put(DirectoryByteStore store, byte[] content, int number) {
    int offset = number * PART;
    int size = Math.min(PART, SIZE - offset);
    try (PartWriter writer = store.parts().write(BATCH, "u", number)) {
      Incoming.of(
          new ByteArrayInputStream(content, offset, size),
          writer.receive(offset, size, null),
          1 << 18);
    }
  }

  private static Sha256 assembled(DirectoryByteStore store) {
    try (Staged staged = store.parts().assemble(BATCH, "u", SIZE)) {
      return staged.stored().sha256();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void inAnyOrderFromManyThreads(long seed) throws Exception {
    DirectoryByteStore store = new DirectoryByteStore(root, Runnable::run);
    byte[] content = content(seed);
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < PARTS; i++) {
      order.add(i);
    }
    Collections.shuffle(order, new Random(seed));
    ExecutorService pool = Executors.newFixedThreadPool(4);
    try {
      List<Future<?>> puts = new ArrayList<>();
      for (int number : order) {
        puts.add(pool.submit(() -> put(store, content, number)));
      }
      for (Future<?> put : puts) {
        put.get();
      }
    } finally {
      pool.shutdownNow();
    }
    assertEquals(Sha256.of(content), assembled(store));
  }

  /** What comes first is hashed while others are still being written. */
  @Test
  void whatWasHashedIsNotReadAgain() throws IOException {
    DirectoryByteStore store = new DirectoryByteStore(root, Runnable::run);
    byte[] content = content(1);
    try (PartWriter late = store.parts().write(BATCH, "u", PARTS - 1)) {
      for (int i = 0; i < PARTS - 1; i++) {
        put(store, content, i);
      }
      int offset = (PARTS - 1) * PART;
      Incoming.of(
          new ByteArrayInputStream(content, offset, SIZE - offset),
          late.receive(offset, SIZE - offset, null),
          1 << 18);
    }
    Path parts = root.resolve("staging").resolve(BATCH.value()).resolve("u.parts");
    Files.write(parts, content(2));
    assertEquals(Sha256.of(content), assembled(store));
  }

  @Test
  void partsThatAreSentAgainWithOtherBytesCountAsTheyAreNow() throws IOException {
    DirectoryByteStore store = new DirectoryByteStore(root, Runnable::run);
    byte[] old = content(1);
    byte[] now = content(2);
    for (int i = 0; i < PARTS; i++) {
      put(store, old, i);
    }
    for (int i : new int[] {5, 0, PARTS - 1}) {
      put(store, now, i);
      System.arraycopy(now, i * PART, old, i * PART, Math.min(PART, SIZE - i * PART));
    }
    assertEquals(Sha256.of(old), assembled(store));
  }

  @Test
  void aPartThatBrokeOffIsNotTakenForTheOneBefore() throws IOException {
    DirectoryByteStore store = new DirectoryByteStore(root, Runnable::run);
    byte[] content = content(1);
    for (int i = 0; i < PARTS; i++) {
      put(store, content, i);
    }
    byte[] other = content(2);
    try (PartWriter writer = store.parts().write(BATCH, "u", 3)) {
      Incoming.of(
          new ByteArrayInputStream(other, 0, PART / 2),
          writer.receive(3 * PART, PART, null),
          1 << 18);
    } catch (dev.archive.model.ArchiveException e) {
      System.arraycopy(other, 0, content, 3 * PART, PART / 2);
    }
    assertEquals(Sha256.of(content), assembled(store));
  }

  @Test
  void afterARestartTheDiskIsRead() throws IOException {
    byte[] content = content(1);
    DirectoryByteStore before = new DirectoryByteStore(root, Runnable::run);
    for (int i = 0; i < PARTS / 2; i++) {
      put(before, content, i);
    }
    DirectoryByteStore store = new DirectoryByteStore(root, Runnable::run);
    for (int i = PARTS / 2; i < PARTS; i++) {
      put(store, content, i);
    }
    assertEquals(Sha256.of(content), assembled(store));
  }
}
