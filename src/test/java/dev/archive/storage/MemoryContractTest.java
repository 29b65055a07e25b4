package dev.archive.storage;

import java.nio.file.Path;
import org.junit.jupiter.api.Nested;

/** The contract of a {@link ByteStore}, kept by the one in memory. */
class MemoryContractTest {
  static StorePlace memory() {
    return new MemoryPlace(new MemoryDisk(), MemoryByteStore::new);
  }

  @Nested
  class Objects extends ByteStoreContract {
    @Override
    StorePlace place(Path directory) {
      return memory();
    }
  }

  @Nested
  class Reading extends ByteStoreReadContract {
    @Override
    StorePlace place(Path directory) {
      return memory();
    }
  }

  @Nested
  class Bags extends ByteStoreBagContract {
    @Override
    StorePlace place(Path directory) {
      return memory();
    }
  }

  @Nested
  class Parts extends PartStoreContract {
    @Override
    StorePlace place(Path directory) {
      return memory();
    }
  }
}
