package dev.archive.cli.process;

import dev.archive.durable.DurableFiles;
import dev.archive.durable.DurableFiles.Content;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Text;
import dev.archive.source.SourceFile;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A file that the caller named for a receipt or a report. It is opened before any work, which
 * proves that it can be written and destroys nothing: a regular file appears whole and replaces
 * only an earlier one of its kind or an empty one; a pipe or a character device is written through;
 * all else is refused.
 */
public final class TargetFile implements AutoCloseable {
  /** The name of standard output. */
  public static final Path STDOUT = Path.of("-");

  private static final int S_IFMT = 0170000;
  private static final int S_IFBLK = 0060000;
  private static final Duration MAX_READER_WAIT = Duration.ofSeconds(30);

  /** Opened by name they would be written from their start, over what is there. */
  private static final Set<String> STDOUT_NAMES =
      Set.of("-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1");

  private static final List<Path> OPEN = List.of(Path.of("/dev/stdout"), Path.of("/dev/stderr"));

  /** What is written. */
  public enum Kind {
    /** A disk without room for a block takes no receipt: nothing is sent in vain. */
    RECEIPT("{\"event\":\"receipt\",\"batch_id\":\"", 4096),
    /** A full disk must not keep an audit from finding damage: only the name is tried. */
    REPORT("{\"event\":\"audit\",\"of\":\"", 0),
    /** Names of files, as {@code --files-from} reads them. */
    FAILED_LIST("# archive: not archived", 0),
    /** A receipt as a page. */
    PAGE("<!DOCTYPE html>\n<!-- archive receipt", 4096),
    /** A receipt as PREMIS. */
    PREMIS("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- archive receipt", 4096),
    /** How a run went, for monitors; a full disk must not keep files from being archived. */
    METRICS("# HELP archive_run_", 0);

    private final String beginning;
    private final int triedBytes;

    Kind(String beginning, int triedBytes) {
      this.triedBytes = triedBytes;
      this.beginning = beginning;
    }

    /** Whether a regular file may be replaced: it is empty, or an earlier one of this kind. */
    boolean mayReplace(Path file) throws IOException {
      if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
        return false;
      }
      try (InputStream in = Files.newInputStream(file)) {
        String read = new String(in.readNBytes(beginning.length()), StandardCharsets.US_ASCII);
        return read.isEmpty() || read.equals(beginning);
      }
    }

