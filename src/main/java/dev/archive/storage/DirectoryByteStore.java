package dev.archive.storage;

import dev.archive.durable.DurableDirectories;
import dev.archive.durable.DurableFiles;
import dev.archive.durable.HeldDirectory;
import dev.archive.durable.LocalErrors;
import dev.archive.model.BatchId;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Objects as files of one directory: each batch a bag at {@code <root>/batches/<id>/} with its
 * payload in {@code data/}, and what is still arriving in {@code <root>/staging/<id>/}. Both lie in
 * one file system, so that publishing is a rename.
 */
public final class DirectoryByteStore implements ByteStore {
  private static final int BUFFER = 1 << 18;
  private static final String CLOSING = "closing";
  private static final Pattern TEMPORARY = Pattern.compile("[0-9]+-[-0-9a-f]+\\.tmp");
  private static final Pattern PARTS =
      Pattern.compile("[0-9A-Z]{26}(\\.parts|-[0-9]+-[-0-9a-f]+\\.part)");
  private final StorePlaces places;
  private final Publisher publisher;
  private final DirectoryParts parts;
  private final DurableDirectories directories;
  private final SpoolMemory spoolMemory = new SpoolMemory();
  private final Quarantine quarantine;

  /**
   * Opens the store, making its directories where they are missing.
   *
   * @param forcing on which the files of a group are forced to the disk side by side
   */
  public DirectoryByteStore(Path root, Executor forcing) throws IOException {
    this.places = new StorePlaces(root);
    this.directories = DurableDirectories.following(places.root());
    this.publisher = new Publisher(places, directories, forcing);
    this.parts = new DirectoryParts(places, directories, forcing, publisher);
    this.quarantine = new Quarantine(places.root());
    directories.ensure(places.bags());
    directories.ensure(places.staging());
  }

  @Override
  public PartStore parts() {
    return parts;
  }

  /** Where the bag of a batch lies. */
  public Path bag(BatchId batch) {
    return places.bag(batch);
  }

  @Override
  public void requireStorable(BatchId batch, LogicalPath path) {
    places.requireStorable(batch, path);
  }

  @Override
  public long room() {
    return places.room();
  }

  /**
   * Removes what a process that ended in the middle of receiving left behind, and nothing that has
   * not a name of ours. Only for one that is alone on the root.
   */
  public void sweep() throws IOException {
    List<Path> swept = new ArrayList<>(List.of(places.staging()));
    staged().forEach(batch -> swept.add(places.staging(batch)));
    for (Path directory : swept) {
      try (var files = Files.newDirectoryStream(directory, "*.tmp")) {
        for (Path file : files) {
          if (isTemporary(file.getFileName().toString())) {
            deleteQuietly(file);
          }
        }
      } catch (NoSuchFileException e) {
        // It is gone.
      }
    }
  }

  /** Whether a name is one that this class gives to what has not arrived yet. */
  private static boolean isTemporary(String name) {
    return TEMPORARY.matcher(name).matches();
  }

  private static boolean isStaged(String name) {
    return name.equals(CLOSING)
        || name.startsWith("." + CLOSING + ".")
        || isTemporary(name)
        || PARTS.matcher(name).matches();
  }

  @Override
  public Incoming<Staged> receive(BatchId batch, long size) {
    DirectoryWriter writer = writer(batch);
    try {
      return new IncomingObject(publisher, writer.directory, batch, size, writer.directory);
    } catch (RuntimeException e) {
      writer.close();
      throw e;
    }
  }

  @Override
  public DirectoryWriter writer(BatchId batch) {
    try {
      return new DirectoryWriter(batch, directories.hold(places.staging(batch)));
    } catch (IOException e) {
      throw StorageErrors.translate("storing objects", e);
    }
  }

  /** Takes objects of one batch, whose staging directory it holds. */
  private final class DirectoryWriter implements ObjectWriter {
    private final BatchId batch;
    private final HeldDirectory directory;

    private DirectoryWriter(BatchId batch, HeldDirectory directory) {
      this.batch = batch;
      this.directory = directory;
    }

