package dev.archive.storage;

import java.nio.file.Path;
import org.junit.jupiter.api.Nested;

/** The contract of a {@link ByteStore}, kept by a directory. */
class DirectoryContractTest {
  @Nested
  class Objects extends ByteStoreContract {
    @Override
    StorePlace place(Path root) {
      return new DirectoryPlace(root);
    }
  }

  @Nested
  class Reading extends ByteStoreReadContract {
    @Override
    StorePlace place(Path root) {
      return new DirectoryPlace(root);
    }
  }

  @Nested
  class Bags extends ByteStoreBagContract {
    @Override
    StorePlace place(Path root) {
      return new DirectoryPlace(root);
    }
  }

  @Nested
  class Parts extends PartStoreContract {
    @Override
    StorePlace place(Path root) {
      return new DirectoryPlace(root);
    }
  }
}
