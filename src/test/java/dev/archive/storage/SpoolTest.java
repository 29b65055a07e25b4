package dev.archive.storage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpoolTest {
  private static final int MEMORY_OF_ONE = 4 << 20;

  @TempDir private Path dir;
  private final SpoolMemory memory = new SpoolMemory();
  private int opened;

  @ParameterizedTest
  @ValueSource(
      ints = {0, 1, (1 << 16) - 1, 1 << 16, MEMORY_OF_ONE, MEMORY_OF_ONE + 1, MEMORY_OF_ONE * 2})
  void whatIsWrittenIsReadAgain(int size) throws IOException {
    byte[] bytes = bytes(size);
    try (Spool spool = spool()) {
      write(spool, bytes);

      assertEquals(size, spool.size());
      assertArrayEquals(bytes, spool.input().readAllBytes());
      ByteBuffer rest = ByteBuffer.allocate(100_000);
      int from = Math.max(0, size - 70_000);
      spool.read(rest, from);
      assertArrayEquals(
          Arrays.copyOfRange(bytes, from, size), Arrays.copyOf(rest.array(), rest.position()));
      assertEquals(size > MEMORY_OF_ONE ? 1 : 0, opened);
    }
    assertEquals(0, memory.taken());
  }

  @Test
  void aSkipGoesOverTheEndOfTheMemory() throws IOException {
    byte[] bytes = bytes(MEMORY_OF_ONE + 10);
    try (Spool spool = spool();
        var in = spool.input()) {
      write(spool, bytes);

      assertEquals(MEMORY_OF_ONE + 3, in.skip(MEMORY_OF_ONE + 3));
      assertEquals(7, in.available());
      assertEquals(bytes[MEMORY_OF_ONE + 3] & 0xff, in.read());
      assertEquals(6, in.skip(100));
      assertEquals(-1, in.read());
    }
  }

  @Test
  void allTogetherHoldNoMoreThanTheMemoryThatTheyShare() throws IOException {
    byte[] bytes = bytes(MEMORY_OF_ONE);
    List<Spool> spools = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      Spool spool = spool();
      spools.add(spool);
      write(spool, bytes);
      assertTrue(memory.taken() <= 16 << 20);
    }

    assertEquals(6, opened);
    for (Spool spool : spools) {
      assertArrayEquals(bytes, spool.input().readAllBytes());
      spool.close();
      spool.close();
    }
    assertEquals(0, memory.taken());
  }

  @Test
  void aClosedSpoolTakesAndGivesNothing() throws IOException {
    Spool spool = spool();
    write(spool, bytes(10));
    spool.close();

    assertThrows(IllegalStateException.class, () -> spool.write(ByteBuffer.allocate(1)));
    assertThrows(ClosedChannelException.class, () -> spool.input().read());
    assertEquals(0, memory.taken());
  }

  private static byte[] bytes(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  /** In pieces of odd lengths, as the network hands them out. */
  private static void write(Spool spool, byte[] bytes) {
    for (int at = 0; at < bytes.length; at += 33_333) {
      spool.write(ByteBuffer.wrap(bytes, at, Math.min(33_333, bytes.length - at)));
    }
  }

  private Spool spool() {
    return new Spool(
        memory,
        () ->
            FileChannel.open(
                dir.resolve("spool" + opened++),
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                StandardOpenOption.DELETE_ON_CLOSE),
        size -> assertTrue(Files.exists(dir)));
  }
}
