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
import org.jspecify.annotations.Nullable;

/**
 * Parts in the staging directory of their batch. Those whose place is known lie in one file that
 * becomes the object; others are files of their own.
 */
final class DirectoryParts implements PartStore {
  private static final int BUFFER = 1 << 18;

  private final StorePlaces places;
  private final DurableDirectories directories;
  private final Executor forcing;
  private final Publisher publisher;
  private final Map<String, Writer> writers = new ConcurrentHashMap<>();
  private final PartDigests digests = new PartDigests();
  private final LooseParts loose;

  /**
   * One write at a time goes into the file of an upload, by its id: Linux does so, and has the
   * others spin on the processor until then.
   */
  private final KeyLocks<String> turns = new KeyLocks<>();

  DirectoryParts(
      StorePlaces places, DurableDirectories directories, Executor forcing, Publisher publisher) {
    this.places = places;
    this.directories = directories;
    this.forcing = forcing;
    this.publisher = publisher;
    this.loose = new LooseParts(directories);
  }

  @Override
  public PartWriter write(BatchId batch, String uploadId, int number) {
    Writer writer = new Writer(batch, uploadId, number);
    Writer before = writers.put(writer.name(), writer);
    if (before != null) {
      before.revoke();
    }
    return writer;
  }

  @Override
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

  /** The right to write one part, known to this process alone. */
  private final class Writer implements PartWriter {
    private final BatchId batch;
    private final String uploadId;
    private final int number;
    private boolean revoked;

    private Writer(BatchId batch, String uploadId, int number) {
      this.batch = batch;
      this.uploadId = uploadId;
      this.number = number;
    }

    private String name() {
      return uploadId + "/" + number;
    }

    @Override
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

    @Override
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
    private final Writer writer;
    private final Path file;
    private final FileChannel channel;
    private final ExactSize count;
    private final long offset;
    private final long size;
    private final PartSum sum;

    IncomingPart(Writer writer, long offset, long size, Sha256 declared) {
      places.requireRoom(size);
      this.writer = writer;
      this.offset = offset;
      this.size = size;
      this.sum = new PartSum(declared);
      this.count = new ExactSize(size);
      this.file = places.parts(writer.batch, writer.uploadId);
      FileChannel opened = null;
      try (HeldDirectory directory = directories.hold(DurableFiles.parent(file))) {
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
        publisher.forceDirectory(DurableFiles.parent(file));
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

  @Override
  public Incoming<String> mark(long size) {
    return PartSum.marking(size);
  }

  @Override
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
      return PartSum.mark(crc.getValue(), size - left);
    } catch (IOException e) {
      throw StorageErrors.translate("reading " + path, e);
    }
  }

  @Override
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

  @Override
  public boolean hasLoose(BatchId batch, String name, long size) {
    try {
      return LooseParts.size(places.staging(batch).resolve(name)) == size;
    } catch (IOException e) {
      throw StorageErrors.translate("looking for parts", e);
    }
  }

  @Override
  public void dropLoose(BatchId batch, String name) {
    DirectoryByteStore.deleteQuietly(places.staging(batch).resolve(name));
  }

  @Override
  public @Nullable Staged join(BatchId batch, String uploadId, List<Piece> pieces, long size) {
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
      return new StagedFile(publisher, batch, temp, new Stored(size, whole), null);
    } catch (IOException e) {
      throw StorageErrors.translate("assembling an object", e);
    } finally {
      if (!done) {
        DirectoryByteStore.deleteQuietly(temp);
      }
    }
  }

  @Override
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

  @Override
  public @Nullable Staged assemble(BatchId batch, String uploadId, long size) {
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
      return new StagedFile(publisher, batch, file, new Stored(size, digests.finish(file)), null);
    } catch (IOException e) {
      throw StorageErrors.translate("assembling an object", e);
    }
  }

  /** Nobody who writes a part of a batch can go on. */
  void revoke(BatchId batch) {
    revoke(writer -> writer.batch.equals(batch));
  }

  private void revoke(Predicate<Writer> which) {
    writers.values().stream().filter(which).forEach(Writer::revoke);
  }
}
