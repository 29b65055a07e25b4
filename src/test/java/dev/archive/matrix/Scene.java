package dev.archive.matrix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.cli.CommandRun;
import dev.archive.server.ApiClient;
import dev.archive.server.BagCheck;
import dev.archive.server.IngestServer;
import dev.archive.server.ServerOptions;
import dev.archive.testing.FaultProxy;
import dev.archive.testing.Match;
import dev.archive.testing.Rule;
import dev.archive.testing.Rules;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A server, a proxy before it that makes faults, a tree to upload, and what must hold whatever
 * happened (the matrix calls it I): nothing acknowledged is lost, nothing is called complete that
 * is not, each version is there once, no temporary file is left, and no object is there twice.
 */
final class Scene implements AutoCloseable {
  /**
   * Most rows are about calls for one file, so the proxy keeps from the uploader that the server
   * takes many at a time.
   */
  private static final Rule NO_BUNDLES =
      Rule.reply(
          Match.request("GET /"),
          200,
          Map.of("Content-Type", "application/json"),
          "{\"service\":\"archive\",\"status\":\"healthy\",\"capabilities\":"
              + "[\"versions\",\"digests\",\"resume\",\"empty-files\",\"any-name\"]}");

  final Path directory;
  final Path root;
  final Path tree;
  final FaultProxy proxy;
  private IngestServer server;
  private boolean bundles;

  private Scene(Path directory, Path tree, FaultProxy proxy, IngestServer server) {
    this.directory = directory;
    this.root = directory.resolve("root");
    this.tree = tree;
    this.proxy = proxy;
    this.server = server;
    rules();
  }

  /** With a server in this process, and a tree of so many small files. */
  static Scene of(Path directory, long seed, int files) throws IOException {
    return of(directory, seed, files, Clock.systemUTC());
  }

  /** The same, with a clock for the server. */
  static Scene of(Path directory, long seed, int files, Clock clock) throws IOException {
    IngestServer server = start(directory.resolve("root"), clock);
    Path tree = Trees.small(Files.createDirectories(directory.resolve("tree")), files, seed);
    return new Scene(directory, tree, before(server.url(), seed), server);
  }

  /** With a server that the caller starts, and puts behind the proxy. */
  static Scene withoutServer(Path directory, long seed, int files) throws IOException {
    Path tree = Trees.small(Files.createDirectories(directory.resolve("tree")), files, seed);
    return new Scene(directory, tree, before("http://127.0.0.1:1", seed), null);
  }

  private static IngestServer start(Path root, Clock clock) {
    return IngestServer.start(new ServerOptions(root, "127.0.0.1", 0, null, "test"), clock);
  }

  private static FaultProxy before(String url, long seed) {
    URI uri = URI.create(url);
    return FaultProxy.start(uri.getHost(), uri.getPort(), seed, Rules.none());
  }

  /** Puts a server behind the proxy. */
  void use(String url) {
    URI uri = URI.create(url);
    proxy.setUpstream(uri.getHost(), uri.getPort());
  }

  /** Lets files go in bundles from now on. */
  void inBundles() {
    bundles = true;
    rules();
  }

  void rules(Rule... rules) {
    rules(List.of(rules));
  }

  void rules(List<Rule> rules) {
    List<Rule> all = new ArrayList<>(rules);
    if (!bundles) {
      all.add(0, NO_BUNDLES);
    }
    proxy.setRules(new Rules(all));
  }

  /** The proxy's address, as an uploader names it. */
  String url() {
    return proxy.uri().toString();
  }

  /** The server itself, past the proxy. */
  ApiClient api() {
    return new ApiClient(server.url(), false);
  }

  IngestServer server() {
    return server;
  }

  Path state() {
    return directory.resolve("state");
  }

  /** The command line of an upload of the tree through the proxy. */
  List<String> command(String... more) {
    List<String> args = new ArrayList<>(List.of("upload", "--json", "--server", url()));
    args.addAll(Arrays.asList(more));
    args.add(tree.toString());
    return args;
  }

  /** Uploads the tree through the proxy, in this process. */
  CommandRun upload(String... more) {
    return upload(Clock.systemUTC(), more);
  }

