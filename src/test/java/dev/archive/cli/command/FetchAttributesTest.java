package dev.archive.cli.command;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.archive.cli.CommandRun;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Dates, modes, links and directories come back as they were. */
class FetchAttributesTest {
  @TempDir Path directory;
  private Path tree;
  private Path target;
  private String batch;

  @BeforeEach
  void store() throws IOException {
    tree = directory.resolve("tree");
    target = directory.resolve("target");
    Files.createDirectories(tree.resolve("empty/deep"));
    Files.createDirectories(tree.resolve("shut"));
    file("old", "r--------", "1902-01-02T03:04:05Z");
    file("late", "rwxr-xr-x", "2200-01-02T03:04:05.123456789Z");
    file("shut/in", "rw-r-----", "1999-05-05T00:00:00.000000001Z");
    file("w eird\u00fc %41\\", "rw-------", "2001-01-01T00:00:00.5Z");
    Files.createSymbolicLink(tree.resolve("dangling"), Path.of("no/where"));
    Files.createSymbolicLink(tree.resolve("outside"), Path.of("/etc/passwd"));
    Files.createSymbolicLink(tree.resolve("up"), Path.of("../.."));
    for (String link : new String[] {"dangling", "outside", "up"}) {
      date(tree.resolve(link), "1999-01-01T00:00:00.123456Z");
    }
    Files.setPosixFilePermissions(
        tree.resolve("shut"), PosixFilePermissions.fromString("r-xr-xr-x"));
    Files.setPosixFilePermissions(
        tree.resolve("empty"), PosixFilePermissions.fromString("rwx--x---"));
    for (String each : new String[] {"empty/deep", "empty", "shut", ""}) {
      date(tree.resolve(each), "1980-01-01T00:00:01.000000002Z");
    }
    CommandRun upload = run("upload", "--json", tree.toString());
    assertEquals(0, upload.exit(), upload.err());
    batch = upload.receiptField("batch_id");
  }

  private void file(String name, String mode, String date) throws IOException {
    Path file = Files.writeString(tree.resolve(name), name);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    date(file, date);
  }

