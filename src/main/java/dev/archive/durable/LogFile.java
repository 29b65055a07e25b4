package dev.archive.durable;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A file of lines of JSON that begins again when it is large: {@code FILE} becomes {@code FILE.1},
 * that {@code FILE.2}, and the last is dropped. Others may move it away at any time. It never adds
 * to a file that is no log, and never replaces one. For one thread.
 */
public final class LogFile implements Closeable {
  /** How many old files are kept, unless told otherwise. */
  public static final int MAX_OLD = 5;

  /** What every line of a log begins with. */
  public static final String BEGIN = "{\"time\":";

  private final Path path;
  private final long maxBytes;
  private @Nullable FileChannel channel;
  private @Nullable Object key;
  private final int maxOld;
  private boolean regular;
  private boolean torn;

  /**
   * Opens nothing yet.
   *
   * @param maxBytes from this size on the file is renamed
   */
  public LogFile(Path path, long maxBytes) {
    this(path, maxBytes, MAX_OLD);
  }

  /**
   * The same.
   *
   * @param maxOld how many old files are kept
   */
  public LogFile(Path path, long maxBytes, int maxOld) {
    this.path = path;
    this.maxBytes = maxBytes;
    this.maxOld = maxOld;
  }

  /**
   * Adds lines; all of them, or as good as none.
   *
   * @param text whole lines, with their ends
   * @throws IOException where they could not be written; the next call tries to open the file again
   */
  public void add(String text) throws IOException {
    try {
      if (channel != null && regular && !isStillThere()) {
        close();
      }
      FileChannel current = channel == null ? open() : channel;
      append(regular && current.size() >= maxBytes ? rotated(current) : current, text);
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  private void append(FileChannel channel, String text) throws IOException {
    long before = regular ? channel.size() : 0;
    ByteBuffer bytes =
        ByteBuffer.wrap(((torn ? "\n" : "") + text).getBytes(StandardCharsets.UTF_8));
    try {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      torn = false;
    } catch (IOException e) {
      if (regular && bytes.position() > 0) {
        channel.truncate(before);
      }
      throw e;
    }
  }

  private boolean isStillThere() throws IOException {
    try {
      return attributes(path).fileKey().equals(key);
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private static BasicFileAttributes attributes(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class, NOFOLLOW_LINKS);
  }

  private FileChannel open() throws IOException {
    torn = false;
    if (Files.exists(path, NOFOLLOW_LINKS)) {
      BasicFileAttributes found = attributes(path);
      if (found.isDirectory() || found.isSymbolicLink()) {
        throw new IOException(found.isDirectory() ? "it is a directory" : "it is a symbolic link");
      }
      requireLog(path);
      torn = found.isRegularFile() && found.size() > 0 && !endsInLine(found.size());
    }
    FileChannel opening =
        FileChannel.open(
            path,
            Set.of(CREATE, WRITE, APPEND, NOFOLLOW_LINKS),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    channel = opening;
    BasicFileAttributes opened = attributes(path);
    regular = opened.isRegularFile();
    key = opened.fileKey();
    return opening;
  }

  private boolean endsInLine(long size) throws IOException {
    try (SeekableByteChannel in = Files.newByteChannel(path, READ, NOFOLLOW_LINKS)) {
      ByteBuffer last = ByteBuffer.allocate(1);
      in.position(size - 1).read(last);
      return last.get(0) == '\n';
    }
  }

  /** Fails where a file has something else in it than a log. */
  private static void requireLog(Path file) throws IOException {
    if (!attributes(file).isRegularFile()) {
      return;
    }
    byte[] begin;
    try (SeekableByteChannel in = Files.newByteChannel(file, READ, NOFOLLOW_LINKS)) {
      ByteBuffer first = ByteBuffer.allocate(BEGIN.length());
      while (first.hasRemaining() && in.read(first) >= 0) {
        // Goes on until there is enough, or the end.
      }
      begin = new byte[first.flip().remaining()];
      first.get(begin);
    }
    if (!BEGIN.startsWith(new String(begin, StandardCharsets.ISO_8859_1))) {
      throw new IOException(file.getFileName() + " is there and is no such log");
    }
  }

  private FileChannel rotated(FileChannel full) throws IOException {
    for (int i = maxOld; i >= 1; i--) {
      if (Files.exists(old(i), NOFOLLOW_LINKS)) {
        if (!attributes(old(i)).isRegularFile()) {
          throw new IOException(old(i).getFileName() + " is there and is no such log");
        }
        requireLog(old(i));
      }
    }
    full.close();
    channel = null;
    for (int i = maxOld - 1; i >= 1; i--) {
      if (Files.exists(old(i), NOFOLLOW_LINKS)) {
        Files.move(old(i), old(i + 1), StandardCopyOption.REPLACE_EXISTING);
      }
    }
    Files.move(path, old(1), StandardCopyOption.REPLACE_EXISTING);
    return open();
  }

  private Path old(int number) {
    return path.resolveSibling(path.getFileName() + "." + number);
  }

  @Override
  public void close() throws IOException {
    FileChannel closing = channel;
    channel = null;
    if (closing != null) {
      closing.close();
    }
  }
}
