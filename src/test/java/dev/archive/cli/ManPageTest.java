package dev.archive.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The manual pages: one for each command, and readable by man where it is installed. */
class ManPageTest {
  @TempDir Path directory;

  private CommandRun pages() {
    return CommandRun.in(directory.resolve("home"), "help", "--man", directory.toString());
  }

  @Test
  void everyCommandHasAPageWithItsOptions() throws Exception {
    CommandRun run = pages();
    assertEquals(0, run.exit(), run.err());
    String upload = Files.readString(directory.resolve("archive-upload.1"));
    for (String each : List.of("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES")) {
      assertTrue(upload.contains(".SH \"" + each + "\"\n"), upload);
    }
    assertTrue(upload.contains(".B \"\\-\\-log\\-file=FILE\"\n"), upload);
    for (String name : Commands.NAMES) {
      String page = Files.readString(directory.resolve("archive-" + name + ".1"));
      assertTrue(
          page.lines().noneMatch(line -> line.matches("\\.(?!\\\\\"|TH|SH|TP|B |nf|fi).*|'.*")),
          page);
      assertTrue(!page.contains("${") && !page.contains("@|"), page);
    }
    assertEquals(0, pages().exit());
    String before = System.setProperty("picocli.ansi", "true");
    try {
      assertEquals(0, pages().exit());
      String page = Files.readString(directory.resolve("archive-upload.1"));
      assertTrue(page.indexOf('\33') < 0, page);
    } finally {
      if (before == null) {
        System.clearProperty("picocli.ansi");
      } else {
        System.setProperty("picocli.ansi", before);
      }
    }
  }

  @Test
  void anotherFileIsNotReplaced() throws Exception {
    Path mine = Files.writeString(directory.resolve("archive.1"), "mine");
    CommandRun run = pages();
    assertEquals(2, run.exit(), run.err());
    assertEquals("mine", Files.readString(mine));
    Files.write(mine, new byte[] {(byte) 0xff, 0, (byte) 0xfe});
    CommandRun bytes = pages();
    assertTrue(bytes.err().contains("another file has this name"), bytes.err());
    CommandRun none = CommandRun.in(directory, "help", "--man", directory + "/none");
    assertEquals(2, none.exit(), none.err());
    assertTrue(none.err().contains("there is no such directory"), none.err());
  }
}