  /** The same, with a clock for the uploader. */
  CommandRun upload(Clock clock, String... more) {
    return CommandRun.of(
        clock, Map.of("XDG_STATE_HOME", state().toString()), command(more).toArray(String[]::new));
  }

  /** What helps to understand a failure. */
  String trace(CommandRun run) {
    return "exit " + run.exit() + "\n" + run.err() + run.out() + proxy.log();
  }

  /** The run has archived the tree exactly, in the one batch that is finalized. */
  void assertArchived(CommandRun run) throws IOException {
    assertEquals(0, run.exit(), () -> trace(run));
    assertHeld(run, tree);
    assertEquals(List.of(run.receiptField("batch_id")), finalized(), "nothing is finalized twice");
  }

  /** The same, and each file took the two changes that it needs, and finalize one. */
  void assertArchivedOnce(CommandRun run) throws IOException {
    assertArchived(run);
    assertEquals(
        2 + 2 * Trees.files(tree).size(),
        Integer.parseInt(run.receiptField("version")),
        () -> "each change took effect once\n" + trace(run));
  }

  /** The batch of the receipt holds exactly what a tree holds. */
  void assertHeld(CommandRun run, Path expected) throws IOException {
    String batch = run.receiptField("batch_id");
    assertNotNull(batch, () -> trace(run));
    Path bag = root.resolve("batches").resolve(batch);
    assertEquals(List.of(), BagCheck.problems(bag), () -> trace(run));
    assertEquals(names(expected), names(bag.resolve("data")));
    for (String name : names(expected)) {
      assertEquals(
          -1, Files.mismatch(expected.resolve(name), bag.resolve("data").resolve(name)), name);
    }
    assertEquals(
        Trees.sha256(bag.resolve("manifest-sha256.txt")), run.receiptField("manifest_sha256"));
    assertTrue(
        Files.exists(state().resolve("archive/receipts").resolve(batch + ".json")),
        "the receipt is kept");
    assertNoTemporaryFiles();
  }

  private static TreeSet<String> names(Path directory) throws IOException {
    return Trees.files(directory).stream()
        .map(file -> directory.relativize(file).toString())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** The run did not archive the tree, and nobody says that it did. */
  void assertNothingFinalized(int exit, CommandRun run) throws IOException {
    assertEquals(exit, run.exit(), () -> trace(run));
    assertEquals(null, run.receiptField("batch_id"), run.out());
    assertEquals(List.of(), finalized());
    assertNoReceipt();
  }

  void assertNoReceipt() {
    assertTrue(Files.notExists(state().resolve("archive/receipts")), "no receipt is kept");
  }

  /** The batches that have a bag with all its tag files. */
  List<String> finalized() throws IOException {
    try (Stream<Path> bags = Files.list(root.resolve("batches"))) {
      return bags.filter(bag -> Files.exists(bag.resolve("tagmanifest-sha256.txt")))
          .map(bag -> bag.getFileName().toString())
          .sorted()
          .toList();
    }
  }

  /** What a call that was cut leaves goes when the server notices that, which may take a moment. */
  void assertNoTemporaryFiles() throws IOException {
    for (int tries = 0; tries < 5000 && !temporaryFiles().isEmpty(); tries++) {
      LockSupport.parkNanos(1_000_000);
    }
    assertEquals(List.of(), temporaryFiles());
  }

  private List<Path> temporaryFiles() throws IOException {
    List<Path> found = new ArrayList<>();
    for (Path start : List.of(root.resolve("staging"), root.resolve("batches"), state())) {
      Files.walkFileTree(
          start,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
              if (file.toString().endsWith(".tmp")) {
                found.add(file);
              }
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException gone) {
              return FileVisitResult.CONTINUE;
            }
          });
    }
    return found;
  }

  /** The server in this process ends; the next one starts from what it left. */
  void restart() {
    server.close();
    server = start(root, Clock.systemUTC());
    use(server.url());
  }

  @Override
  public void close() {
    proxy.close();
    if (server != null) {
      server.close();
    }
  }
}
