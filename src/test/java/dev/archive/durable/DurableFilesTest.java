package dev.archive.durable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class DurableFilesTest {
  @Test
  void nameAloneStandsInTheWorkingDirectory() throws Exception {
    Path name = Path.of("durable-" + UUID.randomUUID());
    try {
      DurableFiles.createOnce(name, out -> out.write('x'));
      assertEquals(1, Files.size(name));
      assertEquals(Path.of("").toAbsolutePath(), DurableFiles.parent(name));
    } finally {
      Files.deleteIfExists(name);
    }
  }

  @Test
  void rootOfTheFileSystemStandsInNone() {
    assertThrows(IllegalArgumentException.class, () -> DurableFiles.parent(Path.of("/")));
  }
}
