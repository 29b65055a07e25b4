package dev.archive.storage;

import dev.archive.durable.LocalErrors;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Looks at what lies below a root, as it lies there: anything under a name is an answer, not a
 * failure. It follows no link and changes nothing, so that it may look while others write.
 */
public final class StoreReader {
  private static final int BUFFER = 1 << 18;

  private final Path root;

  public StoreReader(Path root) {
    this.root = root.toAbsolutePath().normalize();
  }

  /** What stands under a name. */
  public sealed interface Held {}

  /**
   * A file.
   *
   * @param size in bytes
   * @param sha256 of its bytes; null where they were not read
   */
  public record Bytes(long size, @Nullable Sha256 sha256) implements Held {}

  /** Nothing. */
  public record Absent() implements Held {}

  /**
   * Something that is not a file.
   *
   * @param kind with its article
   */
  public record Other(String kind) implements Held {}

  /**
   * Something that the disk does not give.
   *
   * @param why in the system's words
   */
  public record Unreadable(String why) implements Held {}

  /** Takes what a walk meets. */
  @FunctionalInterface
  public interface Visitor {
    /**
     * One thing that is not a directory, or a directory that cannot be read.
     *
     * @param name below the bag, with slashes
     */
    void met(String name, Held what) throws IOException;
  }

  /** What an object is, without reading it. */
  public Held look(BatchId batch, LogicalPath path) {
    return look(object(batch, path));
  }

  /**
   * Reads an object to its end.
   *
   * @param read is given the number of bytes of each piece
   */
  public Held read(BatchId batch, LogicalPath path, LongConsumer read) {
    return read(object(batch, path), read);
  }

  /** Reads a tag file of a bag to its end. */
  public Held readTag(BatchId batch, String name) {
    return read(bag(batch).resolve(name), bytes -> {});
  }

  /** Hands on everything that lies in a bag, in no order. */
  public void walk(BatchId batch, Visitor visitor) throws IOException {
    Path bag = bag(batch);
    Files.walkFileTree(
        bag,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            visitor.met(bag.relativize(file).toString(), held(attributes));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            // What went while the walk came is not there.
            if (!(e instanceof NoSuchFileException)) {
              visitor.met(bag.relativize(file).toString(), new Unreadable(LocalErrors.reason(e)));
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, IOException e)
              throws IOException {
            if (e != null) {
              visitor.met(
                  bag.relativize(directory).toString(), new Unreadable(LocalErrors.reason(e)));
            }
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /** The names of what is staged for a batch. */
  public List<String> staged(BatchId batch) throws IOException {
    List<String> names = new ArrayList<>();
    try (var files = Files.newDirectoryStream(root.resolve("staging").resolve(batch.value()))) {
      files.forEach(file -> names.add(file.getFileName().toString()));
    } catch (NoSuchFileException | NotDirectoryException e) {
      // Nothing is.
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return names;
  }

  /** The batches that have a directory for what is published. */
  public List<BatchId> bags() {
    return DirectoryByteStore.batchesIn(root.resolve("batches"));
  }

  /** The directory of a batch, which need not exist. */
  public Path bag(BatchId batch) {
    return root.resolve("batches").resolve(batch.value());
  }

  private Path object(BatchId batch, LogicalPath path) {
    return bag(batch).resolve("data").resolve(path.relative());
  }

  private static Held look(Path file) {
    try {
      return held(Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS));
    } catch (IOException e) {
      return failed(e);
    }
  }

  private static Held held(BasicFileAttributes attributes) {
    if (attributes.isRegularFile()) {
      return new Bytes(attributes.size(), null);
    }
    return new Other(
        attributes.isDirectory()
            ? "a directory"
            : attributes.isSymbolicLink() ? "a symbolic link" : "a special file");
  }

  private static Held read(Path file, LongConsumer read) {
    // Looked at first: to open a pipe would wait for its other end.
    Held seen = look(file);
    if (!(seen instanceof Bytes expected)) {
      return seen;
    }
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      MessageDigest digest = Sha256.newDigest();
      // One byte more than expected, so that the end is met by the first read.
      ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(BUFFER, expected.size() + 1));
      long size = 0;
      while (channel.read(buffer.clear()) >= 0) {
        size += buffer.position();
        read.accept(buffer.position());
        digest.update(buffer.flip());
      }
      return new Bytes(size, Sha256.of(digest));
    } catch (ClosedByInterruptException e) {
      throw new ArchiveException(ErrorCode.UNAVAILABLE, "the reading of objects was stopped", e);
    } catch (IOException e) {
      return failed(e);
    }
  }

  private static Held failed(IOException e) {
    if (e instanceof NoSuchFileException || LocalErrors.reason(e).contains("not a directory")) {
      return new Absent();
    }
    return new Unreadable(LocalErrors.reason(e));
  }
}
