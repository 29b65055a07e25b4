package dev.archive.client.fetch;

import dev.archive.client.api.IngestApi;
import dev.archive.client.api.RunFailures;
import dev.archive.client.plan.Failure;
import dev.archive.client.plan.StoredAttributes;
import dev.archive.client.work.Progress;
import dev.archive.client.work.WorkPool;
import dev.archive.durable.LocalErrors;
import dev.archive.durable.TargetDirectory;
import dev.archive.model.ArchiveException;
import dev.archive.model.Attributes;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import dev.archive.model.Text;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Fetches files of a batch into a directory: the list, what is there already, the rest, the names
 * made durable.
 */
public final class Fetch {
  /** Forced side by side, small files share writes of the file system's journal. */
  private static final int FORCED_AT_ONCE = 16;

  private static final int BUFFER = 1 << 18;

  private final FetchSession session;
  private final FetchOptions options;
  private final Progress progress;
  private final String run;
  private final List<Failure> failures = new ArrayList<>();
  private TargetDirectory target;
  private Unfinished unfinished;
  private IngestApi api;
  private WorkPool forcing;
  private Twins twins;
  private long fetched;

  /**
   * One fetch.
   *
   * @param random makes names that no other process has
   */
  public Fetch(FetchSession session, FetchOptions options, RandomGenerator random) {
    this.session = session;
    this.options = options;
    this.progress = session.progress();
    this.run = Long.toString(random.nextLong(1L << 40), 36);
  }

  /**
   * Runs it. Failures of single files are in the report.
   *
   * @throws ArchiveException where it cannot go on; what has its name is right and stays
   */
  public FetchReport run() {
    api = session.api();
    StoredBatch batch = StoredBatch.of(api, options.batch());
    StoredAttributes attributes =
        options.attributes() && !options.bag()
            ? StoredAttributes.of(api, batch.id(), batch.head(), StoredBatch.CONTENT_ALONE)
            : StoredAttributes.NONE;
    Set<LogicalPath> wanted = batch.select(options.paths(), attributes::has);
    List<StoredFile> files =
        batch.files().stream().filter(file -> wanted.contains(file.path())).toList();
    long bytes = files.stream().mapToLong(StoredFile::size).sum();
    progress.planned(files.size(), bytes, 0, List.of());
    progress.opened(options.batch(), session.server());
    boolean isNew = !Files.exists(options.target());
    if (!isNew) {
      requireNoArchive(wanted, attributes);
    }
    try (TargetDirectory opened = open()) {
      target = opened;
      unfinished = new Unfinished(target, run, files);
      Set<LogicalPath> missing = new HashSet<>(wanted);
      if (!isNew) {
        compare(files, missing);
      }
      long there = (long) files.size() - missing.size();
      failures.forEach(each -> missing.remove(LogicalPath.parse(each.name())));
      HardLinks links = new HardLinks(target, attributes, batch, wanted);
      Set<LogicalPath> linked = links.takeFrom(missing);
      twins = new Twins(new Places(), names(wanted, attributes));
      Set<LogicalPath> alike = alike(missing);
      fetchAll(batch, missing);
      Set<LogicalPath> absent = new HashSet<>(alike);
      absent.addAll(linked);
      there -= fetchAlike(batch, wanted, alike, absent);
      Set<String> failed = failed();
      linked.removeIf(each -> failed.contains(each.toString()));
      link(links, linked, batch);
      if (options.bag() && failures.isEmpty()) {
        new BagTags(api, target, batch, options.overwrite(), run).fetch();
      }
      Restoring restoring = restoring(attributes, wanted, opened.isMade());
      restoring.names();
      target.forceNames();
      restoring.directories();
      if (restoring.left() > 0) {
        progress.note(
            "the attributes of "
                + Count.of(restoring.left(), "name")
                + " could not be restored; the first is "
                + restoring.first());
      }
      return new FetchReport(
          options.batch(),
          files.size(),
          bytes,
          fetched,
          there,
          links.linked(),
          failures,
          restoring.restored(),
          restoring.left(),
          batch.manifest());
    } catch (IOException e) {
      throw ended(local("its names could not be made durable", e));
    } catch (ArchiveException e) {
      throw e.code() == ErrorCode.OUTPUT_FAILED || e.code() == ErrorCode.TIMED_OUT ? ended(e) : e;
    }
  }