    @Override
    public String toString() {
      return switch (this) {
        case RECEIPT -> "receipt";
        case REPORT -> "report";
        case FAILED_LIST -> "list of failed files";
        case PAGE -> "page of a receipt";
        case PREMIS -> "PREMIS document of a receipt";
        case METRICS -> "file of metrics";
      };
    }
  }

  private final String name;
  private final Kind kind;
  private final @Nullable Path regular;
  private final @Nullable OutputStream through;

  private TargetFile(
      String name, Kind kind, @Nullable Path regular, @Nullable OutputStream through) {
    this.name = name;
    this.kind = kind;
    this.regular = regular;
    this.through = through;
  }

  /** Whether a name means standard output. */
  static boolean isStdout(Path named) {
    return STDOUT_NAMES.contains(named.toString());
  }

  /**
   * Opens the file that was named.
   *
   * @param others directories and files that it must not lie in: sources and what is ours
   * @param timeout how long to wait for the reader of a named pipe, 30 s at the most; null for that
   * @throws ArchiveException {@link ErrorCode#USAGE} where it cannot be written, or holds something
   *     else; {@link ErrorCode#UNAVAILABLE} where nobody read a named pipe in time
   */
  public static TargetFile open(
      Path named, Kind kind, List<Path> others, @Nullable Duration timeout) {
    String name = Text.quote(named.toString());
    if (isStdout(named)) {
      return new TargetFile("standard output", kind, null, null);
    }
    try {
      Path file = named.toAbsolutePath();
      BasicFileAttributes there = attributes(file);
      if (there != null && there.isOther()) {
        return new TargetFile(name, kind, null, openThrough(file, timeout));
      }
      if (there != null && there.isDirectory()) {
        throw new IOException("it is a directory");
      }
      Path regular =
          there == null
              ? DurableFiles.parent(file).toRealPath().resolve(file.getFileName())
              : file.toRealPath();
      requireOutside(regular, others);
      requireOutside(DurableFiles.parent(file).toRealPath().resolve(file.getFileName()), others);
      if (there != null) {
        requireReplaceable(regular, kind);
      }
      DurableFiles.tryToWriteBeside(regular, kind.triedBytes);
      return new TargetFile(name, kind, regular, null);
    } catch (IOException e) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "a "
              + kind
              + " cannot be written to "
              + name
              + ": "
              + (e instanceof NoSuchFileException
                  ? "there is no such directory"
                  : SourceFile.reason(e))
              + "; nothing was done",
          e);
    }
  }

  /** What has the name, through symlinks; null for nothing. */
  private static @Nullable BasicFileAttributes attributes(Path file) throws IOException {
    try {
      return Files.readAttributes(file, BasicFileAttributes.class);
    } catch (NoSuchFileException e) {
      if (Files.isSymbolicLink(file)) {
        throw new IOException("it is a symlink to nothing", e);
      }
      return null;
    }
  }

  private static void requireReplaceable(Path file, Kind kind) throws IOException {
    for (Path open : OPEN) {
      if (Files.exists(open) && Files.isSameFile(open, file)) {
        throw new IOException("other output of this command goes there");
      }
    }
    if (!kind.mayReplace(file)) {
      throw notReplaced(kind);
    }
  }

  private static IOException notReplaced(Kind kind) {
    return new IOException(
        "a file is there that is not an earlier " + kind + ", and is not overwritten");
  }

  /** Compares identities too: the same directory may be mounted twice. */
  static void requireOutside(Path file, List<Path> others) throws IOException {
    for (Path other : others) {
      if (!Files.exists(other)) {
        continue;
      }
      for (Path above = file; above != null; above = above.getParent()) {
        if (Files.exists(above, LinkOption.NOFOLLOW_LINKS)
            && (above.equals(other)
                || !Files.isSymbolicLink(above) && Files.isSameFile(above, other))) {
          throw new IOException("it would lie in " + Text.quote(other.toString()));
        }
      }
    }
  }

  /**
   * Opens a pipe or a device, and no more: a reader is kept waiting until the end. That of a named
   * pipe may come a little late.
   */
  private static OutputStream openThrough(Path file, @Nullable Duration timeout)
      throws IOException {
    int mode = (Integer) Files.getAttribute(file, "unix:mode");
    if ((mode & S_IFMT) == S_IFBLK) {
      throw new IOException("it is a disk");
    }
    CompletableFuture<OutputStream> opening =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return Files.newOutputStream(file, StandardOpenOption.WRITE);
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            });
    try {
      return opening.get(readerWait(timeout).toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof java.io.UncheckedIOException failed
          ? failed.getCause()
          : new IOException(e.getCause());
    } catch (TimeoutException e) {
      throw new ArchiveException(
          ErrorCode.UNAVAILABLE,
          "nobody reads the named pipe " + Text.quote(file.toString()) + "; nothing was done",
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ArchiveException(ErrorCode.INTERRUPTED, "interrupted; nothing was done", e);
    }
  }

  /** How long the reader of a named pipe may take to open it; a run without one would never end. */
  static Duration readerWait(@Nullable Duration timeout) {
    return timeout == null || timeout.compareTo(MAX_READER_WAIT) > 0 ? MAX_READER_WAIT : timeout;
  }

  /** Writes all of it; what the name says is then there whole, or as it was. */
  void write(Content content, Output output) throws IOException {
    if (regular != null) {
      try {
        DurableFiles.publishAmongOthers(regular, content, kind::mayReplace);
      } catch (FileAlreadyExistsException e) {
        throw notReplaced(kind);
      }
    } else if (through != null) {
      OutputStream buffered = new BufferedOutputStream(through, 1 << 16);
      content.writeTo(buffered);
      buffered.flush();
      through.close();
    } else {
      OutputStream stdout = output.stream();
      content.writeTo(stdout);
      output.println("");
    }
  }

  /** Its name as a line can show it. */
  @Override
  public String toString() {
    return name;
  }

  /** Tells the reader of a pipe that nothing more comes. */
  @Override
  public void close() {
    if (through != null) {
      try {
        through.close();
      } catch (IOException e) {
        // What was written was checked as it was written.
      }
    }
  }
}
