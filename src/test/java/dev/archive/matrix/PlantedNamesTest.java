package dev.archive.matrix;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.LogicalPath;
import dev.archive.storage.DirectoryByteStore;
import dev.archive.storage.Incoming;
import dev.archive.storage.ObjectWriter;
import dev.archive.storage.Staged;
import dev.archive.storage.Stored;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Row B6 of the fault matrix: one thread goes on planting links while another stores objects. What
 * is outside of the root stays as it was, and what was answered with success is where it belongs.
 */
class PlantedNamesTest {
  private static final BatchId BATCH = new BatchId("01ARZ3NDEKTSV4RRFFQ69G5FAV");
  private static final int TRIES = 2_500;
  private static final int PLANTED = 200;
  private static final int IN_A_GROUP = 10;

  /** A time long ago, which a directory keeps until a name in it is made, moved or removed. */
  private static final FileTime BEFORE = FileTime.fromMillis(1_000_000_000_000L);

  @TempDir Path directory;
  private final ExecutorService planter = Executors.newSingleThreadExecutor();
  private Path root;
  private Path outside;
  private Path data;
  private DirectoryByteStore store;
  private final AtomicInteger planted = new AtomicInteger();
  private int tries;

  @BeforeEach
  void open() throws IOException {
    root = directory.resolve("root");
    outside = Files.createDirectory(directory.resolve("outside"));
    Files.writeString(outside.resolve("canary"), "sings");
    Files.setLastModifiedTime(outside, BEFORE);
    store = new DirectoryByteStore(root, Runnable::run);
    data = root.resolve("batches").resolve(BATCH.value()).resolve("data");
    store(Map.of("/p/first", "first"));
  }

  @AfterEach
  void endPlanter() {
    planter.shutdownNow();
  }

  /** Stores a group of objects by path; false where it was refused. */
  private boolean store(Map<String, String> contents) {
    Map<LogicalPath, Staged> group = new HashMap<>();
    try {
      for (Map.Entry<String, String> each : contents.entrySet()) {
        tries++;
        byte[] bytes = each.getValue().getBytes(StandardCharsets.UTF_8);
        try (ObjectWriter writer = store.writer(BATCH)) {
          group.put(
              LogicalPath.parse(each.getKey()),
              writer.receive(new ByteArrayInputStream(bytes), bytes.length));
        }
      }
      try (ObjectWriter writer = store.writer(BATCH)) {
        writer.publish(group);
      }
      return true;
    } catch (ArchiveException e) {
      return false;
    } finally {
      group.values().forEach(Staged::close);
    }
  }

