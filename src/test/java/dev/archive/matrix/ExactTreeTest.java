package dev.archive.matrix;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.archive.cli.CommandRun;
import dev.archive.server.IngestServer;
import dev.archive.testing.ArchiveProcess;
import dev.archive.testing.ServerFixture;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A tree with everything that can be odd about it comes back so that rsync finds no difference. */
class ExactTreeTest {
  @TempDir Path directory;

  @BeforeAll
  static void requireTools() {
    for (String tool : List.of("rsync", "git", "bash", "touch")) {
      assumeTrue(
          Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
              .anyMatch(each -> Files.isExecutable(Path.of(each, tool))),
          tool + " is not installed");
    }
  }

  private static final String MAKE =
      """
      set -e
      mkdir -p tree/empty/deep tree/modes tree/dates tree/links
      cd tree
      for mode in 400 440 500 550 600 640 644 700 750 755; do
        echo $mode > modes/$mode; chmod $mode modes/$mode; done
      i=0
      for date in 1902-01-02T03:04:05.000000001Z 1931-05-05T00:00:00.999999999Z \
          1969-12-31T23:59:59.123456789Z 1970-01-01T00:00:00Z 1999-05-05T00:00:00.5Z \
          2038-01-19T03:14:08.000000001Z 2106-02-07T06:28:16.9Z 2199-12-31T23:59:59.999999999Z; do
        i=$((i + 1))
        echo $i > dates/file$i; touch -d $date dates/file$i
        mkdir dates/directory$i; touch -d $date dates/directory$i
        ln -s file$i dates/link$i; touch -h -d $date dates/link$i
      done
      ln -s no/where links/dangling
      ln -s /etc/passwd links/outside
      ln -s ../../.. links/up
      ln -s ../empty/ links/slash
      ln -s 'a//b/./' links/odd
      ln -s . links/loop
      ln links/dangling links/dangling-too
      head -c 300000 /dev/urandom > big
      ln big links/big-too; ln big 'z hard'
      echo small > small; ln small .hidden-hard; ln small empty/hard
      printf x > ' blank at both ends '
      printf x > 'quote"s'"'"'and\\-back'
      printf x > '100%41'
      printf x > '-n'
      printf x > 'semi;colon&amp|<>?*:'
      printf x > "$(printf 'u\\314\\210nicode')"
      printf x > "$(printf '\\303\\274nicode')"
      printf x > "$(printf '\\360\\237\\230\\200')"
      printf x > UPPER; printf x > upper
      printf x > $(printf 'n%.0s' $(seq 250))
      : > nothing
      cd ..
      git init -q work; cd work
      git config user.email a@example.org; git config user.name a
      echo one > file; git add file; git commit -qm one; git tag v1; git branch other
      cd ..; git clone -q --mirror work tree/mirror.git; mkdir -p tree/mirror.git/refs/heads
      chmod 500 tree/empty/deep
      touch -d 1985-05-05T05:05:05.050505Z tree
      """;

  private String bash(String script) throws Exception {
    Process process =
        new ProcessBuilder("bash", "-c", script)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    assertEquals(0, process.exitValue(), output);
    return output;
  }

  /** In a process of its own, where names are UTF-8 whatever the locale of the tests is. */
  private String run(String... args) throws Exception {
    ArchiveProcess process =
        ArchiveProcess.run(
            directory.resolve("log"),
            Map.of("XDG_STATE_HOME", directory.resolve("state").toString()),
            List.of(),
            List.of("--enable-native-access=ALL-UNNAMED"),
            List.of(args));
    assertEquals(0, process.exit(), process::log);
    return process.log();
  }

  @Test
  void rsyncFindsNoDifferenceAndGitIsContent() throws Exception {
    bash(MAKE);
    String tree = directory.resolve("tree").toString();
    String target = directory.resolve("elsewhere/target").toString();
    try (IngestServer server = ServerFixture.start(directory.resolve("root"))) {
      String upload = run("upload", "--server", server.url(), tree);
      String batch = upload.replaceFirst("(?s).*receipt  batch (\\w+).*", "$1");
      String fetched = run("fetch", "--server", server.url(), batch, "--to", target);
      assertEquals("", differences());
      assertEquals("", bash("git -C elsewhere/target/mirror.git fsck --strict --no-progress 2>&1"));
      assertTrue(fetched.contains("4 of them hard links"), fetched);
      assertTrue(!fetched.contains("could not be restored"), fetched);
      String verified = run("verify", "--server", server.url(), batch, target);
      assertTrue(verified.contains(", 0 differences"), verified);
      run("fetch", "--server", server.url(), batch, "--to", target);
      assertEquals("", differences());
    } finally {
      bash("chmod -R u+rwX tree elsewhere || true");
    }
  }

  private String differences() throws Exception {
    return bash(
        "rsync -aHn --delete --checksum --modify-window=-1 --itemize-changes tree/ elsewhere/target/");
  }

  /** The second name of a file in a part of the batch is fetched by itself. */
  @Test
  void partWithoutTheFirstNameComesWhole() throws Exception {
    bash("mkdir -p tree/a tree/b; echo one > tree/a/f; ln tree/a/f tree/b/f; ln tree/a/f tree/b/g");
    String home = directory.resolve("home").toString();
    CommandRun upload = CommandRun.in(Path.of(home), "upload", "--json", directory + "/tree");
    String batch = upload.receiptField("batch_id");
    String target = directory.resolve("target").toString();
    CommandRun part = CommandRun.in(Path.of(home), "fetch", batch, "b", "--to", target);
    assertEquals(0, part.exit(), part.err());
    assertEquals("one", Files.readString(Path.of(target, "b/f")).strip());
    assertEquals("one", Files.readString(Path.of(target, "b/g")).strip());
    CommandRun all = CommandRun.in(Path.of(home), "fetch", batch, "--to", target);
    assertEquals(0, all.exit(), all.err());
    assertTrue(all.err().contains("2 hard links could not be restored"), all.err());
    CommandRun over = CommandRun.in(Path.of(home), "fetch", "--overwrite", batch, "--to", target);
    assertEquals(0, over.exit(), over.err());
    assertEquals(inode("a/f"), inode("b/f"));
    assertEquals(inode("a/f"), inode("b/g"));
    assertEquals(List.of("a", "b"), names(Path.of(target)));
  }

  private Object inode(String name) throws IOException {
    return Files.getAttribute(directory.resolve("target").resolve(name), "unix:ino");
  }

  private static List<String> names(Path of) throws IOException {
    try (Stream<Path> names = Files.list(of)) {
      return names.map(each -> each.getFileName().toString()).sorted().toList();
    }
  }
}