    @Override
    public Staged receive(InputStream body, long size) {
      return Incoming.of(
          body,
          new IncomingObject(publisher, directory, batch, size, null),
          (int) Math.min(BUFFER, size));
    }

    @Override
    public Forcing force(Collection<? extends Staged> group) {
      CompletableFuture<Void> forced =
          publisher.force(group.stream().map(StagedFile.class::cast).toList());
      return () -> Publisher.await(forced);
    }

    @Override
    public void publish(Map<LogicalPath, Staged> group) {
      Map<LogicalPath, StagedFile> files = new LinkedHashMap<>();
      group.forEach((path, staged) -> files.put(path, (StagedFile) staged));
      publisher.publish(files);
    }

    @Override
    public void close() {
      directory.close();
    }
  }

  /** Begins to hold bytes for a batch that are to be looked at when all of them are there. */
  public Spool spool(BatchId batch) {
    return new Spool(
        spoolMemory,
        () -> {
          try (HeldDirectory directory = directories.hold(places.staging(batch))) {
            return nameless(directory);
          }
        },
        places::requireRoom);
  }

  /**
   * Begins to hold an answer until its reader has taken it. It may use the room that is kept free
   * of uploads, for a full archive must still answer.
   */
  public Spool spool() {
    return new Spool(
        spoolMemory,
        () -> {
          try (HeldDirectory directory = directories.hold(places.staging())) {
            return nameless(directory);
          }
        },
        size -> {});
  }

  private FileChannel nameless(HeldDirectory directory) throws IOException {
    Path name = Path.of(places.temporary());
    FileChannel channel =
        directory.open(
            name, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
    directory.removeFile(name);
    return channel;
  }

  /** Forces the name: a process that gave it may have been killed before the name was durable. */
  @Override
  public @Nullable Stored read(BatchId batch, LogicalPath path) {
    try {
      Path object = places.object(batch, path);
      Stored stored = digestOf(object);
      if (stored != null) {
        DurableFiles.forceDirectory(directories.ensure(DurableFiles.parent(object)));
      }
      return stored;
    } catch (IOException e) {
      throw StorageErrors.translate("reading " + path, e);
    }
  }

  @Override
  public ObjectPresence presence(BatchId batch) {
    return new FilePresence(places.root(), places.bag(batch).resolve("data"));
  }

  @Override
  public @Nullable ObjectStamp stamp(BatchId batch, LogicalPath path) {
    return FileStamp.of(places.object(batch, path));
  }

  @Override
  public StoredObjects objects(BatchId batch) {
    return new StoredFiles(directories, places.bag(batch));
  }

  @Override
  public void publishTag(BatchId batch, String name, DurableFiles.Content content) {
    try (HeldDirectory staging = directories.hold(places.staging(batch));
        HeldDirectory bag = directories.hold(places.bag(batch))) {
      bag.publish(Path.of(name), staging, Path.of(places.temporary()), content);
    } catch (IOException e) {
      throw StorageErrors.translate("writing " + name, e);
    }
  }

  @Override
  public void beginClosing(BatchId batch) {
    try (HeldDirectory staging = directories.hold(places.staging(batch))) {
      staging.publish(Path.of(CLOSING), staging, Path.of(places.temporary()), out -> {});
    } catch (IOException e) {
      throw StorageErrors.translate("closing the bag of " + batch, e);
    }
  }

  @Override
  public boolean isClosing(BatchId batch) {
    return Files.exists(places.staging(batch).resolve(CLOSING), LinkOption.NOFOLLOW_LINKS);
  }

  @Override
  public List<BatchId> staged() {
    return batchesIn(places.staging());
  }

  @Override
  public List<BatchId> bags() {
    return batchesIn(places.bags());
  }

  /** How many batches have bytes here, staged or published. */
  public long batchesWithBytes() {
    Set<BatchId> batches = new HashSet<>(bags());
    batches.addAll(staged());
    return batches.size();
  }

  /** What has no batch's name is not ours. */
  static List<BatchId> batchesIn(Path directory) {
    List<BatchId> batches = new ArrayList<>();
    try (var names = Files.newDirectoryStream(directory)) {
      for (Path name : names) {
        String text = name.getFileName().toString();
        if (text.matches("[0-7][0-9A-HJKMNP-TV-Z]{25}")
            && Files.isDirectory(name, LinkOption.NOFOLLOW_LINKS)) {
          batches.add(new BatchId(text));
        }
      }
      return batches;
    } catch (IOException | DirectoryIteratorException e) {
      throw StorageErrors.translate("listing " + directory, LocalErrors.ofListing(e));
    }
  }

  @Override
  public boolean hasBag(BatchId batch) {
    return Files.isDirectory(places.bag(batch), LinkOption.NOFOLLOW_LINKS);
  }

  @Override
  public boolean hasTag(BatchId batch, String name) {
    return Files.isRegularFile(places.bag(batch).resolve(name), LinkOption.NOFOLLOW_LINKS);
  }

  @Override
  public void removeTag(BatchId batch, String name) {
    remove(places.bag(batch).resolve(name));
  }

  @Override
  public void removeObject(BatchId batch, LogicalPath path) {
    remove(places.object(batch, path));
  }

  /** What lies behind a link is not the store's, and stays. */
  private void remove(Path file) {
    try (HeldDirectory directory = directories.holdIfThere(DurableFiles.parent(file))) {
      if (directory != null && directory.removeFile(file.getFileName())) {
        directory.force();
      }
    } catch (IOException e) {
      throw StorageErrors.translate("removing " + file.getFileName(), e);
    }
  }

  @Override
  public void endStaging(BatchId batch) {
    Path directory = places.staging(batch);
    directories.forget(directory);
    directories.forget(places.bag(batch));
    try (var files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        if (isStaged(file.getFileName().toString())) {
          deleteQuietly(file);
        }
      }
      Files.deleteIfExists(directory);
    } catch (NoSuchFileException | NotDirectoryException | DirectoryNotEmptyException e) {
      // Nothing was ever staged, or it is gone already; or somebody stages at this very moment, or
      // something that is not ours lies there.
    } catch (IOException e) {
      throw StorageErrors.translate("clearing the staging area of " + batch, e);
    }
  }

