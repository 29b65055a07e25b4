package dev.archive.storage;

import dev.archive.model.BatchId;
import dev.archive.model.LogicalPath;
import dev.archive.storage.MemoryDisk.Kind;
import dev.archive.storage.MemoryDisk.Name;
import java.util.function.Function;

/** A place in memory, with stores of any kind on one disk. */
record MemoryPlace(MemoryDisk disk, Function<MemoryDisk, ByteStore> opener) implements StorePlace {
  @Override
  public ByteStore open() {
    return opener.apply(disk);
  }

  @Override
  public void powerCut() {
    disk.powerCut();
  }

  @Override
  public int temporaries(BatchId batch) {
    return (int)
        disk.names().stream()
            .filter(name -> name.batch().equals(batch) && name.kind() == Kind.TEMPORARY)
            .count();
  }

  @Override
  public void obstruct(BatchId batch, boolean obstruct) {
    disk.obstruct(batch, obstruct);
  }

  @Override
  public void damage(BatchId batch, LogicalPath path) {
    Name name = MemoryByteStore.object(batch, path);
    byte[] bytes = disk.get(name).bytes().clone();
    bytes[0] ^= 1;
    disk.replace(name, bytes);
  }
}
