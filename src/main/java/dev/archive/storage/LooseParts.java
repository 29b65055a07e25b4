package dev.archive.storage;

import dev.archive.durable.DurableDirectories;
import dev.archive.durable.Failpoint;
import dev.archive.durable.HeldDirectory;
import dev.archive.model.ArchiveException;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import dev.archive.model.Sha256;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Parts of a large object whose sender cuts it as he likes: each is a file of its own, under a name
 * that no other part ever has, until the sizes of all are known.
 */
final class LooseParts {
  private static final int BUFFER = 1 << 18;

  private final DurableDirectories directories;

  LooseParts(DurableDirectories directories) {
    this.directories = directories;
  }

  /**
   * Takes the bytes of a part; durable when it is finished.
   *
   * @param name of a file that is not there yet
   * @param max the most bytes
   * @param declared the digest that they must have, or null
   */
  Incoming<LoosePart> receive(Path directory, String name, long max, @Nullable Sha256 declared)
      throws IOException {
    HeldDirectory held = directories.hold(directory);
    try {
      FileChannel out =
          held.open(Path.of(name), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      return new Arriving(held, out, directory.resolve(name), max, declared);
    } catch (IOException | RuntimeException e) {
      held.close();
      throw e;
    }
  }

  /** A part that is arriving. */
  private static final class Arriving implements Incoming<LoosePart> {
    private final HeldDirectory held;
    private final FileChannel out;
    private final Path file;
    private final long max;
    private final PartSum sum;
    private long size;
    private boolean done;

    Arriving(HeldDirectory held, FileChannel out, Path file, long max, @Nullable Sha256 declared) {
      this.held = held;
      this.out = out;
      this.file = file;
      this.max = max;
      this.sum = new PartSum(declared);
    }

    @Override
    public void write(ByteBuffer bytes) {
      size += bytes.remaining();
      if (size > max) {
        throw new ArchiveException(
            ErrorCode.TOO_LARGE, "this URL takes at most " + Count.of(max, "byte"));
      }
      sum.add(bytes);
      try {
        DirectoryByteStore.writeFully(out, bytes);
      } catch (IOException e) {
        throw StorageErrors.translate("storing a part", e);
      }
    }

    @Override
    public LoosePart finish() {
      try {
        out.force(true);
        out.close();
        sum.requireDeclared("the part");
        held.force();
      } catch (IOException e) {
        throw StorageErrors.translate("storing a part", e);
      }
      Failpoint.reach("loose-part-written");
      done = true;
      return new LoosePart(file.getFileName().toString(), size, sum.mark(size));
    }

    @Override
    public void close() {
      held.close();
      if (!done) {
        DirectoryByteStore.closeQuietly(out);
        DirectoryByteStore.deleteQuietly(file);
      }
    }
  }

  /**
   * Writes pieces one after the other.
   *
   * @return the digest of the whole; null where a piece is not what its mark says
   */
  @Nullable Sha256 join(Path directory, List<Piece> pieces, FileChannel out) throws IOException {
    MessageDigest digest = Sha256.newDigest();
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
    try (HeldDirectory held = directories.hold(directory)) {
      for (Piece piece : pieces) {
        CRC32C crc = new CRC32C();
        try (FileChannel in = held.open(Path.of(piece.name()), StandardOpenOption.READ)) {
          long left = piece.size();
          for (long at = piece.offset(); left > 0; ) {
            buffer.clear().limit((int) Math.min(BUFFER, left));
            int read = in.read(buffer, at);
            if (read < 0) {
              throw new EOFException(piece.name() + " ends after " + Count.of(at, "byte"));
            }
            at += read;
            left -= read;
            crc.update(buffer.flip());
            digest.update(buffer.flip());
            for (buffer.flip(); buffer.hasRemaining(); ) {
              out.write(buffer);
            }
          }
        }
        if (!PartSum.mark(crc.getValue(), piece.size()).equals(piece.mark())) {
          return null;
        }
      }
    }
    return Sha256.of(digest);
  }

  /** How many bytes a part has; -1 where it is not there. */
  static long size(Path file) throws IOException {
    try {
      BasicFileAttributes seen =
          Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      return seen.isRegularFile() ? seen.size() : -1;
    } catch (NoSuchFileException e) {
      return -1;
    }
  }
}
