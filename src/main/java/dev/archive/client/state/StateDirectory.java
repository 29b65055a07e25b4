package dev.archive.client.state;

import dev.archive.client.work.Deadline;
import dev.archive.client.work.Pause;
import dev.archive.client.work.Progress;
import dev.archive.durable.DurableDirectories;
import dev.archive.durable.DurableFiles;
import dev.archive.durable.FileLock;
import dev.archive.durable.LocalErrors;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.model.Text;
import dev.archive.source.SourceFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where the uploader keeps what must outlive its process: a directory a run with its journal and
 * its lock, and the receipts by batch.
 */
public final class StateDirectory {
  private static final Duration BETWEEN_TRIES = Duration.ofMillis(200);

  private final Path root;

  public StateDirectory(Path root) {
    this.root = root.toAbsolutePath().normalize();
  }

  /** The journal's file of a run. */
  public Path journal(RunIdentity run) {
    return runs().resolve(run.id()).resolve("journal");
  }

  /**
   * Keeps the names that a run was given, beside its journal; durable when this returns. The caller
   * holds the lock of the run.
   */
  public void keepNames(RunIdentity run, List<Path> names) {
    try {
      DurableFiles.publish(
          journal(run).resolveSibling("names"),
          out -> {
            for (Path each : names) {
              out.write((each + "\0").getBytes(StandardCharsets.UTF_8));
            }
          },
          DurableFiles.PRIVATE_FILE);
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  /**
   * The names that a run was given.
   *
   * @param run its id
   * @throws ArchiveException {@link ErrorCode#USAGE} where they cannot be read
   */
  public List<Path> names(String run) {
    try {
      String text = Files.readString(runs().resolve(run).resolve("names"));
      return Stream.of(text.split("\0")).filter(each -> !each.isEmpty()).map(Path::of).toList();
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  private Path runs() {
    return root.resolve("runs");
  }

  /**
   * Takes the lock of a run, which ends with this process however that ends.
   *
   * @param wait how long to wait for another process that holds it; zero not to
   * @throws ArchiveException {@link ErrorCode#LOCKED}; {@link ErrorCode#USAGE} where the directory
   *     cannot be used
   */
  public FileLock lock(RunIdentity run, Duration wait, Pause pause, Progress progress) {
    Deadline deadline = Deadline.in(wait);
    boolean told = false;
    try {
      Path directory = DurableDirectories.ofOwner(root).ensure(runs().resolve(run.id()));
      while (true) {
        FileLock lock = FileLock.tryLock(directory.resolve("lock"));
        if (lock != null) {
          return lock;
        }
        if (deadline.isOver()) {
          throw new ArchiveException(
              ErrorCode.LOCKED,
              "another run is archiving the same sources; nothing was done."
                  + " Wait for it, or let this one wait with --wait");
        }
        if (!told) {
          progress.note("waiting for another run that is archiving the same sources");
          told = true;
        }
        pause.last(BETWEEN_TRIES);
      }
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  /**
   * The runs that have not ended, the one that was active last at the end.
   *
   * @param problem told of each journal that cannot be used
   */
  public List<UnfinishedRun> unfinished(Consumer<String> problem) {
    List<UnfinishedRun> unfinished = new ArrayList<>();
    for (Path journal : journals()) {
      try {
        UnfinishedRun found = Journal.unfinished(journal);
        if (found != null) {
          unfinished.add(found);
        }
      } catch (ArchiveException e) {
        problem.accept(e.getMessage());
      }
    }
    unfinished.sort(Comparator.comparing(UnfinishedRun::lastActive));
    return unfinished;
  }

  /** Whether a run opened a batch on the server of this name. */
  public boolean hasBatchOf(String server) {
    return journals().stream().anyMatch(journal -> Journal.hasBatchOf(server, journal));
  }

  /**
   * Removes the journal of a run that has not ended, or whose journal is damaged.
   *
   * @param run its id
   * @throws ArchiveException {@link ErrorCode#USAGE} where there is no such run; {@link
   *     ErrorCode#LOCKED} where it is under way
   */
  public void forget(@Nullable String run) {
    Path journal =
        journals().stream()
            .filter(each -> Journal.id(each).equals(run) && !hasEnded(each))
            .findFirst()
            .orElseThrow(
                () ->
                    new ArchiveException(
                        ErrorCode.USAGE,
                        "there is no unfinished run " + Text.quote(run) + "; nothing was done"));
    try (FileLock lock = FileLock.tryLock(journal.resolveSibling("lock"))) {
      if (lock == null) {
        throw new ArchiveException(
            ErrorCode.LOCKED, "run " + run + " is under way; nothing was done");
      }
      Files.delete(journal);
      DurableFiles.forceDirectory(DurableFiles.parent(journal));
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  private static boolean hasEnded(Path journal) {
    try {
      return Journal.unfinished(journal) == null;
    } catch (ArchiveException e) {
      // Damage can only be forgotten.
      return false;
    }
  }

  private List<Path> journals() {
    List<Path> journals = new ArrayList<>();
    if (!isThere(runs())) {
      return journals;
    }
    try (DirectoryStream<Path> directories = Files.newDirectoryStream(runs())) {
      for (Path directory : directories) {
        Path journal = directory.resolve("journal");
        if (Files.exists(journal)) {
          journals.add(journal);
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      throw unusable(LocalErrors.ofListing(e));
    }
    return journals;
  }

  /** Keeps a receipt, durably. */
  public void keepReceipt(BatchId batch, DurableFiles.Content content) {
    try {
      Path directory = DurableDirectories.ofOwner(root).ensure(root.resolve("receipts"));
      DurableFiles.publish(directory.resolve(batch + ".json"), content, DurableFiles.PRIVATE_FILE);
    } catch (IOException e) {
      throw new ArchiveException(
          ErrorCode.UNAVAILABLE,
          "batch "
              + batch
              + " is archived, but its receipt could not be kept in "
              + Text.quote(root.toString())
              + ": "
              + SourceFile.reason(e)
              + ". Mend that and run the same command again: it sends nothing more",
          e);
    }
  }

  /** The file of a batch's receipt, whether or not there is one. */
  public Path receipt(BatchId batch) {
    return root.resolve("receipts").resolve(batch + ".json");
  }

  /**
   * Where the files of a batch come from, as the journal of its run has it: receipts of older
   * programs do not say.
   *
   * @return null where no journal tells
   */
  public @Nullable Origin origin(BatchId batch) {
    return journals().stream()
        .map(journal -> Journal.origin(batch, journal))
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(null);
  }

  /** The files of all receipts, oldest batch first. */
  public List<Path> receipts() {
    if (!isThere(root.resolve("receipts"))) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(root.resolve("receipts"))) {
      return files
          .filter(file -> file.getFileName().toString().matches("[^.].*\\.json"))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  /** Whether a directory is there; what stands in its way is no directory that is empty. */
  private boolean isThere(Path directory) {
    try {
      if (Files.readAttributes(directory, BasicFileAttributes.class).isDirectory()) {
        return true;
      }
      throw unusable(new NotDirectoryException(directory.toString()));
    } catch (NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  private ArchiveException unusable(IOException e) {
    return new ArchiveException(
        LocalErrors.isTemporary(e) ? ErrorCode.UNAVAILABLE : ErrorCode.USAGE,
        "the state directory "
            + Text.quote(root.toString())
            + " cannot be used: "
            + SourceFile.reason(e)
            + "; nothing was sent. Name another with --state-dir",
        e);
  }
}