  /** Stores objects while that is planted again and again; gives those that were stored. */
  private Map<String, String> storeWhile(Callable<Void> swap, String directories) throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    Future<Void> planting = plant(swap, done);
    Map<String, String> stored = new HashMap<>();
    int refused = 0;
    for (int group = 0; goesOn(planting, refused > 0 && !stored.isEmpty()); group++) {
      Map<String, String> contents = new HashMap<>();
      for (int i = 0; i < IN_A_GROUP; i++) {
        contents.put(directories.formatted(group) + "/" + group + "-" + i, "bytes of " + i);
      }
      if (store(contents)) {
        stored.putAll(contents);
      } else {
        refused++;
      }
    }
    done.set(true);
    planting.get();
    return stored;
  }

  private boolean goesOn(Future<Void> planting, boolean seenBoth) {
    return !planting.isDone() && (tries < TRIES || planted.get() < PLANTED || !seenBoth);
  }

  /** Plants again and again until it is done. */
  private Future<Void> plant(Callable<Void> planting, AtomicBoolean done) {
    return planter.submit(
        () -> {
          while (!done.get()) {
            planting.call();
            planted.incrementAndGet();
          }
          return null;
        });
  }

  private void assertOutsideIsUntouched() throws IOException {
    try (var names = Files.list(outside)) {
      assertEquals(List.of(outside.resolve("canary")), names.toList());
    }
    assertEquals("sings", Files.readString(outside.resolve("canary")));
    assertEquals(BEFORE, Files.getLastModifiedTime(outside), "nothing was there for a while");
  }

  private void assertHeld(Map<String, String> stored) throws IOException {
    for (Map.Entry<String, String> each : stored.entrySet()) {
      assertEquals(each.getValue(), Files.readString(data.resolve(each.getKey().substring(1))));
    }
  }

  /** Takes a directory away, puts a link out of the root in its place, and gives it back. */
  private Callable<Void> swapping(Path real) {
    Path aside = real.resolveSibling("aside");
    return () -> {
      Files.move(real, aside);
      while (!isPlanted(real)) {
        giveBack(aside, real);
        Files.move(real, aside);
      }
      Thread.yield();
      Files.delete(real);
      giveBack(aside, real);
      Thread.yield();
      return null;
    };
  }

  /** Plants a link, unless the store has made the directory again that was taken away. */
  private boolean isPlanted(Path link) throws IOException {
    try {
      Files.createSymbolicLink(link, outside);
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    }
  }

  /** Gives a directory back; where the store has made it again, that takes in what it held. */
  private static void giveBack(Path aside, Path real) throws IOException {
    while (Files.exists(aside)) {
      try {
        Files.move(aside, real);
      } catch (FileSystemException e) {
        assertTrue(Files.isDirectory(real), e::toString);
        moveInto(aside, real);
      }
    }
  }

  private static void moveInto(Path from, Path to) throws IOException {
    try (var names = Files.list(from)) {
      for (Path name : names.toList()) {
        Path target = to.resolve(name.getFileName());
        if (Files.isDirectory(name)) {
          Files.createDirectories(target);
          moveInto(name, target);
        } else {
          Files.move(name, target, StandardCopyOption.REPLACE_EXISTING);
        }
      }
      Files.delete(from);
    } catch (NoSuchFileException | DirectoryNotEmptyException e) {
      // The store goes on in it: it is looked at once more.
    }
  }

  @Test
  void b6_objectsGoThroughNoLinkInThePlaceOfTheirDirectory() throws Exception {
    Map<String, String> stored = storeWhile(swapping(data.resolve("p")), "/p");
    assertOutsideIsUntouched();
    assertHeld(stored);
  }

  @Test
  void b6_directoriesAreMadeThroughNoLinkInThePlaceOfTheOneAbove() throws Exception {
    Map<String, String> stored = storeWhile(swapping(data.resolve("p")), "/p/%d");
    // A directory is made by its path: an empty one may have come out of it, and no success.
    try (var names = Files.list(outside)) {
      for (Path name : names.filter(Files::isDirectory).toList()) {
        Files.delete(name);
      }
    }
    Files.setLastModifiedTime(outside, BEFORE);
    assertOutsideIsUntouched();
    assertHeld(stored);
  }

  @Test
  void b6_arrivingBytesGoThroughNoLinkInThePlaceOfTheStagingDirectory() throws Exception {
    Path staging = root.resolve("staging").resolve(BATCH.value());
    Map<String, String> stored = storeWhile(swapping(staging), "/p");
    assertOutsideIsUntouched();
    assertHeld(stored);
  }

  @Test
  void b6_objectTakesThePlaceOfALinkAndNothingIsReadThroughOne() throws Exception {
    Path name = data.resolve("p/name");
    Path link = data.resolve("link");
    Stored canary =
        Incoming.of(
            new ByteArrayInputStream("sings".getBytes(StandardCharsets.UTF_8)),
            Incoming.digest(5),
            5);
    AtomicBoolean done = new AtomicBoolean();
    Future<Void> planting =
        plant(
            () -> {
              Files.createSymbolicLink(link, outside.resolve("canary"));
              Files.move(link, name, StandardCopyOption.ATOMIC_MOVE);
              return null;
            },
            done);
    while (goesOn(planting, true)) {
      store(Map.of("/p/name", "other"));
      try {
        assertNotEquals(canary, store.read(BATCH, LogicalPath.parse("/p/name")));
      } catch (ArchiveException e) {
        // A link: refused.
      }
    }
    done.set(true);
    planting.get();
    assertOutsideIsUntouched();
    assertTrue(store(Map.of("/p/name", "other")));
    assertArrayEquals("other".getBytes(StandardCharsets.UTF_8), Files.readAllBytes(name));
  }
}
