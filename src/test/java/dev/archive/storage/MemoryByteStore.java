package dev.archive.storage;

import dev.archive.durable.DurableFiles;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import dev.archive.storage.MemoryDisk.Content;
import dev.archive.storage.MemoryDisk.Kind;
import dev.archive.storage.MemoryDisk.Name;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.function.Function;

/** A {@link ByteStore} in memory, for one process of those that share a {@link MemoryDisk}. */
class MemoryByteStore implements ByteStore {
  private static final String CLOSING = "closing";

  /** By the number of its write. */
  private record Stamp(long number) implements ObjectStamp {}

  private final MemoryDisk disk;
  private final MemoryParts parts;

  MemoryByteStore(MemoryDisk disk) {
    this(disk, MemoryParts::new);
  }

  MemoryByteStore(
      MemoryDisk disk, BiFunction<MemoryByteStore, MemoryDisk, ? extends MemoryParts> parts) {
    this.disk = disk;
    this.parts = parts.apply(this, disk);
  }

  static Name object(BatchId batch, LogicalPath path) {
    return new Name(batch, Kind.OBJECT, path.toString());
  }

  private static Name tag(BatchId batch, String name) {
    return new Name(batch, Kind.TAG, name);
  }

  /** A name that nothing else has or had, in any process. */
  Name temporary(BatchId batch) {
    return new Name(batch, Kind.TEMPORARY, UUID.randomUUID().toString());
  }

  @Override
  public void requireStorable(BatchId batch, LogicalPath path) {
    // It holds every name.
  }

  @Override
  public long room() {
    return Long.MAX_VALUE;
  }

  @Override
  public Incoming<Staged> receive(BatchId batch, long size) {
    return new Arriving(batch, size, true);
  }

  @Override
  public ObjectWriter writer(BatchId batch) {
    return new ObjectWriter() {
      @Override
      public Staged receive(InputStream body, long size) {
        return Incoming.of(body, new Arriving(batch, size, false), 1 << 16);
      }

      @Override
      public Forcing force(Collection<? extends Staged> group) {
        return () -> group.forEach(each -> ((Held) each).force());
      }

      @Override
      public void publish(Map<LogicalPath, Staged> group) {
        group.forEach((path, staged) -> staged.publish(path));
      }

      @Override
      public void close() {
        // Nothing is open.
      }
    };
  }

  /** An object that is arriving. Its name is taken from the beginning, as that of a file is. */
  private final class Arriving implements Incoming<Staged> {
    private final Name name;
    private final ExactSize count;
    private final boolean alone;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private boolean done;

    Arriving(BatchId batch, long size, boolean alone) {
      this.name = temporary(batch);
      this.count = new ExactSize(size);
      this.alone = alone;
      disk.create(name, new byte[0]);
    }

    @Override
    public void write(ByteBuffer more) {
      count.add(more);
      byte[] piece = new byte[more.remaining()];
      more.get(piece);
      bytes.writeBytes(piece);
    }

    @Override
    public Staged finish() {
      count.requireAll();
      disk.replace(name, bytes.toByteArray());
      Held held = new Held(name);
      if (alone) {
        held.force();
      }
      done = true;
      return held;
    }

    @Override
    public void close() {
      if (!done) {
        drop(name);
      }
    }
  }

  /** An object that has arrived under a temporary name. */
  final class Held implements Staged {
    private final Name name;
    private final Stored stored;
    private boolean published;

    Held(Name name) {
      this.name = name;
      byte[] bytes = disk.get(name).bytes();
      this.stored = new Stored(bytes.length, Sha256.of(bytes));
    }

    void force() {
      if (disk.get(name) == null) {
        throw new ArchiveException(ErrorCode.INTERNAL, "the object was dropped");
      }
      disk.force(name);
    }

    @Override
    public Stored stored() {
      return stored;
    }

    @Override
    public ObjectStamp publish(LogicalPath path) {
      Name object = object(name.batch(), path);
      ObjectStamp stamp = stampOf(disk.move(name, object));
      published = true;
      disk.force(object);
      disk.force(name);
      return stamp;
    }

    @Override
    public void close() {
      if (!published) {
        drop(name);
      }
    }
  }

  private void drop(Name name) {
    disk.remove(name);
    disk.force(name);
  }

  @Override
  public PartStore parts() {
    return parts;
  }

