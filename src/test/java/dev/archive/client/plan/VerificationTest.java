package dev.archive.client.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.client.api.Endpoint;
import dev.archive.client.plan.BatchReader.Comparison;
import dev.archive.client.run.UploadOptions;
import dev.archive.client.run.UploadRun;
import dev.archive.client.state.Trust;
import dev.archive.client.work.Progress;
import dev.archive.client.work.RecordedProgress;
import dev.archive.model.BatchId;
import dev.archive.server.IngestServer;
import dev.archive.source.Filters;
import dev.archive.source.OwnPlaces;
import dev.archive.source.SourceWalker;
import dev.archive.testing.ServerFixture;
import dev.archive.testing.Trees;
import dev.archive.wire.Messages.FileStatus;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every difference between local files and a batch is named, and nothing else is. */
class VerificationTest {
  @TempDir Path directory;
  private Path tree;
  private SourceWalker.Found walked;

  @BeforeEach
  void makeATree() throws Exception {
    tree = Trees.small(directory.resolve("tree"), 20, 1);
  }

  @Test
  void everyChangeSinceTheArchiveIsNamed() throws Exception {
    try (IngestServer server = ServerFixture.start(directory.resolve("root"));
        BatchReader reader =
            new BatchReader(Endpoint.open(server.url()), "test", new SplittableRandom(1))) {
      BatchId batch = archived(server.url());
      RecordedProgress progress = new RecordedProgress();
      Comparison before =
          reader.compare(
              batch,
              List.of(tree),
              OwnPlaces.NONE,
              Filters.NONE,
              false,
              2,
              Clock.systemUTC(),
              progress);
      assertEquals(20, progress.completed.get());
      assertEquals(before.head().totalBytesUploaded(), progress.sent.get());
      assertEquals(List.of(), before.differences());
      assertEquals(20, before.same());
      assertEquals("enqueued", before.head().status());

      Path edited = tree.resolve("box-0/letter 0.txt");
      byte[] content = Files.readAllBytes(edited);
      content[0] ^= 1;
      Files.write(edited, content);
      Files.write(tree.resolve("box-1/letter 1.txt"), new byte[5000]);
      Files.delete(tree.resolve("box-2/letter 2.txt"));
      Trees.file(tree.resolve("box-3/new.txt"), "new");
      Comparison after =
          reader.compare(
              batch,
              List.of(tree),
              OwnPlaces.NONE,
              Filters.NONE,
              false,
              2,
              Clock.systemUTC(),
              Progress.silent());
      assertEquals(
          List.of(
              "/box-0/letter 0.txt",
              "/box-1/letter 1.txt",
              "/box-2/letter 2.txt",
              "/box-3/new.txt"),
          after.differences().stream().map(each -> each.replaceFirst(":.*", "")).toList());
      assertTrue(after.differences().get(0).contains("SHA-256"), after.differences().get(0));
      assertTrue(after.differences().get(1).contains("has 5,000 bytes here"));
      assertTrue(after.differences().get(2).contains("is in the batch and not here"));
      assertTrue(after.differences().get(3).contains("is here and not in the batch"));
      assertEquals(17, after.same());
    }
  }

  private BatchId archived(String url) {
    UploadOptions options =
        new UploadOptions(
            List.of(tree),
            new UploadOptions.Server(Endpoint.open(url), url),
            "me",
            "/",
            null,
            5,
            2,
            null,
            new UploadOptions.Repeat(directory.resolve("state"), false, false, Trust.FULL),
            new UploadOptions.Allow(false, false),
            Duration.ZERO,
            null,
            "test",
            OwnPlaces.NONE,
            Filters.NONE);
    return new UploadRun(options, Progress.silent(), Clock.systemUTC(), new SplittableRandom(1))
        .run()
        .receipt()
        .batchId();
  }

  private static FileStatus told(Path file, String path, String status, Long version)
      throws Exception {
    return new FileStatus(
        null,
        null,
        Files.size(file),
        path,
        null,
        null,
        null,
        status,
        null,
        null,
        Trees.sha256(file),
        version);
  }

  private Comparison compare(FileStatus... told) {
    Plan.Builder files = new Plan.Builder();
    ExcludedHere excluded = new ExcludedHere("/", files, Progress.silent());
    walked =
        SourceWalker.walk(
            List.of(tree), "/", OwnPlaces.NONE, Filters.NONE, Clock.systemUTC(), excluded);
    Verification verification = new Verification(files.build(), excluded, Progress.silent());
    for (FileStatus each : told) {
      verification.note(verification.compare(each));
    }
    return verification.end(null, walked, AttributeComparison.Found.none("nobody asked"));
  }

