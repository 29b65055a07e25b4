package dev.archive.durable;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LocalErrorsTest {
  @ParameterizedTest
  @CsvSource({
    "Too many open files,true",
    "Too many open files in system,true",
    "Cannot allocate memory,true",
    "No space left on device,true",
    "Disk quota exceeded,true",
    "Input/output error,false",
    "Permission denied,false",
    "Is a directory,false"
  })
  void whatTheMachineLacksIsTemporary(String reason, boolean temporary) {
    assertEquals(temporary, LocalErrors.isTemporary(new IOException(reason)));
    assertEquals(temporary, LocalErrors.isTemporary(new FileSystemException("/a", null, reason)));
  }

  @ParameterizedTest
  @CsvSource({"/Too many open files/x", "/quota exceeded"})
  void theNameOfAFileSaysNothing(String file) {
    assertEquals(
        false, LocalErrors.isTemporary(new FileSystemException(file, null, "Input/output error")));
    assertEquals(false, LocalErrors.isTemporary(new NoSuchFileException(file)));
  }

  /** Java's own message of these is the name of the file alone. */
  @Test
  void aFailureNamesItsFileAndItsReason() {
    assertEquals(
        "/a: permission denied", LocalErrors.fileAndReason(new AccessDeniedException("/a")));
    assertEquals("/a: it is gone", LocalErrors.fileAndReason(new NoSuchFileException("/a")));
    assertEquals(
        "/a: it exists already", LocalErrors.fileAndReason(new FileAlreadyExistsException("/a")));
    assertEquals(
        "/a: it is not empty", LocalErrors.fileAndReason(new DirectoryNotEmptyException("/a")));
    assertEquals(
        "/a: it is not a directory", LocalErrors.fileAndReason(new NotDirectoryException("/a")));
    assertEquals(
        "/a: input/output error",
        LocalErrors.fileAndReason(new FileSystemException("/a", null, "Input/output error")));
    assertEquals("broken pipe", LocalErrors.fileAndReason(new IOException("broken pipe")));
  }
}
