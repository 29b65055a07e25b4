package dev.archive.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The shell scripts of the project, its completions and the head of the program. */
class ScriptsTest {
  @Test
  void shellcheckFindsNothing() throws Exception {
    assumeTrue(
        Stream.of(System.getenv("PATH").split(":"))
            .anyMatch(each -> Files.isExecutable(Path.of(each, "shellcheck"))),
        "shellcheck is not installed");
    List<String> command =
        new ArrayList<>(
            List.of(
                "shellcheck",
                "-f",
                "gcc",
                ".ci/run",
                "completions/archive.bash",
                "src/main/sh/archive.sh"));
    try (Stream<Path> scripts = Files.list(Path.of("scripts"))) {
      scripts.filter(ScriptsTest::isShell).map(Path::toString).forEach(command::add);
    }
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String found = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals("", found);
    assertEquals(0, process.waitFor());
  }

  private static boolean isShell(Path file) {
    try {
      return Files.isRegularFile(file)
          && Files.readString(file, StandardCharsets.ISO_8859_1)
              .matches("(?s)#!\\S+[ /](ba)?sh\\n.*");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
