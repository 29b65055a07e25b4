package dev.archive.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A change whose old text has left the code would be tried no more, and nobody would notice. */
class MutantsTest {
  @Test
  void everyChangeCanStillBeMade() throws IOException {
    assertTrue(Mutants.requireCurrent(Path.of("scripts/mutants.txt")) >= 80);
  }

  /** Else a change in the program that a test starts would be noticed by no test. */
  @Test
  void programThatATestStartsHasTheChange(@TempDir Path directory) throws Exception {
    Path source = directory.resolve("Main.java");
    Files.writeString(
        source,
        "package dev.archive.cli; class Main {"
            + " public static void main(String[] args) { System.out.print(\"changed\"); } }");
    assertEquals(
        0,
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, "-d", directory.toString(), source.toString()));
    Process child =
        new ProcessBuilder(ChildJvm.program(directory.toString(), new String[0]))
            .redirectErrorStream(true)
            .start();
    assertEquals(
        "changed", new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
  }
}
