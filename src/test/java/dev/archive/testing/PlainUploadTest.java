package dev.archive.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.archive.server.IngestServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the benchmark compares with does the same work. */
class PlainUploadTest {
  @TempDir Path directory;

  private static List<String> sent(Path tree) throws IOException {
    return Trees.files(tree).stream().map(file -> tree.relativize(file).toString()).toList();
  }

  @Test
  void aDirectoryArrivesByTheBaseApiAloneThroughALongLink() throws Exception {
    Path tree = Trees.small(directory.resolve("tree"), 6, 1);
    Trees.random(tree.resolve("large"), 11_000_000, 2);
    Path root = directory.resolve("root");
    try (IngestServer server = ServerFixture.start(root)) {
      int port =
          DelayProxy.start(
              new InetSocketAddress("127.0.0.1", URI.create(server.url()).getPort()), 2);
      PlainUpload.main(new String[] {"http://127.0.0.1:" + port, tree.toString(), "3"});
    }
    try (Stream<Path> batches = Files.list(root.resolve("batches"))) {
      Path data = batches.toList().get(0).resolve("data");
      assertEquals(sent(tree), sent(data));
      for (Path file : Trees.files(tree)) {
        assertEquals(-1, Files.mismatch(file, data.resolve(tree.relativize(file).toString())));
      }
    }
  }
}
