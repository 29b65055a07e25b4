package dev.archive.matrix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.archive.cli.CommandRun;
import dev.archive.testing.Action;
import dev.archive.testing.ArchiveProcess;
import dev.archive.testing.DefaultSignals;
import dev.archive.testing.Direction;
import dev.archive.testing.Match;
import dev.archive.testing.Offset;
import dev.archive.testing.Rule;
import dev.archive.testing.Stats;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Rows C1, C2, C4 and C6 to C10. C5 is {@link SourceChangesTest}. */
@Timeout(120)
class ClientFaultsTest {
  private static final Rule COUNTED =
      Rule.rate(Match.request("PUT .*"), Direction.REQUEST, 1L << 40);

  @TempDir Path directory;

  private ArchiveProcess process(Scene scene, List<String> before, String... more)
      throws IOException {
    return ArchiveProcess.run(
        directory.resolve("log"),
        Map.of("XDG_STATE_HOME", scene.state().toString()),
        before,
        List.of(),
        scene.command(more));
  }

  private static long puts(Scene scene) {
    return scene.proxy.decisions().stream().filter(each -> each.method().equals("PUT")).count();
  }

  @EverySeed
  void c1_killedAtARandomMoment(long seed) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    try (Scene scene = Scene.of(directory, seed, 100)) {
      scene.rules(COUNTED);
      long requests = 0;
      for (int kill = 0; kill < 2; kill++) {
        requests = scene.proxy.stats().requests() + random.nextInt(120);
        try (ArchiveProcess upload = process(scene, List.of())) {
          while (upload.isAlive() && scene.proxy.stats().requests() <= requests) {
            upload.awaitExit(2);
          }
        }
      }
      List<String> batches = new ArrayList<>();
      scene
          .api()
          .get("/api/batches")
          .field("batches")
          .forEach(each -> batches.add(each.get("batch_id").asText()));
      assertTrue(batches.size() <= 1, "one wish is one batch: " + batches);
      long verified =
          batches.isEmpty()
              ? 0
              : scene.api().status(batches.get(0), "?summary=true").number("files_uploaded");
      long before = puts(scene);
      CommandRun run = scene.upload();
      scene.assertArchivedOnce(run);
      long again = puts(scene) - before;
      assertTrue(again <= 100 - verified, again + " PUTs though " + verified + " were verified");
    }
  }

  /** One place where strace kills: the n-th such call of the thread that makes it. */
  private record Point(String call, int n, String path) {}

  @EverySeed
  void c2_killedAtEachWriteFsyncAndRenameOfJournalAndReceipt(long seed) throws Exception {
    assumeStrace();
    List<Point> points = new ArrayList<>();
    for (int n = 1; n <= 7; n++) {
      points.add(new Point("fsync", n, null));
    }
    points.add(new Point("fdatasync", 1, null));
    points.add(new Point("fdatasync", 2, null));
    points.add(new Point("rename", 1, null));
    points.add(new Point("rename", 2, null));
    points.add(new Point("write", 1, ".journal.tmp"));
    for (int n : new int[] {1, 4}) {
      points.add(new Point("write", n, "journal"));
    }
    for (int i = 0; i < points.size(); i++) {
      if (i % 3 != (seed - 1) % 3) {
        continue;
      }
      Point point = points.get(i);
      Path place = Files.createDirectory(directory.resolve("at" + i));
      try (Scene scene = Scene.of(place, seed, 6)) {
        List<String> strace =
            new ArrayList<>(
                List.of("strace", "-f", "-qq", "-o", place.resolve("strace").toString()));
        strace.addAll(List.of("-e", "trace=" + point.call));
        strace.addAll(List.of("-e", "inject=" + point.call + ":signal=KILL:when=" + point.n));
        if (point.path != null) {
          strace.addAll(List.of("-P", runDirectory(scene).resolve(point.path).toString()));
        }
        int exit = process(scene, strace).exit();
        assertEquals(137, exit, () -> point + " was never reached");
        for (Path receipt : receipts(scene)) {
          String batch = receipt.getFileName().toString().replace(".json", "");
          assertEquals(List.of(batch), scene.finalized(), point + ": a receipt without finalize");
        }
        CommandRun run = scene.upload();
        assertEquals(0, run.exit(), () -> point + "\n" + scene.trace(run));
        scene.assertArchived(run);
      }
    }
  }

  private static List<Path> receipts(Scene scene) throws IOException {
    Path receipts = scene.state().resolve("archive/receipts");
    if (Files.notExists(receipts)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(receipts)) {
      return files.filter(file -> !file.getFileName().toString().startsWith(".")).toList();
    }
  }

  /** The run's directory, with no journal in it: made by a run that was refused at once. */
  private static Path runDirectory(Scene scene) throws IOException {
    scene.rules(Rule.status(Match.request("POST .*/init"), 400, ""));
    assertEquals(2, scene.upload().exit());
    scene.rules();
    Path journal = journal(scene);
    Files.delete(journal);
    return journal.getParent();
  }

  private static Path journal(Scene scene) throws IOException {
    try (Stream<Path> files = Files.walk(scene.state())) {
      return files.filter(file -> file.endsWith("journal")).findFirst().orElseThrow();
    }
  }

  private static void assumeStrace() {
    assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/strace")) && succeeds("strace", "-qq", "true"),
        "strace is missing or may not trace here");
  }

  private static boolean succeeds(String... command) {
    try {
      return new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @EverySeed
  void c4_twoToEightUploadsOfOneDirectoryAtOnce(long seed) throws Exception {
    int uploads = 2 + (int) (seed * 3 - 3) % 7;
    try (Scene scene = Scene.of(directory, seed, 40)) {
      // The first that comes is held until the others have been told so.
      scene.rules(Rule.stall(Match.request("POST .*/init"), Direction.REQUEST, Offset.at(0)));
      ExecutorService threads = Executors.newFixedThreadPool(uploads);
      List<Future<CommandRun>> all = new ArrayList<>();
      CountDownLatch told = new CountDownLatch(uploads - 1);
      Callable<CommandRun> upload =
          () -> {
            CommandRun run = scene.upload();
            told.countDown();
            return run;
          };
      for (int i = 0; i < uploads; i++) {
        all.add(threads.submit(upload));
      }
      assertTrue(scene.proxy.awaitFaults(Action.Kind.STALL, 1, 30_000));
      told.await();
      scene.rules();
      scene.proxy.release();
      int archived = 0;
      for (Future<CommandRun> each : all) {
        CommandRun run = each.get();
        if (run.exit() == 0) {
          archived++;
          scene.assertArchivedOnce(run);
        } else {
          assertEquals(11, run.exit(), () -> scene.trace(run));
          assertTrue(run.err().contains("another run is archiving the same sources"), run.err());
        }
      }
      threads.shutdown();
      assertEquals(1, archived);
    }
  }

  @EverySeed
  void c4_uploadersOfSeveralMachinesOfOneBatchAtOnce(long seed) throws Exception {
    try (Scene scene = Scene.of(directory, seed, 30)) {
      List<Path> files = Trees.files(scene.tree);
      String batch = scene.api().init(files.size());
      CyclicBarrier sent = new CyclicBarrier(4);
      ExecutorService threads = Executors.newFixedThreadPool(4);
      List<Callable<Long>> all = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        SplittableRandom random = new SplittableRandom(seed * 100 + i);
        all.add(
            () -> {
              List<Path> order = new ArrayList<>(files);
              java.util.Collections.shuffle(order, new java.util.Random(random.nextLong()));
              for (Path file : order) {
                String name = "/" + scene.tree.relativize(file);
                scene.api().add(batch, name, Files.readAllBytes(file));
              }
              sent.await();
              return scene.api().finalizeBatch(batch).expect(200).number("version");
            });
      }
      for (Future<Long> version : threads.invokeAll(all)) {
        assertEquals(2 + 2 * files.size(), version.get(), "each change once, one receipt");
      }
      threads.shutdown();
      assertEquals(List.of(batch), scene.finalized());
    }
  }

  @EverySeed
  void c6_aFileThatCannotBeReadHalfWay(long seed) throws Exception {
    cannotBeRead(seed, "pread64:error=EIO:when=2+", "Input/output error");
  }

  @EverySeed
  void c6_aFileWhosePermissionIsTakenAway(long seed) throws Exception {
    cannotBeRead(seed, "openat:error=EACCES:when=1+", "permission denied");
  }

  private void cannotBeRead(long seed, String injection, String reason) throws Exception {
    assumeStrace();
    try (Scene scene = Scene.of(directory, seed, 12)) {
      int number = new SplittableRandom(seed).nextInt(5);
      Path file = Trees.random(scene.tree.resolve("box-" + number + "/broken"), 400_000, seed);
      String call = injection.substring(0, injection.indexOf(':'));
      ArchiveProcess upload =
          process(
              scene,
              List.of(
                  "strace",
                  "-f",
                  "-qq",
                  "-o",
                  directory.resolve("strace").toString(),
                  "-P",
                  file.toString(),
                  "-e",
                  "trace=" + call,
                  "-e",
                  "inject=" + injection));
      assertEquals(3, upload.exit(), upload::log);
      assertTrue(upload.log().contains(file + " cannot be read: " + reason), upload::log);
      assertEquals(List.of(), scene.finalized());
      String batch = new CommandRun(0, upload.log(), "").field("batch", "batch_id");
      assertEquals(
          12,
          scene.api().status(batch, "?summary=true").number("files_uploaded"),
          "the others went on");
      CommandRun run = scene.upload();
      assertEquals(batch, run.receiptField("batch_id"));
      scene.assertArchivedOnce(run);
    }
  }

  @EverySeed
  void c7_interruptedBySignals(long seed) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    try (Scene scene = Scene.of(directory, seed, 60)) {
      for (String signal : List.of("INT", "TERM")) {
        long before = scene.proxy.stats().faults(Action.Kind.STALL);
        scene.rules(
            Rule.stall(
                Match.request("(PUT|POST|GET) .*/(api|upload)/.*").after(random.nextInt(90)),
                random.nextBoolean() ? Direction.REQUEST : Direction.RESPONSE,
                Offset.at(0)));
        ArchiveProcess upload = process(scene, DefaultSignals.before());
        assertTrue(scene.proxy.awaitFaults(Action.Kind.STALL, before + 1, 60_000), upload::log);
        upload.signal(signal);
        assertEquals(signal.equals("INT") ? 130 : 143, upload.exit(), upload::log);
        assertTrue(upload.log().contains("run the same command again"), upload::log);
        assertEquals(List.of(), scene.finalized());
      }
      scene.rules();
      scene.assertArchivedOnce(scene.upload());
    }
  }

  @EverySeed
  void c8_stateDirectoryFullOrReadOnly(long seed) throws Exception {
    try (Scene scene = Scene.of(directory, seed, 40)) {
      Files.createDirectories(scene.state());
      assumeTrue(
          succeeds("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", scene.state().toString()),
          "mounting needs root");
      try {
        Path filler = scene.state().resolve("filler");
        Files.write(filler, new byte[64 << 10]);
        assertRefusedBeforeSending(scene, 5, "no space left", "run the same command again");
        Files.delete(filler);
        remount(scene, "ro");
        assertRefusedBeforeSending(scene, 2, "read-only file system", "nothing was sent");
        remount(scene, "rw");
        // The plan fits; what is proved does not any more.
        scene.rules(Rule.status(Match.request("POST .*/init"), 400, ""));
        assertEquals(2, scene.upload().exit());
        scene.rules();
        fill(filler);
        CommandRun run = scene.upload();
        assertFalse(run.exit() == 0, () -> scene.trace(run));
        assertFalse(run.err().contains("nothing was sent"), run.err());
        assertTrue(run.err().contains("run the same command again"), run.err());
        remount(scene, "size=1m");
        scene.assertArchived(scene.upload());
      } finally {
        assertTrue(succeeds("umount", scene.state().toString()));
      }
    }
  }

  private static void fill(Path file) {
    try (OutputStream out = Files.newOutputStream(file)) {
      while (true) {
        out.write(new byte[1024]);
      }
    } catch (IOException full) {
      assertTrue(full.getMessage().contains("No space left"), full.getMessage());
    }
  }

  private static void remount(Scene scene, String option) {
    assertTrue(succeeds("mount", "-o", "remount," + option, scene.state().toString()));
  }

  private static void assertRefusedBeforeSending(Scene scene, int exit, String reason, String next)
      throws IOException {
    Stats before = scene.proxy.stats();
    CommandRun run = scene.upload();
    scene.assertNothingFinalized(exit, run);
    assertTrue(run.err().toLowerCase(Locale.ROOT).contains(reason), run.err());
    assertTrue(run.err().contains(next), run.err());
    Stats after = scene.proxy.stats();
    assertEquals(before.receivedBodyBytes(), after.receivedBodyBytes(), "nothing was sent");
    assertTrue(after.requests() <= before.requests() + 1, "it was only asked who it is");
  }

  @EverySeed
  void c9_aJournalThatIsNotOursToRead(long seed) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    try (Scene scene = Scene.of(directory, seed, 15)) {
      scene.rules(Rule.status(Match.request("POST .*/finalize"), 400, ""));
      scene.upload();
      scene.rules();
      Path journal = journal(scene);
      byte[] good = Files.readAllBytes(journal);
      int lastLine =
          new String(good, StandardCharsets.ISO_8859_1).lastIndexOf('\n', good.length - 2);

      byte[] edited = good.clone();
      edited[random.nextInt(lastLine)] ^= (byte) (1 << random.nextInt(7));
      assertRefused(scene, journal, edited, "cannot be used");
      String header = new String(good, StandardCharsets.UTF_8).lines().findFirst().orElseThrow();
      byte[] future = withHeader(good, header.substring(9).replace("\"format\":1", "\"format\":2"));
      assertRefused(scene, journal, future, "it has format 2 and this program writes 1");
      byte[] foreign = withHeader(good, header.substring(9).replace(scene.url(), "http://other"));
      assertRefused(scene, journal, foreign, "it belongs to another run");

      Files.write(journal, Arrays.copyOf(good, random.nextInt(good.length)));
      scene.assertArchived(scene.upload());
    }
  }

  private static byte[] withHeader(byte[] journal, String header) {
    String text = new String(journal, StandardCharsets.UTF_8);
    CRC32C crc = new CRC32C();
    crc.update(header.getBytes(StandardCharsets.UTF_8));
    return (String.format("%08x ", crc.getValue()) + header + text.substring(text.indexOf('\n')))
        .getBytes(StandardCharsets.UTF_8);
  }

  private static void assertRefused(Scene scene, Path journal, byte[] content, String reason)
      throws IOException {
    Files.write(journal, content);
    long before = scene.proxy.stats().requests();
    CommandRun run = scene.upload();
    assertEquals(2, run.exit(), () -> scene.trace(run));
    assertTrue(run.err().contains(reason), run.err());
    assertEquals(before, scene.proxy.stats().requests(), "nothing was sent");
    assertEquals(-1, Arrays.mismatch(content, Files.readAllBytes(journal)), "it is left as it was");
  }

  @EverySeed
  void c10_localeCIsRefusedAndNamesAreKeptOrNamed(long seed) throws Exception {
    try (Scene scene = Scene.of(directory, seed, 4)) {
      for (String name : List.of("caf\u00e9-", "cafe\u0301-", "CAF\u00c9-", "Readme-", "README-")) {
        Trees.random(scene.tree.resolve(name + seed), 100 + seed, name.hashCode());
      }
      for (String locale : List.of("C", "POSIX", "")) {
        ArchiveProcess c =
            ArchiveProcess.run(
                directory.resolve("log"),
                Map.of("XDG_STATE_HOME", scene.state().toString()),
                List.of("env", "-u", "LC_CTYPE", "LANG=" + locale, "LC_ALL=" + locale),
                List.of(),
                scene.command());
        assertEquals(2, c.exit(), c::log);
        assertTrue(c.log().contains("set LC_ALL=C.UTF-8"), c::log);
      }
      CommandRun run = scene.upload();
      scene.assertArchivedOnce(run);

      String script = "cd \"$1\" && echo x >$'not-utf8-\\xff'\"$2\"";
      assertTrue(succeeds("bash", "-c", script, "bash", scene.tree.toString(), "" + seed));
      ArchiveProcess invalid = process(scene, List.of());
      assertEquals(3, invalid.exit(), invalid::log);
      assertTrue(invalid.log().contains("has a name that is not valid UTF-8"), invalid::log);
      assertEquals(List.of(run.receiptField("batch_id")), scene.finalized());
    }
  }
}
