package dev.archive.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.cli.CommandRun;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names that other tools stumble over are told before anything is sent. */
class UnportableNamesTest {
  @TempDir Path directory;

  private CommandRun upload(String... names) throws IOException {
    Path tree = directory.resolve("tree");
    for (String name : names) {
      Trees.file(tree.resolve(name), "content");
    }
    return CommandRun.in(directory.resolve("home"), "upload", tree.toString());
  }

  @Test
  void eachKindIsCountedOnOneLineAndAllAreListedByADryRun() throws IOException {
    CommandRun run =
        upload(
            "100%",
            "back\\slash",
            "blank ",
            "dot./inside",
            "aux.txt",
            "COM1",
            "Box/a",
            "box/b",
            Normalizer.normalize("é", Normalizer.Form.NFC),
            Normalizer.normalize("é", Normalizer.Form.NFD),
            "console",
            "common.txt");
    assertEquals(0, run.exit(), run.err());
    List<String> told = run.errLines().stream().filter(each -> each.contains("stumble")).toList();
    assertEquals(1, told.size(), run.err());
    for (String count :
        List.of(
            "1 with %",
            "1 with a backslash",
            "2 that end in a blank or a dot",
            "2 that Windows reserves",
            "4 that differ from another only in case or normalisation")) {
      assertTrue(told.get(0).contains(count), told.get(0));
    }
    String tree = directory.resolve("tree").toString();
    CommandRun dry = CommandRun.in(directory.resolve("home"), "upload", "--dry-run", tree);
    assertEquals(10, dry.errLines().stream().filter(each -> each.contains(" is one ")).count());
  }

  @Test
  void portableNamesRefusesThem() throws IOException {
    assertFalse(upload("plain", "ünï/日本").err().contains("stumble"));
    upload("100%");
    String tree = directory.resolve("tree").toString();
    Path home = directory.resolve("other");
    CommandRun run = CommandRun.in(home, "upload", "--portable-names", tree);
    assertEquals(3, run.exit(), run.err());
    assertTrue(run.err().contains("nothing was done. Rename them"), run.err());
    assertEquals("", run.out());
  }
}