  @Override
  public Stored read(BatchId batch, LogicalPath path) {
    Content content = disk.get(object(batch, path));
    disk.force(object(batch, path));
    return content == null ? null : new Stored(content.bytes().length, Sha256.of(content.bytes()));
  }

  @Override
  public ObjectStamp stamp(BatchId batch, LogicalPath path) {
    return stampOf(disk.get(object(batch, path)));
  }

  ObjectStamp stampOf(Content content) {
    return content == null ? null : new Stamp(content.number());
  }

  @Override
  public ObjectPresence presence(BatchId batch) {
    return (path, size) -> {
      Content content = disk.get(object(batch, path));
      return content != null && content.bytes().length == size;
    };
  }

  @Override
  public StoredObjects objects(BatchId batch) {
    return new StoredObjects() {
      @Override
      public StoredObject open(LogicalPath path, long size) {
        StoredObject object = MemoryByteStore.this.open(object(batch, path));
        if (object.size() != size) {
          throw new ArchiveException(ErrorCode.FIXITY_MISMATCH, "another size: " + path);
        }
        return object;
      }

      @Override
      public StoredObject openTag(String name) {
        return MemoryByteStore.this.open(tag(batch, name));
      }

      @Override
      public void close() {
        // Nothing is open.
      }
    };
  }

  StoredObject open(Name name) {
    Content content = disk.get(name);
    if (content == null) {
      throw new ArchiveException(ErrorCode.BYTES_MISSING, "missing: " + name.text());
    }
    return new MemoryObject(content.bytes());
  }

  @Override
  public void removeObject(BatchId batch, LogicalPath path) {
    drop(object(batch, path));
  }

  @Override
  public void publishTag(BatchId batch, String name, DurableFiles.Content content) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      content.writeTo(bytes);
    } catch (IOException e) {
      throw new ArchiveException(ErrorCode.INTERNAL, "writing " + name + " failed", e);
    }
    disk.replace(tag(batch, name), bytes.toByteArray());
    disk.force(tag(batch, name));
  }

  @Override
  public boolean hasTag(BatchId batch, String name) {
    return disk.get(tag(batch, name)) != null;
  }

  @Override
  public void removeTag(BatchId batch, String name) {
    drop(tag(batch, name));
  }

  @Override
  public void beginClosing(BatchId batch) {
    Name note = new Name(batch, Kind.TEMPORARY, CLOSING);
    disk.replace(note, new byte[0]);
    disk.force(note);
  }

  @Override
  public boolean isClosing(BatchId batch) {
    return disk.get(new Name(batch, Kind.TEMPORARY, CLOSING)) != null;
  }

  @Override
  public void endStaging(BatchId batch) {
    names(batch, false).forEach(disk::remove);
  }

  @Override
  public List<BatchId> staged() {
    return batches(false);
  }

  @Override
  public List<BatchId> bags() {
    return batches(true);
  }

  @Override
  public boolean hasBag(BatchId batch) {
    return bags().contains(batch);
  }

  private List<BatchId> batches(boolean published) {
    return disk.names().stream()
        .filter(name -> published != (name.kind() == Kind.TEMPORARY))
        .map(Name::batch)
        .distinct()
        .toList();
  }

  private List<Name> names(BatchId batch, boolean published) {
    return disk.names().stream()
        .filter(name -> name.batch().equals(batch))
        .filter(name -> published != (name.kind() == Kind.TEMPORARY))
        .toList();
  }

  @Override
  public boolean remove(
      BatchId batch, Set<String> tags, Function<List<String>, Set<String>> registered) {
    parts.revoke(batch);
    List<Name> there = names(batch, true);
    Set<String> ours =
        new HashSet<>(
            registered.apply(
                there.stream()
                    .filter(name -> name.kind() == Kind.OBJECT)
                    .map(Name::text)
                    .toList()));
    List<Name> gone =
        there.stream()
            .filter(name -> (name.kind() == Kind.TAG ? tags : ours).contains(name.text()))
            .toList();
    gone.forEach(disk::remove);
    endStaging(batch);
    return gone.size() < there.size();
  }

  @Override
  public String setAside(BatchId batch, boolean bag, String why, Instant when) {
    List<Name> there = names(batch, bag);
    return there.isEmpty() ? null : disk.keep(there);
  }
}
