package dev.archive.storage;

import dev.archive.durable.DurableDirectories;
import dev.archive.durable.DurableFiles;
import dev.archive.durable.Failpoint;
import dev.archive.durable.HeldDirectory;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import dev.archive.model.Text;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * Objects as files of one directory: each batch a bag at {@code <root>/batches/<id>/} with its
 * payload in {@code data/}, and what is still arriving in {@code <root>/staging/<id>/}. Both lie in
 * one file system, so that publishing is a rename.
 */
public final class DirectoryByteStore {
  private static final int BUFFER = 1 << 18;

  /** What file systems of Linux hold: bytes of one name, and of a whole path with its NUL. */
  private static final int MAX_NAME_LENGTH = 255;

  private static final int MAX_PATH_LENGTH = 4096;

  private static final String CLOSING = "closing";
  private static final Pattern TEMPORARY = Pattern.compile("[0-9]+-[-0-9a-f]+\\.tmp");
  private static final Pattern PARTS =
      Pattern.compile("[0-9A-Z]{26}(\\.parts|-[0-9]+-[-0-9a-f]+\\.part)");

  /** In bytes; kept free of objects, so that what becomes of batches can still be recorded. */
  private static final long RESERVE = 4 << 20;

  private final Path root;
  private final Executor forcing;
  private final DurableDirectories directories;
  private final SpoolMemory spoolMemory = new SpoolMemory();

  /** Makes names of ours differ from those of all other processes, those before us included. */
  private final UUID instance = UUID.randomUUID();

  private final AtomicLong temporaries = new AtomicLong();
  private final Map<String, PartWriter> writers = new ConcurrentHashMap<>();
  private final PartDigests digests = new PartDigests();
  private final LooseParts loose;
  private final Quarantine quarantine;

  /**
   * One write at a time goes into the file of an upload, by its id: Linux does so, and has the
   * others spin on the processor until then.
   */
  private final KeyLocks<String> turns = new KeyLocks<>();

  /**
   * An object's size and digest as this store wrote or read it.
   *
   * @param size in bytes
   */
  public record Stored(long size, Sha256 sha256) {}

  /**
   * An object whose bytes have all arrived, but which has no final name yet. Closing drops it
   * unless it was published.
   */
  public final class Staged implements AutoCloseable {
    private final BatchId batch;
    private final Path file;
    private final Stored stored;

    /** Through which it was written, until that is forced; null afterwards. */
    private FileChannel written;

    private boolean published;

    private Staged(BatchId batch, Path file, Stored stored, FileChannel written) {
      this.batch = batch;
      this.file = file;
      this.stored = stored;
      this.written = written;
    }

    public Stored stored() {
      return stored;
    }

    private void force() {
      try (FileChannel channel = written) {
        channel.force(true);
        written = null;
      } catch (IOException e) {
        throw StorageErrors.translate("storing an object", e);
      }
      Failpoint.reach("bytes-synced");
    }

    /**
     * Gives an object whose bytes are durable its final name; returns once that survives a power
     * cut.
     *
     * @return what tells whether the object is still this one; null where nothing does
     */
    public ObjectStamp publish(LogicalPath path) {
      ObjectStamp before = ObjectStamp.of(file);
      Path directory = objectPath(batch, path).getParent();
      move(directory, Map.of(path, this));
      forceDirectory(directory);
      ObjectStamp after = stamp(batch, path);
      return after == null ? null : after.ifRenamedFrom(before);
    }

    @Override
    public void close() {
      closeQuietly(written);
      if (!published) {
        deleteQuietly(file);
      }
    }
  }

  /**
   * Opens the store, making its directories where they are missing.
   *
   * @param forcing on which the files of a group are forced to the disk side by side
   */
  public DirectoryByteStore(Path root, Executor forcing) throws IOException {
    this.forcing = forcing;
    this.root = root.toAbsolutePath().normalize();
    this.directories = DurableDirectories.following(this.root);
    this.loose = new LooseParts(directories);
    this.quarantine = new Quarantine(this.root);
    directories.ensure(this.root.resolve("batches"));
    directories.ensure(this.root.resolve("staging"));
  }

