package dev.archive.cli.command;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.cli.CommandRun;
import dev.archive.model.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A server that lies about attributes, and about their digest, has nothing written outside. */
class HostileAttributesTest {
  private static final String REST = "\"mtime\":\"2000-01-01T00:00:00Z\",\"mode\":\"0755\"";

  @TempDir Path directory;
  private Path outside;
  private Path target;
  private String batch;

  @BeforeEach
  void store() throws IOException {
    outside = Files.createDirectories(directory.resolve("outside"));
    target = directory.resolve("target");
    Path tree = Files.createDirectories(directory.resolve("tree/d"));
    Files.writeString(tree.resolve("f"), "content");
    Files.writeString(tree.resolve("g"), "content");
    CommandRun upload = run("upload", "--json", tree.getParent().toString());
    assertEquals(0, upload.exit(), upload.err());
    batch = upload.receiptField("batch_id");
  }

  private CommandRun run(String... args) {
    return CommandRun.in(directory.resolve("home"), args);
  }

  private CommandRun fetch(String lines) throws SQLException, IOException {
    Path file = directory.resolve("home/batches").resolve(batch).resolve("attributes.jsonl");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    Files.writeString(file, lines);
    String digest = Sha256.of(lines.getBytes(UTF_8)).hex();
    Path listed = file.resolveSibling("tagmanifest-sha256.txt");
    Files.setPosixFilePermissions(listed, PosixFilePermissions.fromString("rw-------"));
    Files.writeString(
        listed,
        Files.readString(listed).replaceAll("[0-9a-f]{64}(?= +attributes\\.jsonl)", digest));
    try (Connection ledger =
            DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("home/state.db"));
        PreparedStatement statement = ledger.prepareStatement("UPDATE attributes SET sha256 = ?")) {
      statement.setString(1, digest);
      assertEquals(1, statement.executeUpdate());
    }
    return run("fetch", batch, "--to", target.toString());
  }

  private static String line(String path, String kind, String more) {
    return "{\"path\":\"" + path + "\",\"kind\":\"" + kind + "\"," + REST + more + "}\n";
  }

  private static String link(String path, String to) {
    return line(path, "symlink", ",\"link_target\":\"" + to + "\"");
  }

  static Stream<String> refused() {
    return Stream.of(
        line("/../../outside/x", "directory", ""),
        line("//etc/x", "directory", ""),
        line("outside/x", "directory", ""),
        line("/d/./x", "directory", ""),
        line("/", "file", ""),
        link("/", "/etc"),
        line("/d/f", "file", "") + link("/d/f", "/etc/passwd"),
        link("/l", "/a") + link("/l", "/b"),
        link("/l", "a\\u0000b"),
        link("/l", "x".repeat(10_000_000)),
        line("/d/f", "file", ",\"hard_link\":\"/../../outside/x\""),
        line("/d/f", "file", ",\"hard_link\":\"/d/f\""),
        line("/d/f", "file", "").replace("0755", "170755"),
        line("/d/f", "file", "").replace("2000-", "+9999999999-"),
        "{".repeat(100_000) + "\n",
        line("/d/f", "file", "").strip());
  }

  @ParameterizedTest
  @MethodSource("refused")
  void whatCannotBeRecordedIsRefusedInOneLine(String lines) throws Exception {
    CommandRun run = fetch(lines);
    assertEquals(4, run.exit(), run.err());
    List<String> said = run.err().lines().filter(each -> !each.contains("embedded")).toList();
    assertEquals(1, said.size(), run.err());
    assertTrue(said.get(0).contains("nothing was fetched"), run.err());
    assertTrue(said.get(0).length() < 500, run.err());
    assertFalse(Files.exists(target, LinkOption.NOFOLLOW_LINKS));
    assertNothingOutside();
  }

  private void assertNothingOutside() throws IOException {
    try (Stream<Path> names = Files.list(outside)) {
      assertEquals(0, names.count());
    }
  }

  @Test
  void namesBelowLinksThatLeadOutStayInside() throws Exception {
    CommandRun run =
        fetch(link("/d", outside.toString()) + line("/d/new", "directory", "") + link("/m", ".."));
    assertEquals(3, run.exit(), run.err());
    assertTrue(run.err().contains("/d: a directory is there already"), run.err());
    assertNothingOutside();
    assertEquals("content", Files.readString(target.resolve("d/f")));
    assertTrue(Files.isDirectory(target.resolve("d"), LinkOption.NOFOLLOW_LINKS));
  }

  @Test
  void oddDatesModesAndHardLinksGoNoFurtherThanTheyMay() throws Exception {
    CommandRun run =
        fetch(
            line("/d/f", "file", ",\"hard_link\":\"/l\"").replace("0755", "7777")
                + link("/l", "/etc/passwd")
                + line("/d/g", "file", ",\"hard_link\":\"/d/f\"").replace("2000-", "+999999999-")
                + line("/e", "directory", "").replace("2000-", "-99999-"));
    assertEquals(0, run.exit(), run.err());
    assertTrue(run.err().contains("could not be restored"), run.err());
    assertEquals(0777, (Integer) Files.getAttribute(target.resolve("d/f"), "unix:mode") & 07777);
    assertTrue(Files.isRegularFile(target.resolve("d/f"), LinkOption.NOFOLLOW_LINKS));
    assertEquals("content", Files.readString(target.resolve("d/g")));
  }

  @Test
  void hundredThousandsOfNamesAreTaken() throws Exception {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 200_000; i++) {
      lines.append(line("/d/f/" + i, "file", ""));
    }
    CommandRun run = fetch(lines.toString());
    assertEquals(0, run.exit(), run.err());
    assertEquals("content", Files.readString(target.resolve("d/f")));
  }
}