  @Override
  public boolean remove(
      BatchId batch, Set<String> tags, Function<List<String>, Set<String>> registered) {
    parts.revoke(batch);
    Set<String> names = new HashSet<>(tags);
    tags.forEach(tag -> names.add(HeldDirectory.temporary(tag)));
    boolean strangers = false;
    try (HeldDirectory bags = directories.holdIfThere(places.bags());
        HeldDirectory bag = directories.holdIfThere(places.bag(batch))) {
      if (bags != null && bag != null) {
        strangers = new BagRemoval(names, registered).run(bag);
        bags.removeDirectory(places.bag(batch).getFileName());
      }
    } catch (IOException | DirectoryIteratorException e) {
      throw StorageErrors.translate("removing the bytes of " + batch, LocalErrors.ofListing(e));
    }
    endStaging(batch);
    return strangers;
  }

  @Override
  public @Nullable String setAside(BatchId batch, boolean bag, String why, Instant when) {
    Path place = bag ? places.bag(batch) : places.staging(batch);
    directories.forget(place);
    try {
      return quarantine.take(places.root().relativize(place), "bytes of batch " + batch, why, when);
    } catch (IOException e) {
      throw StorageErrors.translate("moving the bytes of " + batch + " into quarantine", e);
    }
  }

  /** What was set aside. */
  public Quarantine quarantine() {
    return quarantine;
  }

  private static @Nullable Stored digestOf(Path file) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      MessageDigest digest = Sha256.newDigest();
      ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
      long size = 0;
      while (channel.read(buffer.clear()) >= 0) {
        size += buffer.position();
        digest.update(buffer.flip());
      }
      return new Stored(size, Sha256.of(digest));
    } catch (NoSuchFileException e) {
      return null;
    } catch (FileSystemException e) {
      if (String.valueOf(e.getReason()).contains("Not a directory")) {
        return null;
      }
      throw e;
    }
  }

  static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  static void closeQuietly(@Nullable FileChannel channel) {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      // Nobody counts on what was written through it.
    }
  }

  static void deleteQuietly(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // What cannot be deleted now is swept when the server starts again.
    }
  }
}