  /**
   * Removes what a process that ended in the middle of receiving left behind, and nothing that has
   * not a name of ours. Only for one that is alone on the root.
   */
  public void sweep() throws IOException {
    List<Path> places = new ArrayList<>(List.of(root.resolve("staging")));
    staged().forEach(batch -> places.add(staging(batch)));
    for (Path place : places) {
      try (var files = Files.newDirectoryStream(place, "*.tmp")) {
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

  /**
   * Refuses a path that the file system could not hold, before anybody counts on it.
   *
   * @throws ArchiveException {@link ErrorCode#INVALID_REQUEST}
   */
  public void requireStorable(BatchId batch, LogicalPath path) {
    for (String name : path.segments()) {
      if (name.getBytes(StandardCharsets.UTF_8).length > MAX_NAME_LENGTH) {
        throw new ArchiveException(
            ErrorCode.INVALID_REQUEST,
            "a name in the path is longer than "
                + MAX_NAME_LENGTH
                + " bytes, the most that the archive's file system allows: "
                + Text.quote(name));
      }
    }
    int base = (bag(batch) + "/data").getBytes(StandardCharsets.UTF_8).length;
    if (base + path.toString().getBytes(StandardCharsets.UTF_8).length >= MAX_PATH_LENGTH) {
      throw new ArchiveException(
          ErrorCode.INVALID_REQUEST,
          "the path is longer than the archive's file system allows: "
              + Text.quote(path.toString()));
    }
  }

  /** How many bytes there is room for; no bound where the file system does not tell. */
  public long room() {
    File place = root.toFile();
    long usable = place.getUsableSpace();
    return usable == 0 && place.getTotalSpace() == 0
        ? Long.MAX_VALUE
        : Math.max(0, usable - RESERVE);
  }

  /**
   * Refuses bytes before they fill the disk: what arrived of a part until there was no room would
   * keep room from others.
   */
  private void requireRoom(long size) {
    if (size > room()) {
      throw StorageErrors.full(null);
    }
  }

  /** Where the bag of a batch lies. */
  public Path bag(BatchId batch) {
    return root.resolve("batches").resolve(batch.value());
  }

  /**
   * Takes the bytes of a whole object: hashed in the pass that writes them, durable when it is
   * finished, and not yet published.
   *
   * @param size how many bytes there must be
   * @throws ArchiveException {@link ErrorCode#BODY_SIZE} where there are fewer or more
   */
  public Incoming<Staged> receive(BatchId batch, long size) {
    Arrivals arrivals = arrivals(batch);
    try {
      return new IncomingObject(arrivals.directory, batch, size, arrivals);
    } catch (RuntimeException e) {
      arrivals.close();
      throw e;
    }
  }

  /** Begins to take many objects of a batch. */
  public Arrivals arrivals(BatchId batch) {
    try {
      return new Arrivals(batch, directories.hold(staging(batch)));
    } catch (IOException e) {
      throw StorageErrors.translate("storing objects", e);
    }
  }

  /** Takes objects of one batch; closing drops none of them. */
  public final class Arrivals implements AutoCloseable {
    private final BatchId batch;
    private final HeldDirectory directory;

    private Arrivals(BatchId batch, HeldDirectory directory) {
      this.batch = batch;
      this.directory = directory;
    }

    /**
     * Takes the bytes of one: hashed in the pass that writes them, and durable only once a group
     * with it was {@link #force}d.
     */
    public Staged receive(InputStream body, long size) {
      return Incoming.of(
          body, new IncomingObject(directory, batch, size, null), (int) Math.min(BUFFER, size));
    }

    @Override
    public void close() {
      directory.close();
    }
  }

  /** An object that is arriving. */
  private final class IncomingObject implements Incoming<Staged> {
    private final BatchId batch;
    private final Arrivals alone;
    private final Path temp;
    private final FileChannel channel;
    private final ExactSize count;
    private final long size;
    private final MessageDigest digest = Sha256.newDigest();
    private boolean done;

    /**
     * Begins.
     *
     * @param alone is closed with this, and the object is durable when it is finished; null where
     *     it comes in a group
     */
    IncomingObject(HeldDirectory directory, BatchId batch, long size, Arrivals alone) {
      requireRoom(size);
      this.batch = batch;
      this.alone = alone;
      this.size = size;
      this.count = new ExactSize(size);
      this.temp = temporary(batch);
      try {
        this.channel =
            directory.open(
                temp.getFileName(), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      } catch (IOException e) {
        throw StorageErrors.translate("storing an object", e);
      }
    }

    @Override
    public void write(ByteBuffer bytes) {
      count.add(bytes);
      try {
        digest.update(bytes.duplicate());
        writeFully(channel, bytes);
      } catch (IOException e) {
        throw StorageErrors.translate("storing an object", e);
      }
    }

    @Override
    public Staged finish() {
      count.requireAll();
      Failpoint.reach("bytes-written");
      Staged staged = new Staged(batch, temp, new Stored(size, Sha256.of(digest)), channel);
      if (alone != null) {
        staged.force();
      }
      done = true;
      return staged;
    }

    @Override
    public void close() {
      if (alone != null) {
        alone.close();
      }
      if (!done) {
        closeQuietly(channel);
        deleteQuietly(temp);
      }
    }
  }

  private Path temporary(BatchId batch) {
    return staging(batch).resolve(temporary());
  }

  private String temporary() {
    return temporaries.incrementAndGet() + "-" + instance + ".tmp";
  }

  /** Begins to hold bytes for a batch that are to be looked at when all of them are there. */
  public Spool spool(BatchId batch) {
    return new Spool(
        spoolMemory,
        () -> {
          try (HeldDirectory directory = directories.hold(staging(batch))) {
            return nameless(directory);
          }
        },
        this::requireRoom);
  }

  /**
   * Begins to hold an answer until its reader has taken it. It may use the room that is kept free
   * of uploads, for a full archive must still answer.
   */
  public Spool spool() {
    return new Spool(
        spoolMemory,
        () -> {
          try (HeldDirectory directory = directories.hold(root.resolve("staging"))) {
            return nameless(directory);
          }
        },
        size -> {});
  }

  private FileChannel nameless(HeldDirectory directory) throws IOException {
    Path name = Path.of(temporary());
    FileChannel channel =
        directory.open(
            name, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
    directory.removeFile(name);
    return channel;
  }

  /**
   * Makes the bytes of a group durable. Forced side by side, small files share the writes of the
   * file system's journal: sixteen at once were 2.4 times as fast here as one after the other, four
   * 1.8 times, and sixty-four no faster than sixteen. One {@code syncfs} of the whole file system
   * was 1.15 times as fast again, and would wait for what others write.
   *
   * @return completes once they are; with the first failure where they could not be made so
   */
  public CompletableFuture<Void> force(Collection<Staged> group) {
    return sideBySide(group, Staged::force);
  }

  /**
   * Gives a group whose bytes are durable its final names; returns once those survive a power cut.
   * Each directory is forced once.
   */
  public void publish(Map<LogicalPath, Staged> group) {
    Map<Path, Map<LogicalPath, Staged>> byDirectory = new HashMap<>();
    group.forEach(
        (path, staged) ->
            byDirectory
                .computeIfAbsent(
                    objectPath(staged.batch, path).getParent(), directory -> new HashMap<>())
                .put(path, staged));
    byDirectory.forEach(this::move);
    await(sideBySide(byDirectory.keySet(), this::forceDirectory));
  }

  /** Gives objects of one batch their final names in a directory that is to be forced then. */
  private void move(Path directory, Map<LogicalPath, Staged> group) {
    Path staging = group.values().iterator().next().file.getParent();
    try (HeldDirectory from = directories.hold(staging);
        HeldDirectory to = directories.hold(directory)) {
      for (Map.Entry<LogicalPath, Staged> each : group.entrySet()) {
        Staged staged = each.getValue();
        from.move(staged.file.getFileName(), to, Path.of(each.getKey().fileName()));
        staged.published = true;
        Failpoint.reach("renamed");
      }
    } catch (IOException e) {
      throw StorageErrors.translate("publishing into " + directory, e);
    }
  }

  private <T> CompletableFuture<Void> sideBySide(Collection<T> items, Consumer<T> work) {
    return CompletableFuture.allOf(
        items.stream()
            .map(item -> CompletableFuture.runAsync(() -> work.accept(item), forcing))
            .toArray(CompletableFuture<?>[]::new));
  }

  /** Waits for work on a group; its failure becomes the caller's. */
  public static void await(CompletableFuture<Void> work) {
    try {
      work.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof ArchiveException known ? known : e;
    }
  }

  private void forceDirectory(Path directory) {
    try (HeldDirectory held = directories.hold(directory)) {
      held.force();
    } catch (IOException e) {
      throw StorageErrors.translate("publishing into " + directory.getFileName(), e);
    }
  }

  /** Takes bytes only to know their digest; nothing is kept. */
  public static Incoming<Stored> digest(long size) {
    MessageDigest digest = Sha256.newDigest();
    return new IncomingSum<>(size, digest::update, () -> new Stored(size, Sha256.of(digest)));
  }

  /**
   * Begins to write one part at its place in the one file that will be the object. A writer that
   * was writing the same part can write no more: the last comer is the one whose sender still
   * waits.
   */
  public PartWriter writePart(BatchId batch, String uploadId, int number) {
    PartWriter writer = new PartWriter(batch, uploadId, number);
    PartWriter before = writers.put(writer.name(), writer);
    if (before != null) {
      before.revoke();
    }
    return writer;
  }

  /** How far a large object that is not published yet reaches, in bytes; 0 where there is none. */
  public long partsEnd(BatchId batch, String uploadId) {
    Path file = partsFile(batch, uploadId);
    try {
      return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
          .size();
    } catch (NoSuchFileException e) {
      return 0;
    } catch (IOException e) {
      throw StorageErrors.translate("looking for parts", e);
    }
  }

  /**
   * The right to write one part. It ends when the part is sent again or the object is assembled, so
   * that no late byte changes what others have proved.
   */
  public final class PartWriter implements AutoCloseable {
    private final BatchId batch;
    private final String uploadId;
    private final int number;
    private boolean revoked;

    private PartWriter(BatchId batch, String uploadId, int number) {
      this.batch = batch;
      this.uploadId = uploadId;
      this.number = number;
    }

    private String name() {
      return uploadId + "/" + number;
    }

    /**
     * Takes the bytes; durable when it is finished, with a mark of the part's content, which does
     * for an ETag.
     *
     * @param offset of the part in the object
     * @param size of the part
     * @param declared the digest its bytes must have, or null
     */
    public Incoming<String> receive(long offset, long size, Sha256 declared) {
      return new IncomingPart(this, offset, size, declared);
    }

    private synchronized void arrived(Path file, long offset, long size) {
      requireRight();
      digests.arrived(file, offset, size);
    }

    private synchronized void write(FileChannel channel, ByteBuffer bytes) throws IOException {
      requireRight();
      try (KeyLocks.Held turn = turns.hold(uploadId)) {
        writeFully(channel, bytes);
      }
    }

    /**
     * Proves that nobody else has written the part since.
     *
     * @throws ArchiveException {@link ErrorCode#CONFLICT}
     */
    public synchronized void requireRight() {
      if (revoked) {
        throw new ArchiveException(
            ErrorCode.CONFLICT,
            "part "
                + number
                + " was sent again, or its file completed, while this one was arriving");
      }
    }

    private synchronized void revoke() {
      revoked = true;
    }

    @Override
    public void close() {
      writers.remove(name(), this);
    }
  }

  /** A part that is arriving. */
  private final class IncomingPart implements Incoming<String> {
    private final PartWriter writer;
    private final Path file;
    private final FileChannel channel;
    private final ExactSize count;
    private final long offset;
    private final long size;
    private final PartSum sum;

    IncomingPart(PartWriter writer, long offset, long size, Sha256 declared) {
      requireRoom(size);
      this.writer = writer;
      this.offset = offset;
      this.size = size;
      this.sum = new PartSum(declared);
      this.count = new ExactSize(size);
      this.file = partsFile(writer.batch, writer.uploadId);
      FileChannel opened = null;
      try (HeldDirectory directory = directories.hold(file.getParent())) {
        opened =
            directory.open(file.getFileName(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        opened.position(offset);
        digests.changes(file, offset);
      } catch (IOException e) {
        closeQuietly(opened);
        throw StorageErrors.translate("storing a part", e);
      }
      this.channel = opened;
    }

    @Override
    public void write(ByteBuffer bytes) {
      count.add(bytes);
      sum.add(bytes);
      try {
        writer.write(channel, bytes);
      } catch (IOException e) {
        throw StorageErrors.translate("storing a part", e);
      }
    }

    @Override
    public String finish() {
      count.requireAll();
      try {
        channel.force(true);
        channel.close();
        sum.requireDeclared("part " + writer.number);
        forceDirectory(file.getParent());
        writer.arrived(file, offset, size);
        forcing.execute(() -> digests.goOn(file));
        return sum.mark(size);
      } catch (IOException e) {
        throw StorageErrors.translate("storing a part", e);
      }
    }

    @Override
    public void close() {
      closeQuietly(channel);
      writer.close();
    }
  }

  /** Takes bytes only to know the mark that they would have as a part; nothing is kept. */
  public static Incoming<String> mark(long size) {
    CRC32C crc = new CRC32C();
    return new IncomingSum<>(size, crc::update, () -> mark(crc, size));
  }

  /** The mark of a piece of a published object. */
  public String markOf(BatchId batch, LogicalPath path, long offset, long size) {
    try (FileChannel channel =
        FileChannel.open(
            objectPath(batch, path), StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      channel.position(offset);
      CRC32C crc = new CRC32C();
      ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
      long left = size;
      while (left > 0 && channel.read(buffer.clear().limit((int) Math.min(left, BUFFER))) >= 0) {
        left -= buffer.position();
        crc.update(buffer.flip());
      }
      return mark(crc, size - left);
    } catch (IOException e) {
      throw StorageErrors.translate("reading " + path, e);
    }
  }

  private static String mark(CRC32C crc, long size) {
    return mark(crc.getValue(), size);
  }

  static String mark(long crc, long size) {
    return String.format("crc32c-%08x-%d", crc, size);
  }

  /**
   * A part that lies in a file of its own.
   *
   * @param name of that file
   * @param size in bytes
   * @param mark of its content, which does for an ETag
   */
  public record LoosePart(String name, long size, String mark) {}

  /**
   * A piece of a large object.
   *
   * @param name of the loose part that it is; null where it lies at its place among the others
   * @param offset of that place; 0 in a loose part
   * @param size in bytes
   * @param mark of its content
   */
  public record Piece(String name, long offset, long size, String mark) {}

  /**
   * Takes the bytes of a part whose place is not known yet; durable when it is finished.
   *
   * @param max the most bytes
   * @param declared the digest its bytes must have, or null
   */
  public Incoming<LoosePart> receiveLoosePart(
      BatchId batch, String uploadId, long max, Sha256 declared) {
    requireRoom(max);
    String name = uploadId + "-" + temporaries.incrementAndGet() + "-" + instance + ".part";
    try {
      return loose.receive(staging(batch), name, max, declared);
    } catch (IOException e) {
      throw StorageErrors.translate("storing a part", e);
    }
  }

  /** Whether a loose part is there whole. */
  public boolean hasLoosePart(BatchId batch, String name, long size) {
    try {
      return LooseParts.size(staging(batch).resolve(name)) == size;
    } catch (IOException e) {
      throw StorageErrors.translate("looking for parts", e);
    }
  }

  /** Removes a loose part that nobody counts on any more. */
  public void dropLoosePart(BatchId batch, String name) {
    deleteQuietly(staging(batch).resolve(name));
  }

  /**
   * The object of pieces of which some are loose, copied one after the other, hashed and durable,
   * and ready to be published. From now on nobody who began to write a part before can go on.
   *
   * @param size of all pieces
   * @return null where a piece is not what its mark says
   */
  public Staged join(BatchId batch, String uploadId, List<Piece> pieces, long size) {
    requireRoom(size);
    writers.values().stream()
        .filter(writer -> writer.uploadId.equals(uploadId))
        .forEach(PartWriter::revoke);
    Path temp = temporary(batch);
    String parts = partsFile(batch, uploadId).getFileName().toString();
    List<Piece> files =
        pieces.stream()
            .map(
                each ->
                    each.name() == null
                        ? new Piece(parts, each.offset(), each.size(), each.mark())
                        : each)
            .toList();
    boolean done = false;
    try (HeldDirectory directory = directories.hold(staging(batch));
        FileChannel out =
            directory.open(
                temp.getFileName(), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      Sha256 whole = loose.join(staging(batch), files, out);
      if (whole == null) {
        return null;
      }
      out.force(true);
      done = true;
      return new Staged(batch, temp, new Stored(size, whole), null);
    } catch (IOException e) {
      throw StorageErrors.translate("assembling an object", e);
    } finally {
      if (!done) {
        deleteQuietly(temp);
      }
    }
  }

  /** The parts of a large object, which are published as another file, are needed no more. */
  public void dropParts(BatchId batch, String uploadId, List<Piece> pieces) {
    pieces.stream()
        .filter(each -> each.name() != null)
        .forEach(
            each -> {
              dropLoosePart(batch, each.name());
              Failpoint.reach("loose-part-dropped");
            });
    deleteQuietly(partsFile(batch, uploadId));
  }

  /**
   * The object whose parts have all arrived, hashed and ready to be published. From now on nobody
   * who began to write a part before can go on.
   *
   * @return null where there is no such file, because it was published before or never begun
   */
  public Staged assemble(BatchId batch, String uploadId, long size) {
    Path file = partsFile(batch, uploadId);
    writers.values().stream()
        .filter(writer -> writer.uploadId.equals(uploadId))
        .forEach(PartWriter::revoke);
    try {
      long end = partsEnd(batch, uploadId);
      if (end == 0) {
        return null;
      }
      if (end != size) {
        throw new ArchiveException(
            ErrorCode.BYTES_MISSING, end + " of " + Count.of(size, "byte") + " have arrived");
      }
      return new Staged(batch, file, new Stored(size, digests.finish(file)), null);
    } catch (IOException e) {
      throw StorageErrors.translate("assembling an object", e);
    }
  }

  /**
   * Reads and hashes a published object; null where there is none. Its name is durable when this
   * returns: a process that gave it that name may have been killed before it was.
   */
  public Stored read(BatchId batch, LogicalPath path) {
    try {
      Path object = objectPath(batch, path);
      Stored stored = digestOf(object);
      if (stored != null) {
        DurableFiles.forceDirectory(directories.ensure(object.getParent()));
      }
      return stored;
    } catch (IOException e) {
      throw StorageErrors.translate("reading " + path, e);
    }
  }

  /** What sees whether the objects of a batch are there. */
  public ObjectPresence presence(BatchId batch) {
    return new ObjectPresence(root, bag(batch).resolve("data"));
  }

  /** What tells whether a published object is the same as before; null where nothing does. */
  public ObjectStamp stamp(BatchId batch, LogicalPath path) {
    return ObjectStamp.of(objectPath(batch, path));
  }

  /** Publishes a tag file of a bag, durably, over one of the same name. */
  public void publishTag(BatchId batch, String name, DurableFiles.Content content) {
    try (HeldDirectory bag = directories.hold(bag(batch))) {
      bag.publish(Path.of(name), content);
    } catch (IOException e) {
      throw StorageErrors.translate("writing " + name, e);
    }
  }

  /**
   * Notes, durably, that a bag is being closed; {@link #endStaging} takes the note back. A bag with
   * all its tag files and this note may never have been finished.
   */
  public void beginClosing(BatchId batch) {
    try (HeldDirectory staging = directories.hold(staging(batch))) {
      staging.publish(Path.of(CLOSING), out -> {});
    } catch (IOException e) {
      throw StorageErrors.translate("closing the bag of " + batch, e);
    }
  }

  /** Whether the closing of a bag was begun, and not ended. */
  public boolean isClosing(BatchId batch) {
    return Files.exists(staging(batch).resolve(CLOSING), LinkOption.NOFOLLOW_LINKS);
  }

  /** The batches for which something is or was arriving. */
  public List<BatchId> staged() {
    return batchesIn(root.resolve("staging"));
  }

  /** The batches that have a directory for what is published. */
  public List<BatchId> bags() {
    return batchesIn(root.resolve("batches"));
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
      throw StorageErrors.translate(
          "listing " + directory, e instanceof IOException io ? io : (IOException) e.getCause());
    }
  }

  /** Whether a batch has its directory. */
  public boolean hasBag(BatchId batch) {
    return Files.isDirectory(bag(batch), LinkOption.NOFOLLOW_LINKS);
  }

  /** Whether a tag file is there. */
  public boolean hasTag(BatchId batch, String name) {
    return Files.isRegularFile(bag(batch).resolve(name), LinkOption.NOFOLLOW_LINKS);
  }

  /**
   * Removes a tag file, where it is there; it is gone for good once this returns. What lies behind
   * a link is not the store's, and stays.
   */
  public void removeTag(BatchId batch, String name) {
    remove(bag(batch).resolve(name));
  }

  /** Removes what was published of a file that is in the batch no more, as a tag file is. */
  public void removeObject(BatchId batch, LogicalPath path) {
    remove(objectPath(batch, path));
  }

  private void remove(Path file) {
    try (HeldDirectory directory = directories.holdIfThere(file.getParent())) {
      if (directory != null && directory.removeFile(file.getFileName())) {
        directory.force();
      }
    } catch (IOException e) {
      throw StorageErrors.translate("removing " + file.getFileName(), e);
    }
  }

  /** A batch is finished: what was staged for it and never published goes. */
  public void endStaging(BatchId batch) {
    Path directory = staging(batch);
    directories.forget(directory);
    directories.forget(bag(batch));
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

  /**
   * Removes all bytes of a batch, published or not; writers of its parts can write no more. Nobody
   * may count on them any longer, so it need not survive a power cut: it is done again.
   *
   * @param tags names that files of the archive have beside the payload
   * @param registered which of some logical paths are or were registered in the batch
   * @return whether something lies in the bag that the archive did not write; it stays
   */
  public boolean remove(
      BatchId batch, Set<String> tags, Function<List<String>, Set<String>> registered) {
    writers.values().stream()
        .filter(writer -> writer.batch.equals(batch))
        .forEach(PartWriter::revoke);
    Set<String> names = new HashSet<>(tags);
    tags.forEach(tag -> names.add(HeldDirectory.temporary(tag)));
    boolean strangers = false;
    try (HeldDirectory bags = directories.holdIfThere(root.resolve("batches"));
        HeldDirectory bag = directories.holdIfThere(bag(batch))) {
      if (bag != null) {
        strangers = new BagRemoval(names, registered).run(bag);
        bags.removeDirectory(bag(batch).getFileName());
      }
    } catch (IOException | DirectoryIteratorException e) {
      throw StorageErrors.translate(
          "removing the bytes of " + batch,
          e instanceof IOException io ? io : (IOException) e.getCause());
    }
    endStaging(batch);
    return strangers;
  }

  /**
   * Moves what lies of a batch, staged or as a bag, into quarantine.
   *
   * @return the name of the entry, or null where nothing lies there
   */
  public String setAside(BatchId batch, boolean bag, String why, Instant when) {
    Path place = bag ? bag(batch) : staging(batch);
    directories.forget(place);
    try {
      return quarantine.take(root.relativize(place), "bytes of batch " + batch, why, when);
    } catch (IOException e) {
      throw StorageErrors.translate("moving the bytes of " + batch + " into quarantine", e);
    }
  }

  /** What was set aside. */
  public Quarantine quarantine() {
    return quarantine;
  }

  private Path staging(BatchId batch) {
    return root.resolve("staging").resolve(batch.value());
  }

  private Path partsFile(BatchId batch, String uploadId) {
    return staging(batch).resolve(uploadId + ".parts");
  }

  private Path objectPath(BatchId batch, LogicalPath path) {
    return bag(batch).resolve("data").resolve(path.relative());
  }

  private static Stored digestOf(Path file) throws IOException {
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

  static void closeQuietly(FileChannel channel) {
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
