package dev.archive.durable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.archive.testing.JavaProcess;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileLockTest {
  @TempDir Path directory;
  private Path file;

  @BeforeEach
  void name() {
    file = directory.resolve("lock");
  }

  /** What another process gets: run as a program. */
  public static void main(String[] args) throws IOException {
    Path file = Path.of(args[1]);
    FileLock lock = args[0].equals("shared") ? FileLock.tryShared(file) : FileLock.tryLock(file);
    System.out.print(lock == null ? "refused" : "held");
  }

  private String elsewhere(String kind) throws Exception {
    return JavaProcess.output(
        JavaProcess.start(Map.of(), FileLockTest.class.getName(), kind, file.toString()));
  }

  @Test
  void exclusiveLockKeepsAllOthersOut() throws Exception {
    try (FileLock lock = FileLock.tryLock(file)) {
      assertNotNull(lock);
      assertNull(FileLock.tryLock(file));
      assertNull(FileLock.tryShared(file));
      assertEquals("refused", elsewhere("exclusive"));
      assertEquals("refused", elsewhere("shared"));
    }
    assertEquals("held", elsewhere("exclusive"));
  }

  @Test
  void sharedLockKeepsOnlyTheExclusiveOneOut() throws Exception {
    FileLock first = FileLock.tryShared(file);
    FileLock second = FileLock.tryShared(file);
    first.close();
    first.close();
    assertNull(FileLock.tryLock(file), "one holder is left");
    assertEquals("held", elsewhere("shared"));
    assertEquals("refused", elsewhere("exclusive"));
    second.close();
    assertEquals("held", elsewhere("exclusive"));
    FileLock.tryLock(file).close();
  }

  @Test
  void refusedTryDoesNotLetGoOfWhatIsHeld() throws Exception {
    try (FileLock lock = FileLock.tryLock(file)) {
      assertNull(FileLock.tryLock(directory.resolve(".").resolve("lock")));
      assertEquals("refused", elsewhere("exclusive"), "the system still knows of " + lock);
    }
  }

  @Test
  void lockThatThisProcessTookByOtherMeansIsNotAwaited() throws Exception {
    try (FileChannel other =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      other.lock();
      assertThrows(IOException.class, () -> FileLock.awaitShared(file));
    }
  }

  @Test
  void sharedLockCanBeAwaited() throws Exception {
    FileLock alone = FileLock.tryLock(file);
    CompletableFuture<FileLock> waiting =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return FileLock.awaitShared(file);
              } catch (IOException e) {
                throw new AssertionError(e);
              }
            });
    alone.close();
    try (FileLock shared = waiting.get(20, TimeUnit.SECONDS)) {
      assertNull(FileLock.tryLock(file), "held by " + shared);
    }
  }

  /** Held by another process until it is told to end: run as a program. */
  public static final class Elsewhere {
    private Elsewhere() {}

    public static void main(String[] args) throws IOException {
      try (FileLock lock = FileLock.tryLock(Path.of(args[0]))) {
        System.out.print(lock == null ? "refused" : "h");
        System.out.flush();
        System.in.read();
      }
    }
  }

  /** Who waits for a lock that another process holds keeps nobody from other locks. */
  @Test
  void whoWaitsForOneFileKeepsNobodyFromAnother() throws Exception {
    Process other = JavaProcess.start(Map.of(), Elsewhere.class.getName(), file.toString());
    assertEquals('h', other.getInputStream().read());
    CompletableFuture<FileLock> waiting = new CompletableFuture<>();
    Thread waiter =
        new Thread(
            () -> {
              try {
                waiting.complete(FileLock.awaitShared(file));
              } catch (IOException e) {
                waiting.completeExceptionally(e);
              }
            });
    waiter.start();
    while (!inTheSystem(waiter)) {
      Thread.onSpinWait();
    }
    CompletableFuture<Void> others =
        CompletableFuture.runAsync(
            () -> {
              try (FileLock second = FileLock.tryLock(directory.resolve("second"))) {
                assertNotNull(second);
                assertNull(FileLock.tryLock(file));
                assertNull(FileLock.tryShared(file));
              } catch (IOException e) {
                throw new AssertionError(e);
              }
            });
    others.get(60, TimeUnit.SECONDS);
    other.getOutputStream().close();
    try (FileLock shared = waiting.get(60, TimeUnit.SECONDS)) {
      assertNull(FileLock.tryLock(file), "held by " + shared);
    }
    assertEquals("held", elsewhere("exclusive"));
  }

  private static boolean inTheSystem(Thread thread) {
    for (StackTraceElement each : thread.getStackTrace()) {
      if (each.getClassName().endsWith("FileChannelImpl") && each.getMethodName().equals("lock")) {
        return true;
      }
    }
    return false;
  }
}
