package dev.archive.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A root that build 199cdaa made: one batch that is finalized, and one of two files of which the
 * first is complete.
 */
class PreviousBuildTest {
  private static final String DONE = "01M8N78EQCCHJ06D1N34YB7J64";
  private static final String OPEN = "01M8N78R5NBHG9CSK81XDQJRQY";

  @TempDir Path root;

  @BeforeEach
  void unpack() throws IOException {
    try (InputStream file = getClass().getResourceAsStream("/roots/root-199cdaa.zip");
        ZipInputStream zip = new ZipInputStream(file)) {
      for (ZipEntry each = zip.getNextEntry(); each != null; each = zip.getNextEntry()) {
        Path target = root.resolve(each.getName());
        if (each.isDirectory()) {
          Files.createDirectories(target);
        } else {
          Files.createDirectories(target.getParent());
          Files.copy(zip, target);
        }
      }
    }
    // As that build left it; a zip file carries no modes.
    Files.setPosixFilePermissions(
        root.resolve("signing.key"), PosixFilePermissions.fromString("rw-------"));
  }

  @Test
  void opensGetsAnIdAndGoesOn() throws IOException {
    String id;
    try (RunningServer server = RunningServer.on(root)) {
      ApiClient api = server.api();
      id = api.get("/").expect(200).text("archive_id");
      server.housekeep();
      assertFalse(api.get("/health/ready").expect(200).json().has("warnings"));
      assertEquals(3, api.status(DONE, "").expect(200).number("files_uploaded"));
      assertEquals(List.of(), BagCheck.problems(server.bag(DONE)));
      assertEquals("uploading", api.status(OPEN, "").expect(200).text("status"));
      api.add(OPEN, "/b", "letter b".getBytes(UTF_8));
      api.finalizeBatch(OPEN).expect(200);
      assertEquals(List.of(), BagCheck.problems(server.bag(OPEN)));
    }
    try (RunningServer server = RunningServer.on(root)) {
      assertEquals(id, server.api().get("/").expect(200).text("archive_id"));
    }
  }
}
