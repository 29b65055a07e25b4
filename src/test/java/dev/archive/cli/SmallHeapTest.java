package dev.archive.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.server.IngestServer;
import dev.archive.testing.ChildJvm;
import dev.archive.testing.ServerFixture;
import dev.archive.testing.Trees;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The uploader's memory is the paths of its plan and little more. Long paths stand in for many
 * files: as objects, with a map of the journal beside them, these 4,000 took more than this heap.
 */
class SmallHeapTest {
  private static final int FILES = 4000;
  private static final String HEAP = "-Xmx24m";

  @TempDir Path directory;

  @Test
  void manyFilesWithLongPathsAreArchivedInASmallHeapAndFoundUnchanged() throws Exception {
    Path tree = directory.resolve("tree");
    Path one = Trees.file(directory.resolve("one"), "the same in every file");
    Path deep = tree;
    for (String name : List.of("a", "b", "c")) {
      deep = deep.resolve(name.repeat(200));
    }
    Files.createDirectories(deep);
    for (int i = 0; i < FILES; i++) {
      Files.createLink(deep.resolve("n".repeat(180) + i), one);
    }
    try (IngestServer server = ServerFixture.start(directory.resolve("root"))) {
      assertTrue(upload(server.url(), tree).contains("\"files\":" + FILES));
      assertTrue(upload(server.url(), tree).contains("\"event\":\"unchanged\""));
    }
  }

  private String upload(String url, Path tree) throws IOException, InterruptedException {
    File out = directory.resolve("out").toFile();
    List<String> command = ChildJvm.program(HEAP);
    command.addAll(List.of("upload", "--json", "--parallel", "4", "--server", url));
    command.add(tree.toString());
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("LC_ALL", "C.UTF-8");
    builder.environment().put("XDG_STATE_HOME", directory.resolve("state").toString());
    Process process = builder.redirectErrorStream(true).redirectOutput(out).start();
    assertTrue(process.waitFor(300, TimeUnit.SECONDS));
    String printed = Files.readString(out.toPath());
    assertEquals(0, process.exitValue(), printed);
    return printed;
  }
}
