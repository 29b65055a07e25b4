package dev.archive.source;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileAttributesTest {
  @TempDir Path directory;

  @Test
  void theInodeOfBasicAttributesIsThatOfTheWalk() throws Exception {
    Path file = Files.writeString(directory.resolve("a"), "a");
    BasicFileAttributes basic =
        Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    assertEquals(FileAttributes.read(file, 0).stamp().inode(), FileAttributes.inode(file, basic));
  }
}
