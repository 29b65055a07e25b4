package dev.archive.storage;

import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import dev.archive.storage.MemoryDisk.Content;
import dev.archive.storage.MemoryDisk.Kind;
import dev.archive.storage.MemoryDisk.Name;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.zip.CRC32C;

/** The parts of a {@link MemoryByteStore}. */
class MemoryParts implements PartStore {
  private final MemoryByteStore store;
  private final MemoryDisk disk;
  private final Map<String, Writer> writers = new ConcurrentHashMap<>();

  MemoryParts(MemoryByteStore store, MemoryDisk disk) {
    this.store = store;
    this.disk = disk;
  }

  /** What has the parts of an upload that have places. */
  private static Name placed(BatchId batch, String uploadId) {
    return new Name(batch, Kind.TEMPORARY, uploadId + ".parts");
  }

  private static Name loose(BatchId batch, String name) {
    return new Name(batch, Kind.TEMPORARY, name);
  }

  @Override
  public PartWriter write(BatchId batch, String uploadId, int number) {
    Writer writer = new Writer(batch, uploadId, number);
    Writer before = writers.put(writer.key(), writer);
    if (before != null) {
      before.revoke();
    }
    return writer;
  }

  private final class Writer implements PartWriter {
    private final BatchId batch;
    private final String uploadId;
    private final int number;
    private boolean revoked;

    Writer(BatchId batch, String uploadId, int number) {
      this.batch = batch;
      this.uploadId = uploadId;
      this.number = number;
    }

    private String key() {
      return uploadId + "/" + number;
    }

    @Override
    public Incoming<String> receive(long offset, long size, Sha256 declared) {
      return new Bytes<>(size, size, ErrorCode.BODY_SIZE, declared) {
        @Override
        public void write(ByteBuffer more) {
          requireRight();
          super.write(more);
        }

        @Override
        String finish(byte[] bytes, String mark) {
          place(offset, bytes);
          return mark;
        }

        @Override
        public void close() {
          Writer.this.close();
        }
      };
    }

    private synchronized void place(long offset, byte[] part) {
      requireRight();
      Name name = placed(batch, uploadId);
      synchronized (disk) {
        byte[] before = bytes(name);
        byte[] all =
            Arrays.copyOf(before, Math.max(before.length, Math.toIntExact(offset) + part.length));
        System.arraycopy(part, 0, all, (int) offset, part.length);
        disk.replace(name, all);
        disk.force(name);
      }
    }

    @Override
    public synchronized void requireRight() {
      if (revoked) {
        throw new ArchiveException(ErrorCode.CONFLICT, "part " + number + " was sent again");
      }
    }

    private synchronized void revoke() {
      revoked = true;
    }

    @Override
    public void close() {
      writers.remove(key(), this);
    }
  }

  /** Takes the bytes of a part. */
  private abstract static class Bytes<R> implements Incoming<R> {
    private final long min;
    private final long max;
    private final ErrorCode tooMany;
    private final PartSum sum;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Bytes(long min, long max, ErrorCode tooMany, Sha256 declared) {
      this.min = min;
      this.max = max;
      this.tooMany = tooMany;
      this.sum = new PartSum(declared);
    }

    @Override
    public void write(ByteBuffer more) {
      if (more.remaining() > max - bytes.size()) {
        throw new ArchiveException(tooMany, "more than " + max + " bytes");
      }
      sum.add(more);
      byte[] piece = new byte[more.remaining()];
      more.get(piece);
      bytes.writeBytes(piece);
    }

    @Override
    public R finish() {
      if (bytes.size() < min) {
        throw new ArchiveException(ErrorCode.BODY_SIZE, "less than " + min + " bytes");
      }
      sum.requireDeclared("the part");
      return finish(bytes.toByteArray(), sum.mark(bytes.size()));
    }

    abstract R finish(byte[] part, String mark);

    @Override
    public void close() {
      // What was not finished is nowhere yet.
    }
  }

  private byte[] bytes(Name name) {
    Content content = disk.get(name);
    return content == null ? new byte[0] : content.bytes();
  }

  @Override
  public long end(BatchId batch, String uploadId) {
    return bytes(placed(batch, uploadId)).length;
  }

  @Override
  public Incoming<LoosePart> receiveLoose(
      BatchId batch, String uploadId, long max, Sha256 declared) {
    return new Bytes<>(0, max, ErrorCode.TOO_LARGE, declared) {
      @Override
      LoosePart finish(byte[] part, String mark) {
        Name name = store.temporary(batch);
        disk.create(name, part);
        disk.force(name);
        return new LoosePart(name.text(), part.length, mark);
      }
    };
  }

  @Override
  public boolean hasLoose(BatchId batch, String name, long size) {
    Content content = disk.get(loose(batch, name));
    return content != null && content.bytes().length == size;
  }

  @Override
  public void dropLoose(BatchId batch, String name) {
    disk.remove(loose(batch, name));
  }

  @Override
  public Staged assemble(BatchId batch, String uploadId, long size) {
    revoke(writer -> writer.uploadId.equals(uploadId));
    long end = end(batch, uploadId);
    if (end == 0) {
      return null;
    }
    if (end != size) {
      throw new ArchiveException(
          ErrorCode.BYTES_MISSING, end + " of " + size + " bytes have arrived");
    }
    return store.new Held(placed(batch, uploadId));
  }

  @Override
  public Staged join(BatchId batch, String uploadId, List<Piece> pieces, long size) {
    revoke(writer -> writer.uploadId.equals(uploadId));
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    for (Piece piece : pieces) {
      Name name = piece.name() == null ? placed(batch, uploadId) : loose(batch, piece.name());
      byte[] bytes = bytes(name);
      int from = (int) Math.min(piece.offset(), bytes.length);
      int to = (int) Math.min(piece.offset() + piece.size(), bytes.length);
      if (!isRight(piece, bytes, from, to)) {
        return null;
      }
      whole.write(bytes, from, to - from);
    }
    Name name = store.temporary(batch);
    disk.create(name, whole.toByteArray());
    disk.force(name);
    return store.new Held(name);
  }

  /** Whether a piece is what its mark says. */
  boolean isRight(Piece piece, byte[] bytes, int from, int to) {
    return markOf(bytes, from, to).equals(piece.mark());
  }

  private static String markOf(byte[] bytes, int from, int to) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, from, to - from);
    return PartSum.mark(crc.getValue(), to - from);
  }

  @Override
  public void drop(BatchId batch, String uploadId, List<Piece> pieces) {
    pieces.stream()
        .filter(piece -> piece.name() != null)
        .forEach(piece -> dropLoose(batch, piece.name()));
    disk.remove(placed(batch, uploadId));
  }

  @Override
  public Incoming<String> mark(long size) {
    return PartSum.marking(size);
  }

  @Override
  public String markOf(BatchId batch, LogicalPath path, long offset, long size) {
    Content content = disk.get(MemoryByteStore.object(batch, path));
    if (content == null) {
      throw new ArchiveException(ErrorCode.INTERNAL, "reading " + path + " failed");
    }
    int from = (int) Math.min(offset, content.bytes().length);
    int to = (int) Math.min(offset + size, content.bytes().length);
    return markOf(content.bytes(), from, to);
  }

  /** Nobody who writes a part of a batch can go on. */
  void revoke(BatchId batch) {
    revoke(writer -> writer.batch.equals(batch));
  }

  private void revoke(Predicate<Writer> which) {
    writers.values().stream().filter(which).forEach(Writer::revoke);
  }
}
