package dev.archive.storage;

import dev.archive.durable.DurableDirectories;
import dev.archive.durable.Failpoint;
import dev.archive.durable.HeldDirectory;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import java.util.zip.CRC32C;

/**
 * Large objects that arrive in parts. Parts whose place is known lie in one file that becomes the
 * object; others are files of their own until the sizes of all are known.
 */
public final class PartStore {
  private static final int BUFFER = 1 << 18;

  private final StorePlaces places;
  private final DurableDirectories directories;
  private final Executor forcing;
  private final Publisher publisher;
  private final Map<String, PartWriter> writers = new ConcurrentHashMap<>();
  private final PartDigests digests = new PartDigests();
  private final LooseParts loose;

  /**
   * One write at a time goes into the file of an upload, by its id: Linux does so, and has the
   * others spin on the processor until then.
   */
  private final KeyLocks<String> turns = new KeyLocks<>();

  PartStore(
      StorePlaces places, DurableDirectories directories, Executor forcing, Publisher publisher) {
    this.places = places;
    this.directories = directories;
    this.forcing = forcing;
    this.publisher = publisher;
    this.loose = new LooseParts(directories);
  }

  /**
   * Begins to write one part at its place in the one file that will be the object. A writer that
   * was writing the same part can write no more: the last comer is the one whose sender still
   * waits.
   */
  public PartWriter write(BatchId batch, String uploadId, int number) {
    PartWriter writer = new PartWriter(batch, uploadId, number);
    PartWriter before = writers.put(writer.name(), writer);
    if (before != null) {
      before.revoke();
    }
    return writer;
  }

  /** How far a large object that is not published yet reaches, in bytes; 0 where there is none. */
  public long end(BatchId batch, String uploadId) {
    Path file = places.parts(batch, uploadId);
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
        DirectoryByteStore.writeFully(channel, bytes);
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
      places.requireRoom(size);
      this.writer = writer;
      this.offset = offset;
      this.size = size;
      this.sum = new PartSum(declared);
      this.count = new ExactSize(size);
      this.file = places.parts(writer.batch, writer.uploadId);
      FileChannel opened = null;
      try (HeldDirectory directory = directories.hold(file.getParent())) {
        opened =
            directory.open(file.getFileName(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        opened.position(offset);
        digests.changes(file, offset);
      } catch (IOException e) {
        DirectoryByteStore.closeQuietly(opened);
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
        publisher.forceDirectory(file.getParent());
        writer.arrived(file, offset, size);
        forcing.execute(() -> digests.goOn(file));
        return sum.mark(size);
      } catch (IOException e) {
        throw StorageErrors.translate("storing a part", e);
      }
    }

    @Override
    public void close() {
      DirectoryByteStore.closeQuietly(channel);
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
            places.object(batch, path), StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
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
   * Takes the bytes of a part whose place is not known yet; durable when it is finished.
   *
   * @param max the most bytes
   * @param declared the digest its bytes must have, or null
   */
  public Incoming<LoosePart> receiveLoose(
      BatchId batch, String uploadId, long max, Sha256 declared) {
    places.requireRoom(max);
    String name = places.loosePart(uploadId);
    try {
      return loose.receive(places.staging(batch), name, max, declared);
    } catch (IOException e) {
      throw StorageErrors.translate("storing a part", e);
    }
  }

  /** Whether a loose part is there whole. */
  public boolean hasLoose(BatchId batch, String name, long size) {
    try {
      return LooseParts.size(places.staging(batch).resolve(name)) == size;
    } catch (IOException e) {
      throw StorageErrors.translate("looking for parts", e);
    }
  }

  /** Removes a loose part that nobody counts on any more. */
  public void dropLoose(BatchId batch, String name) {
    DirectoryByteStore.deleteQuietly(places.staging(batch).resolve(name));
  }

  /**
   * The object of pieces of which some are loose, copied one after the other, hashed and durable,
   * and ready to be published. From now on nobody who began to write a part before can go on.
   *
   * @param size of all pieces
   * @return null where a piece is not what its mark says
   */
  public Staged join(BatchId batch, String uploadId, List<Piece> pieces, long size) {
    places.requireRoom(size);
    revoke(writer -> writer.uploadId.equals(uploadId));
    Path temp = places.temporary(batch);
    String parts = places.parts(batch, uploadId).getFileName().toString();
    List<Piece> files =
        pieces.stream()
            .map(
                each ->
                    each.name() == null
                        ? new Piece(parts, each.offset(), each.size(), each.mark())
                        : each)
            .toList();
    boolean done = false;
    try (HeldDirectory directory = directories.hold(places.staging(batch));
        FileChannel out =
            directory.open(
                temp.getFileName(), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      Sha256 whole = loose.join(places.staging(batch), files, out);
      if (whole == null) {
        return null;
      }
      out.force(true);
      done = true;
      return new Staged(publisher, batch, temp, new Stored(size, whole), null);
    } catch (IOException e) {
      throw StorageErrors.translate("assembling an object", e);
    } finally {
      if (!done) {
        DirectoryByteStore.deleteQuietly(temp);
      }
    }
  }

  /** The parts of a large object, which are published as another file, are needed no more. */
  public void drop(BatchId batch, String uploadId, List<Piece> pieces) {
    pieces.stream()
        .filter(each -> each.name() != null)
        .forEach(
            each -> {
              dropLoose(batch, each.name());
              Failpoint.reach("loose-part-dropped");
            });
    DirectoryByteStore.deleteQuietly(places.parts(batch, uploadId));
  }

  /**
   * The object whose parts have all arrived, hashed and ready to be published. From now on nobody
   * who began to write a part before can go on.
   *
   * @return null where there is no such file, because it was published before or never begun
   */
  public Staged assemble(BatchId batch, String uploadId, long size) {
    Path file = places.parts(batch, uploadId);
    revoke(writer -> writer.uploadId.equals(uploadId));
    try {
      long end = end(batch, uploadId);
      if (end == 0) {
        return null;
      }
      if (end != size) {
        throw new ArchiveException(
            ErrorCode.BYTES_MISSING, end + " of " + Count.of(size, "byte") + " have arrived");
      }
      return new Staged(publisher, batch, file, new Stored(size, digests.finish(file)), null);
    } catch (IOException e) {
      throw StorageErrors.translate("assembling an object", e);
    }
  }

  /** Nobody who writes a part of a batch can go on. */
  void revoke(BatchId batch) {
    revoke(writer -> writer.batch.equals(batch));
  }

  private void revoke(Predicate<PartWriter> which) {
    writers.values().stream().filter(which).forEach(PartWriter::revoke);
  }
}
