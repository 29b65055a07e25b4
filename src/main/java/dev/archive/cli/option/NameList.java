package dev.archive.cli.option;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Text;
import dev.archive.source.SourceFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What {@code --files-from} names: files of this machine, relative to the current directory. */
final class NameList {
  /** Some five million names: they are held in memory. */
  private static final int MAX_BYTES = 500_000_000;

  private NameList() {}

  /**
   * Reads a list. Lines end in LF or CRLF: a name that itself ends in CR must end in NUL. Empty
   * lines, and those that begin with {@code #}, name nothing; what ends in NUL is a name always,
   * for programs write that.
   *
   * @param from a file, or {@code -} for standard input
   * @param followed the sources in which symlinks are followed, as they were given: what lies in
   *     one keeps the name by which it is found there
   * @return absolute names; directories above them are resolved, the names themselves are not
   * @throws ArchiveException {@link ErrorCode#USAGE} where it cannot be read, or is not UTF-8
   */
  static List<Path> read(String from, boolean endInNul, List<Path> followed) {
    try {
      String text =
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes(from))).toString();
      List<Path> names = new ArrayList<>();
      for (String name : text.split(endInNul ? "\0" : "\r?\n", -1)) {
        if (name.startsWith("#") && !endInNul) {
          requireComment(from, name);
        } else if (!name.isEmpty()) {
          names.add(resolved(name, followed));
        }
      }
      return names;
    } catch (CharacterCodingException e) {
      throw unusable(from, "it is not UTF-8", e);
    } catch (InvalidPathException e) {
      throw unusable(from, "it has a NUL in a name: say --null where names end in one", e);
    } catch (IOException e) {
      throw unusable(from, SourceFile.reason(e), e);
    }
  }

  /** What {@code ls} wrote must not be taken for a comment. */
  private static void requireComment(String from, String line) {
    if (Files.exists(Path.of(line), LinkOption.NOFOLLOW_LINKS)) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "--files-from: "
              + Text.quote(from)
              + " has a line "
              + Text.quote(line)
              + " that is a comment, and a file has this name; nothing was done; write ./ before it"
              + " to archive the file");
    }
  }

  private static byte[] bytes(String from) throws IOException {
    if (from.equals("-")) {
      return bounded(System.in);
    }
    if (Files.isDirectory(Path.of(from))) {
      throw new IOException("it is a directory");
    }
    try (InputStream in = Files.newInputStream(Path.of(from))) {
      return bounded(in);
    }
  }

  private static byte[] bounded(InputStream in) throws IOException {
    byte[] bytes = in.readNBytes(MAX_BYTES + 1);
    if (bytes.length > MAX_BYTES) {
      throw new IOException("it is larger than 500 MB");
    }
    return bytes;
  }

  private static Path resolved(String name, List<Path> followed) {
    Path absolute = Path.of(name).toAbsolutePath().normalize();
    if (absolute.getParent() == null) {
      return absolute;
    }
    try {
      for (Path source : followed) {
        Path given = source.toAbsolutePath().normalize();
        if (absolute.startsWith(given)) {
          return source.toRealPath().resolve(given.relativize(absolute));
        }
      }
      return absolute.getParent().toRealPath().resolve(absolute.getFileName());
    } catch (IOException e) {
      // It is gone: the run names it as a file that cannot be archived.
      return absolute;
    }
  }

  private static ArchiveException unusable(String from, String why, Exception cause) {
    return new ArchiveException(
        ErrorCode.USAGE,
        "--files-from: " + Text.quote(from) + " cannot be read: " + why + "; nothing was done",
        cause);
  }
}
