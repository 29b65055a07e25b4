package dev.archive.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class KeyLocksTest {
  private final KeyLocks<String> locks = new KeyLocks<>();

  /** As many keys as 17 bundles have: none shares a lock with the one that is held. */
  @Test
  void whoHoldsOneKeyKeepsNobodyFromOthers() throws Exception {
    List<String> others = IntStream.range(0, 17_000).mapToObj(i -> "/bundled/" + i).toList();
    KeyLocks.Held large = locks.hold("/large");
    CompletableFuture<Void> bundles =
        CompletableFuture.runAsync(() -> locks.holdAll(others).close());
    bundles.get(60, TimeUnit.SECONDS);
    assertEquals(1, locks.size());
    CompletableFuture<Void> same = CompletableFuture.runAsync(() -> locks.hold("/large").close());
    assertFalse(same.isDone());
    large.close();
    same.get(60, TimeUnit.SECONDS);
    assertEquals(0, locks.size());
  }

  @Test
  void keysThatNobodyHoldsAreForgottenAndEachIsHeldByOne() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(8);
    AtomicInteger[] holders =
        Collections.nCopies(20, 0).stream().map(AtomicInteger::new).toArray(AtomicInteger[]::new);
    List<CompletableFuture<Void>> runs = new ArrayList<>();
    for (int seed = 0; seed < 8; seed++) {
      Random random = new Random(seed);
      runs.add(
          CompletableFuture.runAsync(
              () -> {
                for (int i = 0; i < 2_000; i++) {
                  List<Integer> keys = random.ints(1 + random.nextInt(5), 0, 20).boxed().toList();
                  try (KeyLocks.Held held =
                      locks.holdAll(keys.stream().map(String::valueOf).toList())) {
                    keys.stream()
                        .distinct()
                        .forEach(key -> assertEquals(1, holders[key].incrementAndGet()));
                    keys.stream().distinct().forEach(key -> holders[key].decrementAndGet());
                  }
                }
              },
              threads));
    }
    for (CompletableFuture<Void> run : runs) {
      run.get(60, TimeUnit.SECONDS);
    }
    threads.shutdown();
    assertTrue(threads.awaitTermination(60, TimeUnit.SECONDS));
    assertEquals(0, locks.size());
  }
}
