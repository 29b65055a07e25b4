package dev.archive.matrix;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.cli.CommandRun;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.server.ApiClient;
import dev.archive.server.ApiClient.Answer;
import dev.archive.server.BagCheck;
import dev.archive.server.RunningServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows B and D of the fault matrix: the disk below the server fails, really. */
class DiskFaultsTest {
  private static final int MIB = 1 << 20;
  private static final int MAX_TRIES = 40;

  @TempDir Path directory;

  private Path root() {
    return directory.resolve("root");
  }

  private static byte[] bytes(long seed, int size) {
    byte[] bytes = new byte[size];
    new SplittableRandom(seed).nextBytes(bytes);
    return bytes;
  }

  /** A root that a server has used, so that a next one makes nothing when it starts. */
  private void use(Path root) {
    RunningServer.on(root, Clock.systemUTC()).close();
  }

  /** Asks until it is answered 200; whatever comes before must be one of these. */
  private static int insist(Set<Integer> allowed, Supplier<Answer> request) {
    for (int refused = 0; refused < MAX_TRIES; refused++) {
      Answer answer = request.get();
      if (answer.status() == 200) {
        return refused;
      }
      assertTrue(allowed.contains(answer.status()), answer.status() + " " + answer.body());
    }
    throw new AssertionError("refused " + MAX_TRIES + " times");
  }