  /** What is said where files would come into an archive. */
  public static String inArchive(Path target, Path root) {
    return "files cannot be put into "
        + Text.quote(target.toString())
        + ": "
        + Text.quote(root.toString())
        + " is the root of an archive; nothing was fetched. Name another directory with --to";
  }

  /** The target may hold the root of an archive in which the batch has names. */
  private void requireNoArchive(Set<LogicalPath> wanted, StoredAttributes attributes) {
    Set<Path> allowed = new HashSet<>();
    wanted.forEach(each -> requireNoArchive(place(each).getParent(), allowed));
    for (Attributes each : attributes.all()) {
      if (each.kind() != Attributes.Kind.FILE
          && !each.path().equals("/")
          && StoredBatch.isSelected(each.path(), options.paths())) {
        Path place = place(LogicalPath.parse(each.path()));
        boolean directory = each.kind() == Attributes.Kind.DIRECTORY;
        requireNoArchive(directory ? place : place.getParent(), allowed);
      }
    }
  }

  private void requireNoArchive(Path directory, Set<Path> allowed) {
    for (Path at = directory; at != null && allowed.add(at); at = at.getParent()) {
      Path place = options.target().resolve(at);
      if (options.forbidden().test(place)) {
        throw new ArchiveException(ErrorCode.USAGE, inArchive(options.target(), place));
      }
    }
  }

  private final class Places implements Twins.Places {
    @Override
    public Object key(String path) throws IOException {
      return target.key(place(LogicalPath.parse(path)));
    }

    @Override
    public boolean lists(String path) throws IOException {
      return target.lists(place(LogicalPath.parse(path)));
    }
  }

  private static List<String> names(Set<LogicalPath> wanted, StoredAttributes attributes) {
    List<String> names = new ArrayList<>();
    wanted.forEach(each -> names.add(each.toString()));
    for (Attributes each : attributes.all()) {
      if (each.kind() != Attributes.Kind.FILE && !each.path().equals("/")) {
        names.add(each.path());
      }
    }
    return names;
  }

  /** Takes out of the missing files those that the target may take for one another. */
  private Set<LogicalPath> alike(Set<LogicalPath> missing) {
    Set<LogicalPath> alike = new HashSet<>();
    if (twins.rounds() > 0) {
      missing.stream().filter(each -> twins.has(each.toString())).forEach(alike::add);
      missing.removeAll(alike);
    }
    return alike;
  }

  /**
   * Fetches those, of names that are alike one after another.
   *
   * @param missing those that are fetched
   * @param absentBefore those that are not there, also the ones that are linked later
   * @return how many were taken for there already, and have no name of their own
   */
  private long fetchAlike(
      StoredBatch batch,
      Set<LogicalPath> wanted,
      Set<LogicalPath> missing,
      Set<LogicalPath> absentBefore)
      throws IOException {
    long notThere = 0;
    Set<String> failed = failed();
    List<List<LogicalPath>> rounds = new ArrayList<>();
    for (int round = 0; round < twins.rounds(); round++) {
      rounds.add(new ArrayList<>());
    }
    for (LogicalPath each : wanted) {
      if (twins.has(each.toString()) && !failed.contains(each.toString())) {
        rounds.get(twins.round(each.toString())).add(each);
      }
    }
    for (List<LogicalPath> round : rounds) {
      Set<LogicalPath> now = new HashSet<>();
      for (LogicalPath each : round) {
        if (isFree(each)) {
          now.add(each);
        } else {
          notThere += absentBefore.contains(each) ? 0 : 1;
        }
      }
      Set<LogicalPath> absent = new HashSet<>(now);
      absent.retainAll(missing);
      if (!absent.isEmpty()) {
        fetchAll(batch, absent);
      }
      for (LogicalPath each : now) {
        twins.claim(each.toString());
      }
    }
    return notThere;
  }

  /** Whether no other name of the batch has the place of this one; names it where one has. */
  private boolean isFree(LogicalPath path) throws IOException {
    String owner = twins.owner(path.toString());
    if (owner != null) {
      fail(path, ErrorCode.INCOMPLETE, Restoring.sameName(owner));
    }
    return owner == null;
  }