  private static void date(Path file, String date) throws IOException {
    Files.getFileAttributeView(file, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
        .setTimes(FileTime.from(Instant.parse(date)), null, null);
  }

  private CommandRun run(String... args) {
    return CommandRun.in(directory.resolve("home"), args);
  }

  private static Map<String, String> walk(Path top) throws IOException {
    Map<String, String> all = new TreeMap<>();
    try (Stream<Path> paths = Files.walk(top)) {
      for (Path each : (Iterable<Path>) paths::iterator) {
        Map<String, Object> attributes =
            Files.readAttributes(
                each, "unix:mode,lastModifiedTime,owner,group", LinkOption.NOFOLLOW_LINKS);
        all.put(
            top.relativize(each).toString(),
            new TreeMap<>(attributes)
                + (Files.isSymbolicLink(each) ? Files.readSymbolicLink(each).toString() : "")
                + (Files.isRegularFile(each, LinkOption.NOFOLLOW_LINKS)
                    ? Files.readString(each)
                    : ""));
      }
    }
    return all;
  }

  @Test
  void aTreeComesBackAsItWasAndAgainAfterItWasTouched() throws IOException {
    Map<String, String> before = walk(tree);
    CommandRun first = run("fetch", batch, "--to", target.toString());
    assertEquals(0, first.exit(), first.err());
    assertEquals(before, walk(target));
    date(target.resolve("late"), "2020-01-01T00:00:00Z");
    Files.delete(target.resolve("up"));
    CommandRun again = run("fetch", "--json", batch, "--to", target.toString());
    assertEquals(0, again.exit(), again.err());
    assertTrue(again.out().contains("\"attributes_not_restored\":0"), again.out());
    Map<String, String> after = walk(target);
    // A directory that was there before the fetch keeps its own date.
    before.remove("");
    after.remove("");
    assertEquals(before, after);
  }

  @Test
  void aLinkThatIsNewIsNotPassedOverInSilence() throws IOException {
    CommandRun same = run("upload", tree.toString());
    assertFalse(same.err().contains("--again"), same.err());
    Files.createSymbolicLink(tree.resolve("new"), Path.of("late"));
    date(tree.resolve("new"), "1999-01-01T00:00:00.123456Z");
    CommandRun other = run("upload", tree.toString());
    assertEquals(0, other.exit(), other.err());
    assertTrue(other.err().contains("are not what batch " + batch + " recorded"), other.err());
    CommandRun again = run("upload", "--again", "--json", tree.toString());
    String newer = again.receiptField("batch_id");
    assertEquals(0, run("fetch", newer, "--to", target.toString()).exit());
    assertEquals(walk(tree), walk(target));
  }

  @Test
  void contentAloneComesWithoutThem() throws IOException {
    CommandRun fetch = run("fetch", "--no-attributes", batch, "--to", target.toString());
    assertEquals(0, fetch.exit(), fetch.err());
    assertFalse(Files.exists(target.resolve("empty")));
    assertFalse(Files.isSymbolicLink(target.resolve("up")));
    assertTrue(
        Files.getLastModifiedTime(target.resolve("late")).toInstant().toString().compareTo("2026")
            > 0);
  }

  @Test
  void namesThatAreInTheWayStayAndAreNamedAndLinksAreNotFollowed() throws IOException {
    Path outside = Files.createDirectories(directory.resolve("outside"));
    date(outside, "2010-01-01T00:00:00Z");
    Files.createDirectories(target);
    Files.createSymbolicLink(target.resolve("empty"), outside);
    Files.writeString(target.resolve("up"), "mine");
    CommandRun fetch = run("fetch", batch, "--to", target.toString());
    assertEquals(3, fetch.exit(), fetch.err());
    assertTrue(fetch.err().contains("/up: a file is there already"), fetch.err());
    assertTrue(fetch.err().contains("/empty/deep: "), fetch.err());
    assertEquals("mine", Files.readString(target.resolve("up")));
    try (Stream<Path> names = Files.list(outside)) {
      assertEquals(0, names.count());
    }
    assertEquals("2010-01-01T00:00:00Z", Files.getLastModifiedTime(outside).toString());
    CommandRun over = run("fetch", "--overwrite", batch, "--to", target.toString());
    assertEquals(3, over.exit(), over.err());
    assertEquals(Path.of("../.."), Files.readSymbolicLink(target.resolve("up")));
  }

  @Test
  void onePathComesWithWhatIsBelowIt() throws IOException {
    CommandRun fetch = run("fetch", batch, "empty", "dangling", "--to", target.toString());
    assertEquals(0, fetch.exit(), fetch.err());
    Map<String, String> all = walk(tree);
    Map<String, String> some = walk(target);
    some.remove("");
    all.keySet().retainAll(Set.of("empty", "empty/deep", "dangling"));
    assertEquals(all, some);
  }

  /** Java reads dates outside of 1677 to 2262 to the microsecond, and none of a far future. */
  @Test
  void datesOfAllFileSystemsComeBack() throws Exception {
    Path memory = Path.of("/dev/shm");
    assumeTrue(Files.isWritable(memory), "needs /dev/shm");
    Path top = Files.createTempDirectory(memory, "dates");
    try {
      Path from = Files.createDirectory(top.resolve("from"));
      Path back = top.resolve("back");
      String dates =
          "-99999999999.123456789 -9223372037.000000001 -9223372036.5 -1.999999999 0.000000001"
              + " 9223372036.999999999 9223372037.000000001 16725225600.123456789"
              + " 100000000000000 31556889864403198 67767976233532799 -67768040609740800";
      shell(from, "for d in " + dates + "; do : > f$d; touch -d @$d f$d; done");
      CommandRun upload = run("upload", "--json", from.toString());
      assertEquals(0, upload.exit(), upload.err());
      assertTrue(
          upload.out().contains("the attributes of 2 names could not be recorded"), upload.out());
      CommandRun same = run("upload", "--json", from.toString());
      assertEquals(0, same.exit(), same.err());
      String id = upload.receiptField("batch_id");
      assertEquals(id, same.receiptField("batch_id"));
      CommandRun fetch = run("fetch", "--json", id, "--to", back.toString());
      assertEquals(0, fetch.exit(), fetch.err());
      assertTrue(fetch.out().contains("\"attributes_not_restored\":0"), fetch.out());
      String list = "stat -c '%n %.9Y' f* | grep -v -e 67767976233532799 -e 67768040609740800";
      assertEquals(shell(from, list), shell(back, list));
      for (Path each : new Path[] {from, back}) {
        CommandRun verify = run("verify", id, each.toString());
        assertEquals(0, verify.exit(), verify.out() + verify.err());
      }
    } finally {
      shell(memory, "rm -r " + top);
    }
  }

  private static void xattr(Path file, String name, byte[] value) throws IOException {
    xattrs(file).write(name, ByteBuffer.wrap(value));
  }

  private static UserDefinedFileAttributeView xattrs(Path file) {
    return Files.getFileAttributeView(file, UserDefinedFileAttributeView.class);
  }

  private static byte[] xattr(Path file, String name) throws IOException {
    ByteBuffer value = ByteBuffer.allocate(xattrs(file).size(name));
    xattrs(file).read(name, value);
    return value.array();
  }

  @Test
  void extendedAttributesComeBackWhereTheyWereAskedFor() throws IOException {
    byte[] all = new byte[256];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) i;
    }
    try {
      xattr(tree.resolve("late"), "all bytes \u00fc\n=", all);
    } catch (FileSystemException e) {
      assumeTrue(false, "this file system has no extended attributes");
    }
    xattr(tree.resolve("late"), "empty", new byte[0]);
    xattr(tree.resolve("shut"), "of.directory", new byte[] {1});
    xattr(tree, "of.root", new byte[] {2});
    CommandRun plain = run("upload", "--json", tree.toString());
    assertEquals(batch, plain.receiptField("batch_id"), "without the option nothing changed");
    CommandRun upload = run("upload", "--xattrs", "--json", tree.toString());
    assertEquals(0, upload.exit(), upload.err());
    String id = upload.receiptField("batch_id");
    assertNotEquals(batch, id);
    CommandRun same = run("upload", "--xattrs", "--json", tree.toString());
    assertEquals(id, same.receiptField("batch_id"));
    CommandRun fetch = run("fetch", "--json", id, "--to", target.toString());
    assertEquals(0, fetch.exit(), fetch.err());
    assertTrue(fetch.out().contains("\"attributes_not_restored\":0"), fetch.out());
    assertArrayEquals(all, xattr(target.resolve("late"), "all bytes \u00fc\n="));
    assertArrayEquals(new byte[0], xattr(target.resolve("late"), "empty"));
    assertArrayEquals(new byte[] {1}, xattr(target.resolve("shut"), "of.directory"));
    assertArrayEquals(new byte[] {2}, xattr(target, "of.root"));
    assertEquals(walk(tree), walk(target));
    assertEquals(0, run("verify", id, target.toString()).exit());
    xattr(target.resolve("late"), "empty", new byte[] {3});
    CommandRun altered = run("verify", id, target.toString());
    assertEquals(4, altered.exit(), altered.out());
    assertTrue(
        altered
            .err()
            .contains(
                "/late: has the extended attribute user.empty \"Aw==\" here and \"\" in the batch"),
        altered.err());
    assertEquals(0, run("fetch", id, "--to", target.toString()).exit());
    assertArrayEquals(new byte[0], xattr(target.resolve("late"), "empty"));
  }

  @Test
  @Timeout(60)
  void aPipeInThePlaceOfADirectoryWithExtendedAttributesIsNotOpened() throws Exception {
    try {
      xattr(tree.resolve("empty/deep"), "of.directory", new byte[] {1});
    } catch (FileSystemException e) {
      assumeTrue(false, "this file system has no extended attributes");
    }
    String id = run("upload", "--xattrs", "--json", tree.toString()).receiptField("batch_id");
    shell(Files.createDirectories(target.resolve("empty")), "mkfifo deep");
    CommandRun fetch = run("fetch", id, "--to", target.toString());
    assertEquals(3, fetch.exit(), fetch.err());
    assertTrue(fetch.err().contains("/empty/deep: "), fetch.err());
  }

  @Test
  void verifyKeepsTheFiltersOfTheUploadBesideXattrs() {
    CommandRun upload = run("upload", "--exclude", "late", "--json", tree.toString());
    String id = upload.receiptField("batch_id");
    CommandRun verify = run("verify", "--xattrs", id, tree.toString());
    assertEquals(0, verify.exit(), verify.err());
    assertTrue(verify.err().contains("\"--exclude=late\" \"--xattrs\""), verify.err());
    assertTrue(verify.out().contains("links and extended attributes of"), verify.out());
  }

  @Test
  void anExtendedAttributeThatChangedIsNamedWhereNothingIsSent() throws IOException {
    try {
      xattr(tree.resolve("late"), "one", new byte[] {1});
    } catch (FileSystemException e) {
      assumeTrue(false, "this file system has no extended attributes");
    }
    assertEquals(0, run("upload", "--xattrs", tree.toString()).exit());
    xattr(tree.resolve("late"), "one", new byte[] {2});
    CommandRun same = run("upload", "--xattrs", tree.toString());
    assertEquals(0, same.exit(), same.err());
    assertTrue(same.err().contains("extended attributes, links or directories"), same.err());
  }

  private static String shell(Path directory, String command) throws Exception {
    Process shell =
        new ProcessBuilder("sh", "-ec", command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .start();
    String out = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, shell.waitFor(), out);
    return out;
  }
}