  @Test
  void aFileToldAgainWithALaterVersionCountsAsItWasToldLast() throws Exception {
    tree = directory.resolve("one");
    Path file = Trees.file(tree.resolve("a"), "content");
    Comparison finished =
        compare(told(file, "/a", "uploading", 2L), told(file, "/a", "completed", 3L));
    assertEquals(List.of(), finished.differences());
    assertEquals(1, finished.same());
    Comparison begunAnew =
        compare(told(file, "/a", "completed", 2L), told(file, "/a", "uploading", 3L));
    assertEquals(List.of("/a: is in the batch, but not completed"), begunAnew.differences());
    assertEquals(0, begunAnew.same());
  }

  @Test
  void aFileToldTwiceWithoutVersionsIsThereTwice() throws Exception {
    tree = directory.resolve("one");
    Path file = Trees.file(tree.resolve("a"), "content");
    FileStatus held = told(file, "/a", "completed", null);
    assertEquals(List.of("/a: is in the batch twice"), compare(held, held).differences());
    FileStatus other = told(file, "/b", "completed", null);
    assertEquals(
        List.of("/b: is in the batch twice", "/b: is in the batch and not here"),
        compare(held, other, other).differences());
  }

  @Test
  void aFileWithoutADigestIsComparedBySizeAndCounted() throws Exception {
    tree = directory.resolve("one");
    Path file = Trees.file(tree.resolve("a"), "content");
    FileStatus held = told(file, "/a", "completed", 1L);
    Comparison found =
        compare(
            new FileStatus(
                null,
                null,
                held.fileSize(),
                "/a",
                null,
                null,
                null,
                "completed",
                null,
                null,
                null,
                1L));
    assertEquals(1, found.same());
    assertEquals(1, found.bySizeAlone());
  }

  @Test
  void anUnreadableFileIsNeitherSameNorDifferent() throws Exception {
    tree = directory.resolve("one");
    Path file = Trees.file(tree.resolve("a"), "content");
    FileStatus held = told(file, "/a", "completed", 1L);
    Plan.Builder files = new Plan.Builder();
    ExcludedHere excluded = new ExcludedHere("/", files, Progress.silent());
    walked =
        SourceWalker.walk(
            List.of(tree), "/", OwnPlaces.NONE, Filters.NONE, Clock.systemUTC(), excluded);
    Verification verification = new Verification(files.build(), excluded, Progress.silent());
    Files.write(file, "changed meanwhile".getBytes(StandardCharsets.UTF_8));
    verification.note(verification.compare(held));
    Comparison found =
        verification.end(null, walked, AttributeComparison.Found.none("nobody asked"));
    assertEquals(List.of(), found.differences());
    assertEquals(1, found.unreadable().size());
    assertEquals(0, found.same());
  }

  @Test
  void whatLiesInADirectoryThatCannotBeReadIsUnknownAndNotMissing() throws Exception {
    tree = directory.resolve("one");
    Path file = Trees.file(tree.resolve("a"), "content");
    for (String root : List.of("/", "/r")) {
      String in = root.equals("/") ? "" : root;
      Plan.Builder files = new Plan.Builder();
      ExcludedHere here = new ExcludedHere(root, files, Progress.silent());
      here.unreadable("dir");
      here.unreadable("file");
      Verification verification = new Verification(files.build(), here, Progress.silent());
      for (String path : List.of("/dir/a", "/dir/b/c", "/file", "/dirs", "/other")) {
        verification.note(verification.compare(told(file, in + path, "completed", 1L)));
      }
      walked =
          SourceWalker.walk(
              List.of(tree), "/", OwnPlaces.NONE, Filters.NONE, Clock.systemUTC(), each -> {});
      Comparison found =
          verification.end(null, walked, AttributeComparison.Found.none("nobody asked"));
      assertEquals(
          List.of(
              in + "/dirs: is in the batch and not here",
              in + "/other: is in the batch and not here"),
          found.differences());
      // The file itself is named by the walk that could not read it.
      assertEquals(
          List.of(
              in + "/dir/a: is in the batch, and cannot be read here",
              in + "/dir/b/c: is in the batch, and cannot be read here"),
          found.unreadable());
      here = new ExcludedHere(root, new Plan.Builder(), Progress.silent());
      here.unreadable("");
      assertTrue(here.isUnknown(in + "/any/thing"), "the source itself cannot be read");
    }
  }
}