  /** Links further names of files, and fetches those that cannot be linked by themselves. */
  private void link(HardLinks links, Set<LogicalPath> some, StoredBatch batch) throws IOException {
    Set<LogicalPath> copies = links.make(some, failed(), options.overwrite(), twins);
    Map<LogicalPath, String> taken = links.taken();
    taken.forEach((path, owner) -> fail(path, ErrorCode.INCOMPLETE, Restoring.sameName(owner)));
    for (StoredFile file : batch.files()) {
      if (some.contains(file.path())
          && !copies.contains(file.path())
          && !taken.containsKey(file.path())) {
        fetched++;
        progress.sent(file.size());
        progress.completed();
      }
    }
    for (LogicalPath each : copies.stream().filter(path -> twins.has(path.toString())).toList()) {
      copies.remove(each);
      if (isFree(each)) {
        fetchAll(batch, Set.of(each));
        twins.claim(each.toString());
      }
    }
    if (!copies.isEmpty()) {
      fetchAll(batch, copies);
    }
    if (links.separate() > 0) {
      progress.note(
          Count.of(links.separate(), "hard link")
              + " could not be restored; they are files of their own. The first is "
              + links.why());
    }
  }

  private Set<String> failed() {
    Set<String> failed = new HashSet<>();
    failures.forEach(each -> failed.add(each.name()));
    return failed;
  }

  /** The directory of a person that was there before keeps its own date and mode. */
  private Restoring restoring(StoredAttributes stored, Set<LogicalPath> wanted, boolean isMade) {
    Set<String> failed = failed();
    List<Attributes> attributes =
        stored.all().stream()
            .filter(
                each ->
                    each.path().equals("/")
                        ? isMade && options.paths().isEmpty()
                        : each.kind() == Attributes.Kind.FILE
                            ? wanted.contains(LogicalPath.parse(each.path()))
                                && !failed.contains(each.path())
                            : StoredBatch.isSelected(each.path(), options.paths()))
            .toList();
    return new Restoring(
        target,
        twins,
        stored.all(),
        attributes,
        options.overwrite(),
        (path, why) -> fail(LogicalPath.parse(path), ErrorCode.INCOMPLETE, why));
  }

  /** How a fetch ends that cannot go on because of this machine. */
  private ArchiveException ended(ArchiveException e) {
    boolean isLate = e.code() == ErrorCode.TIMED_OUT;
    return new ArchiveException(
        isLate
            ? ErrorCode.TIMED_OUT
            : e.code() == ErrorCode.OUTPUT_FAILED ? ErrorCode.UNAVAILABLE : e.code(),
        (isLate
                ? "the time given with --timeout is over"
                : Text.quote(options.target().toString()) + ": " + e.getMessage())
            + "; what was fetched is kept. Run the same command again to fetch the rest",
        e);
  }