  private static List<Path> temporaries(Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root.resolve("staging"))) {
      return files.filter(file -> file.toString().endsWith(".tmp")).toList();
    }
  }

  private static void assertFinalizes(Path root, String batch) throws IOException {
    try (RunningServer server = RunningServer.on(root, Clock.systemUTC())) {
      server.api().finalizeBatch(batch).expect(200);
      assertEquals(List.of(), BagCheck.problems(root.resolve("batches").resolve(batch)));
    }
  }

  @EverySeed
  void b1_fullDiskIs507ForThatRequestAloneAndTheBatchGoesOnWhenThereIsRoom(long seed)
      throws Exception {
    try (SmallDisk disk = SmallDisk.inMemory(directory.resolve("disk"), 24);
        RunningServer server = RunningServer.on(disk.root(), Clock.systemUTC())) {
      ApiClient api = server.api();
      String batch = api.init(3);
      byte[] large = bytes(seed, 6 * MIB);
      byte[] whole = bytes(seed, 2 * MIB);
      String part =
          api.start(batch, "/large", large.length)
              .field("presigned_urls")
              .get(0)
              .get("url")
              .asText();
      String url = api.start(batch, "/whole", whole.length).text("presigned_url");
      int left = new SplittableRandom(seed).nextInt(MIB);
      for (String target : List.of(url, part)) {
        api.send("PUT", target, fillingMidway(disk, left, target.equals(url) ? whole : large))
            .expect(507, "STORAGE_FULL");
        assertEquals(List.of(), temporaries(disk.root()));
        disk.empty();
      }
      // Now there is too little room from the start, and the ledger's reserve.
      disk.fill(5 * MIB);
      api.put(url, whole).expect(507, "STORAGE_FULL");
      api.put(part, large).expect(507, "STORAGE_FULL");
      api.add(batch, "/small", bytes(seed, 100));
      api.complete(batch, "/whole").expect(409, "BYTES_MISSING");
      api.complete(batch, "/large").expect(409, "BYTES_MISSING");
      disk.empty();
      api.put(url, whole).expect(200);
      api.complete(batch, "/whole").expect(200);
      api.put(part, large).expect(200);
      api.complete(batch, "/large").expect(200);
      api.finalizeBatch(batch).expect(200);
      assertEquals(List.of(), BagCheck.problems(disk.root().resolve("batches").resolve(batch)));
    }
  }

  /** The body of a PUT during which the disk gets full but for so many bytes. */
  private static BodyPublisher fillingMidway(SmallDisk disk, long left, byte[] content) {
    InputStream body =
        new ByteArrayInputStream(content) {
          private boolean filled;

          @Override
          public synchronized int read(byte[] into, int offset, int length) {
            if (pos > count / 3 && !filled) {
              filled = true;
              try {
                disk.fill(left);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            }
            return super.read(into, offset, length);
          }
        };
    return BodyPublishers.fromPublisher(BodyPublishers.ofInputStream(() -> body), content.length);
  }

  @Test
  void d3_fullDiskBelowTheLedgerIs507AndNothingIsHalfRegistered() throws Exception {
    try (SmallDisk disk = SmallDisk.inMemory(directory.resolve("disk"), 16);
        RunningServer server = RunningServer.on(disk.root(), Clock.systemUTC())) {
      ApiClient api = server.api();
      String batch = api.init(1);
      disk.fill(0);
      long version = api.versionOf(batch);
      int opened = 1;
      Answer full = api.post("/api/batches/init", ApiClient.initRequest(1, 0));
      // Where its log was checkpointed, a few changes fit into the file that it has.
      for (; full.status() == 201 && opened < 900; opened++) {
        full = api.post("/api/batches/init", ApiClient.initRequest(1, 0));
      }
      full.expect(507, "STORAGE_FULL");
      for (int i = 0; i < 3; i++) {
        api.start(batch, "/a", 5).expect(507, "STORAGE_FULL");
        api.post("/api/batches/init", ApiClient.initRequest(1, 0)).expect(507, "STORAGE_FULL");
      }
      assertEquals(version, api.versionOf(batch));
      assertEquals(0, api.status(batch, "").field("files").size());
      disk.empty();
      api.add(batch, "/a", bytes(1, 5));
      api.finalizeBatch(batch).expect(200);
      assertEquals(opened, api.get("/api/batches?limit=1000").field("batches").size());
    }
  }

  @EverySeed
  void d3_failingWritesAndSyncsOfTheLedgerLoseAndDoubleNothing(long seed) throws Exception {
    use(root());
    SplittableRandom random = new SplittableRandom(seed);
    String error = List.of("ENOSPC", "EIO", "EDQUOT").get((int) (seed % 3));
    String batch;
    int files = 25;
    try (TracedServer server = TracedServer.on(root());
        AutoCloseable attached =
            server.attach(
                "-P",
                root().resolve("state.db-wal").toString(),
                "-e",
                "trace=pwrite64,fsync,fdatasync,close",
                "-e",
                "inject=fsync,fdatasync:error=EIO:when=" + (2 + random.nextInt(4)) + "+5",
                "-e",
                // Farther apart than the writes of one change, so that some come through.
                "inject=pwrite64:error=" + error + ":when=" + (9 + random.nextInt(9)) + "+97")) {
      ApiClient api = server.api();
      String key = "Idempotency-Key";
      Supplier<Answer> init =
          () -> api.post("/api/batches/init", ApiClient.initRequest(files, 0), key, "one");
      while (init.get().status() != 201) {
        assertTrue(server.faults() > 0);
      }
      batch = init.get().text("batch_id");
      int refused = 0;
      Set<Long> versions = new TreeSet<>();
      for (int i = 0; i < files; i++) {
        byte[] content = bytes(i, 10 + i);
        String path = "/f" + i;
        refused += insist(Set.of(503, 507), () -> api.start(batch, path, content.length));
        api.put(api.start(batch, path, content.length).text("presigned_url"), content).expect(200);
        refused += insist(Set.of(503, 507), () -> api.complete(batch, path));
        versions.add(api.complete(batch, path).expect(200).version());
      }
      assertTrue(refused >= 3, refused + " refused");
      assertEquals(1 + 2 * files, api.versionOf(batch), "each change counted once");
      assertEquals(List.of(), server.triedAgain());
    }
    try (RunningServer server = RunningServer.on(root(), Clock.systemUTC())) {
      assertEquals(files, server.api().status(batch, "?summary=true").number("files_uploaded"));
    }
    assertFinalizes(root(), batch);
  }

  @EverySeed
  void d1_serverKilledInTheMiddleOfACommitHasAllItAcknowledged(long seed) throws Exception {
    use(root());
    String call = List.of("fsync,fdatasync", "pwrite64").get((int) (seed % 2));
    // A new ledger and the batch take fewer.
    int when = 30 + new SplittableRandom(seed).nextInt(12);
    String batch = null;
    int acknowledged = 0;
    try (TracedServer server =
        TracedServer.on(
            root(),
            "-P",
            root().resolve("state.db-wal").toString(),
            "-e",
            "trace=" + call,
            "-e",
            "inject=" + call + ":signal=KILL:when=" + when)) {
      ApiClient api = server.api();
      batch = api.init(1);
      while (acknowledged < 100) {
        api.start(batch, "/f" + acknowledged, 5).expect(200);
        acknowledged++;
      }
    } catch (AssertionError e) {
      assertTrue(e.getMessage().contains("got no answer"), e.getMessage());
    }
    try (RunningServer server = RunningServer.on(root(), Clock.systemUTC())) {
      assertTrue(acknowledged < 100, "it was killed");
      Answer status = server.api().status(batch, "").expect(200);
      int there = status.field("files").size();
      // The one whose answer was lost may be there, or not.
      assertTrue(there == acknowledged || there == acknowledged + 1, there + "/" + acknowledged);
      assertEquals(1 + there, status.version());
      server.api().start(batch, "/f" + acknowledged, 5).expect(200);
      assertEquals(2 + acknowledged, server.api().versionOf(batch));
    }
  }

  @EverySeed
  void b2_failedSyncOrRenameIsNeverASuccessAndAFreshFileIsMadeEachTime(long seed) throws Exception {
    use(root());
    SplittableRandom random = new SplittableRandom(seed);
    String error = List.of("EIO", "EXDEV", "EDQUOT").get((int) (seed % 3));
    String batch;
    int files = 20;
    try (TracedServer server = TracedServer.on(root());
        AutoCloseable attached =
            server.attach(
                "-e",
                "trace=fsync,rename,renameat,close",
                "-e",
                "inject=fsync:error=EIO:when=" + (2 + random.nextInt(3)) + "+11",
                "-e",
                "inject=rename,renameat:error="
                    + error
                    + ":when="
                    + (2 + random.nextInt(2))
                    + "+7")) {
      ApiClient api = server.api();
      String key = "Idempotency-Key";
      Supplier<Answer> init =
          () -> api.post("/api/batches/init", ApiClient.initRequest(files, 0), key, "one");
      while (init.get().status() != 201) {
        assertTrue(server.faults() > 0);
      }
      batch = init.get().text("batch_id");
      for (int i = 0; i < files; i++) {
        byte[] content = bytes(i, 3000 + i);
        String path = "/d" + i % 3 + "/f" + i;
        insist(Set.of(503), () -> api.start(batch, path, content.length));
        String url = api.start(batch, path, content.length).text("presigned_url");
        insist(Set.of(500, 507), () -> api.put(url, content));
        insist(Set.of(500, 503), () -> api.complete(batch, path));
        assertEquals(List.of(), temporaries(root()));
      }
      insist(Set.of(500, 503, 507), () -> api.finalizeBatch(batch));
      assertTrue(server.faults() >= 3, server.faults() + " faults");
      assertEquals(List.of(), server.triedAgain());
    }
    assertFinalizes(root(), batch);
  }

  @Test
  void b1_b2_partWhoseWriteSyncOrCloseFailsIsNotReceived() throws Exception {
    use(root());
    byte[] large = bytes(1, 6 * MIB);
    String batch;
    try (TracedServer server = TracedServer.on(root())) {
      ApiClient api = server.api();
      batch = api.init(1);
      Answer start = api.start(batch, "/large", large.length).expect(200);
      String url = start.field("presigned_urls").get(0).get("url").asText();
      Path parts = root().resolve("staging/" + batch + "/" + start.text("upload_id") + ".parts");
      for (String fault :
          List.of(
              "write,pwrite64:error=EDQUOT 507",
              "write,pwrite64:error=EIO 500",
              "fsync,fdatasync:error=EIO 500",
              "close:error=EIO 500")) {
        String[] words = fault.split(" ");
        try (AutoCloseable attached =
            server.attach("-P", parts.toString(), "-e", "inject=" + words[0])) {
          api.put(url, large).expect(Integer.parseInt(words[1]));
        }
        assertFalse(api.start(batch, "/large", large.length).json().has("received"), fault);
        api.complete(batch, "/large").expect(409, "BYTES_MISSING");
      }
      api.put(url, large).expect(200);
      api.complete(batch, "/large").expect(200);
    }
    assertFinalizes(root(), batch);
  }

  @Test
  void b3_slowDiskOnlyTakesLonger() throws Exception {
    use(root());
    try (TracedServer server =
        TracedServer.on(
            root(),
            "-e",
            "trace=fsync,fdatasync",
            "-e",
            "inject=fsync,fdatasync:delay_exit=100000")) {
      String batch = server.api().init(2);
      server.api().add(batch, "/a", bytes(1, 5));
      server.api().add(batch, "/b", bytes(2, 5));
      server.api().finalizeBatch(batch).expect(200);
      assertEquals(List.of(), BagCheck.problems(root().resolve("batches").resolve(batch)));
    }
  }

  @Test
  void b3_slowDiskIsToldByHealthUntilItIsQuickAgain() throws Exception {
    use(root());
    try (TracedServer server = TracedServer.on(root())) {
      ApiClient api = server.api();
      String batch = api.init(2);
      try (AutoCloseable attached =
          server.attach(
              "-P",
              root().resolve("state.db-wal").toString(),
              "-e",
              "inject=fsync,fdatasync:delay_exit=1200000")) {
        api.add(batch, "/slow", bytes(1, 5));
        Answer ready = api.get("/health/ready").expect(200);
        assertEquals("degraded", ready.text("status"));
        assertTrue(
            ready.field("warnings").get(0).asText().startsWith("the disk is slow: it takes "),
            ready.body());
        assertEquals("healthy", api.get("/health/live").expect(200).text("status"));
        assertEquals("healthy", api.get("/").expect(200).text("status"));
      }
      // What others do to the disk may make any one change slow.
      for (int i = 0; !api.get("/health/ready").text("status").equals("healthy"); i++) {
        assertTrue(i < MAX_TRIES, "never healthy again");
        api.start(batch, "/quick" + i, 5).expect(200);
      }
      assertFalse(api.get("/health/ready").json().has("warnings"));
    }
  }

  @Test
  void b4_diskThatTurnsReadOnlyIs503AndAllGoesOnAfterItIsMounted() throws Exception {
    try (SmallDisk disk = SmallDisk.ext4(directory.resolve("disk"), 32)) {
      String batch;
      String url;
      try (RunningServer server = RunningServer.on(disk.root(), Clock.systemUTC())) {
        ApiClient api = server.api();
        batch = api.init(2);
        api.add(batch, "/before", bytes(1, 5000));
        url = api.start(batch, "/after", 5000).text("presigned_url");
        disk.turnReadOnly();
        api.put(url, bytes(2, 5000)).expect(503, "UNAVAILABLE");
        api.start(batch, "/more", 5).expect(503, "UNAVAILABLE");
        api.post("/api/batches/init", ApiClient.initRequest(1, 0)).expect(503, "UNAVAILABLE");
        assertEquals(2, api.status(batch, "").expect(200).field("files").size());
      }
      disk.replug();
      assertGoesOn(disk, batch);
    }
  }

  @EverySeed
  void b4_diskThatDiesUnderLoadAnswersNothingWithSuccess(long seed) throws Exception {
    try (SmallDisk disk = SmallDisk.ext4(directory.resolve("disk"), 32)) {
      String batch;
      try (RunningServer server = RunningServer.on(disk.root(), Clock.systemUTC())) {
        ApiClient api = server.api();
        batch = api.init(2);
        api.add(batch, "/before", bytes(1, 5000));
        api.start(batch, "/after", 5000).expect(200);
        String url = api.start(batch, "/after", 5000).text("presigned_url");
        if (seed % 2 == 0) {
          api.put(url, bytes(2, 5000)).expect(200);
        }
        disk.die();
        for (Answer answer :
            List.of(
                api.put(url, bytes(2, 5000)),
                api.complete(batch, "/after"),
                api.start(batch, "/more", 5),
                api.finalizeBatch(batch))) {
          assertTrue(answer.status() >= 400, answer.body());
        }
      }
      disk.replug();
      assertGoesOn(disk, batch);
    }
  }

  @Test
  void initOfABatchThatCannotFitIsRefusedWithBothNumbersAndOneThatIsOpenIsNot() throws Exception {
    try (SmallDisk disk = SmallDisk.inMemory(directory.resolve("disk"), 24);
        RunningServer server = RunningServer.on(disk.root(), Clock.systemUTC())) {
      ApiClient api = server.api();
      Supplier<Answer> init =
          () ->
              api.post(
                  "/api/batches/init", ApiClient.initRequest(1, 8_000_000), "Idempotency-Key", "k");
      String batch = init.get().expect(201).text("batch_id");
      disk.fill(6 * MIB);
      assertEquals(batch, init.get().expect(201).text("batch_id"));
      Answer refusal =
          api.post("/api/batches/init", ApiClient.initRequest(1, 8_000_000))
              .expect(507, "STORAGE_FULL");
      assertEquals(8_000_000, refusal.number("declared"));
      assertTrue(refusal.number("free") < 6 * MIB, refusal.body());
      String numbers =
          String.format(
              Locale.ROOT,
              "the batch declares 8,000,000 bytes and the archive's disk has room for %,d",
              refusal.number("free"));
      assertTrue(refusal.text("error").startsWith(numbers), refusal.body());
      api.post("/api/batches/init", ApiClient.initRequest(1, 1_000)).expect(201);
      assertEquals(2, api.get("/api/batches").field("batches").size());
    }
  }

  @Test
  void d6_ledgerFromAnOlderBackupIsToldAndNothingIsDeleted() throws IOException {
    String before = finalized();
    Path backup = Files.copy(root().resolve("state.db"), directory.resolve("backup"));
    String after = finalized();
    Files.copy(backup, root().resolve("state.db"), StandardCopyOption.REPLACE_EXISTING);
    try (RunningServer server = RunningServer.on(root(), Clock.systemUTC())) {
      assertEquals("enqueued", server.api().status(before, "").text("status"));
      assertTrue(server.api().get("/health/ready").body().contains(after));
      server.housekeep();
      assertEquals(List.of(), BagCheck.problems(root().resolve("batches").resolve(after)));
    }
  }

  private String finalized() {
    try (RunningServer server = RunningServer.on(root(), Clock.systemUTC())) {
      String batch = server.api().init(1);
      server.api().add(batch, "/a", bytes(1, 5));
      server.api().finalizeBatch(batch).expect(200);
      return batch;
    }
  }

  @EverySeed
  void d7_ledgerThatIsCutOrOverwrittenIsRefusedByName(long seed) throws IOException {
    String batch = finalized();
    Path state = root().resolve("state.db");
    SplittableRandom random = new SplittableRandom(seed);
    byte[] sound = Files.readAllBytes(state);
    int pages = sound.length / 4096;
    byte[] cut = Arrays.copyOf(sound, 1 + random.nextInt(sound.length - 1));
    byte[] overwritten = sound.clone();
    // The first page is that of the schema; any of the others may be free.
    Arrays.fill(overwritten, 0, 100 + random.nextInt(4000), (byte) random.nextInt());
    byte[] shorter = Arrays.copyOf(sound, 4096 * (1 + random.nextInt(pages - 1)));
    for (byte[] damaged : List.of(cut, overwritten, shorter)) {
      Files.write(state, damaged);
      ArchiveException refusal =
          assertThrows(ArchiveException.class, () -> RunningServer.on(root(), Clock.systemUTC()));
      assertEquals(ErrorCode.USAGE, refusal.code());
      assertTrue(refusal.getMessage().contains(state.toString()), refusal.getMessage());
      assertArrayEquals(damaged, Files.readAllBytes(state), "nothing was changed");
    }
    Files.write(state, sound);
    try (RunningServer server = RunningServer.on(root(), Clock.systemUTC())) {
      assertEquals("enqueued", server.api().status(batch, "").text("status"));
    }
  }

  @Test
  void b6_whatIsPlantedInThePlaceOfAnObjectIsNotFollowed() throws IOException {
    Path outside = Files.writeString(directory.resolve("outside"), "untouched");
    Path elsewhere = Files.createDirectories(directory.resolve("elsewhere"));
    try (RunningServer server = RunningServer.on(root(), Clock.systemUTC())) {
      ApiClient api = server.api();
      String batch = api.init(3);
      Path data = Files.createDirectories(root().resolve("batches").resolve(batch).resolve("data"));
      Files.createSymbolicLink(data.resolve("link"), outside);
      Files.createLink(data.resolve("hard"), outside);
      Files.createDirectory(data.resolve("directory"));
      Files.createSymbolicLink(data.resolve("parent"), elsewhere);
      api.complete(batch, "/link").expect(404);
      api.add(batch, "/link", bytes(1, 5));
      api.add(batch, "/hard", bytes(2, 5));
      String url = api.start(batch, "/directory", 5).text("presigned_url");
      api.put(url, bytes(3, 5)).expect(409, "CONFLICT");
      String below = api.start(batch, "/parent/a", 5).text("presigned_url");
      assertTrue(api.put(below, bytes(4, 5)).status() >= 400);
      assertEquals("untouched", Files.readString(outside));
      assertEquals(0, elsewhere.toFile().list().length);
      assertArrayEquals(bytes(1, 5), Files.readAllBytes(data.resolve("link")));
      assertFalse(Files.isSymbolicLink(data.resolve("link")));
    }
  }

  private static void assertGoesOn(SmallDisk disk, String batch) throws IOException {
    try (RunningServer server = RunningServer.on(disk.root(), Clock.systemUTC())) {
      ApiClient api = server.api();
      Answer status = api.status(batch, "").expect(200);
      assertEquals(1, status.number("files_uploaded"));
      String url = api.start(batch, "/after", 5000).expect(200).text("presigned_url");
      api.put(url, bytes(2, 5000)).expect(200);
      api.complete(batch, "/after").expect(200);
      api.finalizeBatch(batch).expect(200);
      assertEquals(List.of(), BagCheck.problems(disk.root().resolve("batches").resolve(batch)));
    }
  }

  @Test
  void fullDiskOfACopyIsNotTheLedgersFault() throws Exception {
    use(root());
    try (SmallDisk disk = SmallDisk.inMemory(directory.resolve("disk"), 4)) {
      for (int left : new int[] {16 << 10, 0}) {
        disk.fill(left);
        Path copy = directory.resolve("disk/copy.db");
        CommandRun run =
            CommandRun.of(Map.of(), "backup-state", "--root", root().toString(), copy.toString());
        assertEquals(5, run.exit(), run.err());
        assertTrue(run.err().contains("the copy \"" + copy + "\""), run.err());
        assertFalse(run.err().contains("cannot be opened"), run.err());
        try (Stream<Path> there = Files.list(directory.resolve("disk"))) {
          assertEquals(List.of("ballast"), there.map(each -> "" + each.getFileName()).toList());
        }
      }
    }
  }
}
