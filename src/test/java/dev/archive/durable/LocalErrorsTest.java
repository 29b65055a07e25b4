package dev.archive.durable;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.FileSystemException;
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
    assertEquals(false, LocalErrors.isTemporary(new java.nio.file.NoSuchFileException(file)));
  }
}