  private TargetDirectory open() {
    TargetDirectory opened;
    try {
      opened = TargetDirectory.open(options.target(), ".archive-fetch-" + options.batch());
    } catch (IOException e) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "files cannot be put into "
              + Text.quote(options.target().toString())
              + ": "
              + (e instanceof NotDirectoryException || e instanceof FileAlreadyExistsException
                  ? "it is not a directory, or has another thing in the place of ours"
                  : LocalErrors.reason(e))
              + "; nothing was fetched"
              + (e instanceof AccessDeniedException && Files.isDirectory(options.target())
                  ? ". If it was fetched before and is read-only as in the batch, compare it with"
                      + " archive verify, or chmod u+w it and run this again"
                  : ""),
          e);
    }
    if (opened == null) {
      throw new ArchiveException(
          ErrorCode.LOCKED,
          "another process fetches this batch into "
              + Text.quote(options.target().toString())
              + "; nothing was done");
    }
    return opened;
  }

  private WorkPool pool(String name, int threads) {
    return new WorkPool(threads, name, session::stop, session.deadline());
  }

  /** Leaves of the missing files those that are not there, and names those that differ. */
  private void compare(List<StoredFile> files, Set<LogicalPath> missing) {
    long[] bytes = new long[1];
    try (WorkPool pool = pool("compare", options.parallel())) {
      pool.run(
          files.iterator(),
          options.parallel(),
          file -> new Compared(file, standing(file)),
          each -> {
            if (each.standing == null) {
              missing.remove(each.file.path());
              bytes[0] += each.file.size();
            } else if (!each.standing.isEmpty()) {
              fail(each.file, ErrorCode.INCOMPLETE, each.standing);
            }
          });
    }
    long there = (long) files.size() - missing.size();
    if (there > 0) {
      progress.resumed(there, bytes[0]);
    }
  }

  private record Compared(StoredFile file, String standing) {}

  /** Null where the file is there, empty where it is to be fetched, else what stands in its way. */
  private String standing(StoredFile file) {
    try (FileChannel there = target.openExisting(place(file.path()), file.size())) {
      if (there == null) {
        return "";
      }
      if (digest(there).equals(file.sha256())) {
        return null;
      }
      return options.overwrite() ? "" : "another file" + THERE;
    } catch (TargetDirectory.OccupiedException e) {
      boolean replaceable = options.overwrite() && !e.getMessage().equals("a directory");
      return replaceable ? "" : e.getMessage() + THERE;
    } catch (NotDirectoryException e) {
      return BLOCKED;
    } catch (IOException e) {
      return "what is there cannot be read: " + LocalErrors.reason(e);
    }
  }

  private static final String THERE =
      " is there already; it was not touched (--overwrite replaces files and links)";
  private static final String BLOCKED =
      "its directory is a link or a file here, and nothing is written through that";

  static Sha256 digest(FileChannel file) throws IOException {
    MessageDigest digest = Sha256.newDigest();
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
    while (file.read(buffer.clear()) >= 0) {
      digest.update(buffer.flip());
    }
    return Sha256.of(digest);
  }

  private Path place(LogicalPath path) {
    return Path.of((options.bag() ? "data/" : "") + path.relative());
  }

  private void fail(StoredFile file, ErrorCode code, String reason) {
    fail(file.path(), code, reason);
  }

  private void fail(LogicalPath path, ErrorCode code, String reason) {
    failures.add(new Failure(path.toString(), code, reason));
    progress.problem(Text.printable(path.toString()) + ": " + reason);
  }

  private void fetchAll(StoredBatch batch, Set<LogicalPath> missing) {
    try (WorkPool pool = pool("fetch", options.parallel());
        WorkPool forced = pool("force", FORCED_AT_ONCE)) {
      forcing = forced;
      pool.run(
          Unit.of(batch, missing, false).iterator(),
          options.parallel(),
          this::fetch,
          outcomes ->
              outcomes.forEach(
                  each -> {
                    if (each.problem == null) {
                      fetched++;
                    } else {
                      fail(each.file, each.problem.code(), each.problem.getMessage());
                    }
                  }));
    }
  }

  /** What became of a file; no problem where it has its name. */
  private record Outcome(StoredFile file, ArchiveException problem) {}

  private List<Outcome> fetch(Unit unit) {
    return unit.isOne() ? List.of(alone(unit.files().get(0))) : new SmallFiles(unit).fetch();
  }

  private Outcome alone(StoredFile file) {
    try {
      Path name = unfinished.name(file.path());
      try {
        write(file, name, true);
      } catch (ArchiveException e) {
        if (e.code() != ErrorCode.FIXITY_MISMATCH) {
          throw e;
        }
        // Damaged here or on its way, perhaps: the whole of it once more.
        name = unfinished.name(file.path());
        write(file, name, false);
      }
      return put(file, name);
    } catch (ArchiveException e) {
      return failed(file, e);
    }
  }

  /** A problem of one file; one that ends the fetch is thrown. */
  private static Outcome failed(StoredFile file, ArchiveException e) {
    if (RunFailures.endsTheRun(e.code())) {
      throw e;
    }
    return new Outcome(file, e);
  }

  private void write(StoredFile file, Path name, boolean resume) {
    long[] told = new long[1];
    boolean keep = false;
    try (FileChannel out = target.create(name)) {
      MessageDigest digest = Sha256.newDigest();
      long from = resume ? unfinished.copy(file, out, digest) : 0;
      told[0] = from;
      progress.sent(from);
      keep = true;
      new FileStream(api, options.batch())
          .read(
              file,
              from,
              digest,
              (bytes, length) -> {
                writeFully(out, bytes, length);
                told[0] += length;
                progress.sent(length);
              });
      out.force(true);
    } catch (IOException e) {
      progress.sent(-told[0]);
      target.drop(name);
      throw local("cannot be written", e);
    } catch (ArchiveException e) {
      progress.sent(-told[0]);
      if (!keep || !RunFailures.endsTheRun(e.code())) {
        target.drop(name);
      }
      throw e;
    }
  }

  private static void writeFully(FileChannel out, byte[] bytes, int length) {
    try {
      ByteBuffer left = ByteBuffer.wrap(bytes, 0, length);
      while (left.hasRemaining()) {
        out.write(left);
      }
    } catch (IOException e) {
      throw local("cannot be written", e);
    }
  }

  private static ArchiveException local(String what, IOException e) {
    return new ArchiveException(
        // Neither is asked for again: what was taken from the server would be missing then.
        LocalErrors.isTemporary(e) ? ErrorCode.OUTPUT_FAILED : ErrorCode.INCOMPLETE,
        what + ": " + LocalErrors.reason(e),
        e);
  }

  private Outcome put(StoredFile file, Path name) {
    try {
      target.place(name, place(file.path()), options.overwrite());
      progress.completed();
      return new Outcome(file, null);
    } catch (IOException e) {
      target.drop(name);
      progress.sent(-file.size());
      String reason =
          e instanceof NotDirectoryException
              ? BLOCKED
              : e instanceof TargetDirectory.OccupiedException
                  ? e.getMessage() + THERE
                  : "cannot be given its name: " + LocalErrors.reason(e);
      return new Outcome(file, new ArchiveException(ErrorCode.INCOMPLETE, reason, e));
    }
  }

  /** Files of one unit: they come as a tar stream, are forced side by side, and get their names. */
  private final class SmallFiles {
    private final Unit unit;
    private final List<Outcome> outcomes = new ArrayList<>();
    private final List<Ready> ready = new ArrayList<>();
    private int next;

    private record Ready(StoredFile file, Path name) {}

    SmallFiles(Unit unit) {
      this.unit = unit;
    }

    List<Outcome> fetch() {
      while (next < unit.files().size()) {
        LogicalPath after = next == 0 ? unit.after() : unit.files().get(next - 1).path();
        try {
          api.tar(
              options.batch(),
              new IngestApi.TarRange(after, Unit.MAX_SMALL, unit.files().size() - next),
              this::accept);
        } catch (ArchiveException e) {
          // Of one file, which says by itself what it is; or of the way to the server.
          if (RunFailures.endsTheRun(e.code())) {
            dropAll();
            throw e;
          }
        }
        if (next < unit.files().size()) {
          outcomes.add(alone(unit.files().get(next++)));
        }
      }
      forceAll(ready);
      ready.forEach(each -> outcomes.add(put(each.file, each.name)));
      return outcomes;
    }

    private void accept(LogicalPath path, byte[] content) {
      StoredFile file = unit.files().get(next);
      if (!path.equals(file.path())) {
        throw new ArchiveException(
            ErrorCode.BAD_ANSWER,
            "the server's tar stream has another file than the one asked for");
      }
      next++;
      if (content.length != file.size() || !Sha256.of(content).equals(file.sha256())) {
        outcomes.add(alone(file));
        return;
      }
      Path name = unfinished.name(path);
      try (FileChannel out = target.create(name)) {
        writeFully(out, content, content.length);
        ready.add(new Ready(file, name));
        progress.sent(content.length);
      } catch (IOException e) {
        throw local("cannot be written", e);
      }
    }

    private void dropAll() {
      ready.forEach(each -> target.drop(each.name));
    }

    private void forceAll(Collection<Ready> files) {
      forcing.run(
          files.iterator(),
          FORCED_AT_ONCE,
          each -> {
            try {
              target.force(each.name);
              return each;
            } catch (IOException e) {
              throw local("cannot be forced to the disk", e);
            }
          },
          each -> {});
    }
  }
}
