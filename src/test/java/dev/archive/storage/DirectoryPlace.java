package dev.archive.storage;

import dev.archive.model.BatchId;
import dev.archive.model.LogicalPath;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;

/** A directory. Its power cannot be cut here; {@code DurableOrderTest} sees the order of syncs. */
record DirectoryPlace(Path root) implements StorePlace {
  @Override
  public ByteStore open() throws IOException {
    return new DirectoryByteStore(root, Runnable::run);
  }

  @Override
  public void powerCut() {
    // Nothing is lost.
  }

  @Override
  public int temporaries(BatchId batch) throws IOException {
    try (Stream<Path> files = Files.list(root.resolve("staging").resolve(batch.value()))) {
      return (int) files.count();
    } catch (NoSuchFileException e) {
      return 0;
    }
  }

  /** A file lies where the bag's directory has to be. */
  @Override
  public void obstruct(BatchId batch, boolean obstruct) throws IOException {
    Path bag = root.resolve("batches").resolve(batch.value());
    if (obstruct) {
      Files.createFile(bag);
    } else {
      Files.delete(bag);
    }
  }

  @Override
  public void damage(BatchId batch, LogicalPath path) throws IOException {
    Path file = root.resolve("batches/" + batch.value() + "/data" + path);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer first = ByteBuffer.allocate(1);
      channel.read(first, 0);
      first.put(0, (byte) (first.get(0) ^ 1));
      channel.write(first.flip(), 0);
    }
  }
}
