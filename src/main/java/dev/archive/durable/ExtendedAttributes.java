package dev.archive.durable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Extended attributes of users on files and directories. Their names are without the {@code user.}
 * that Linux puts before them; no link is followed.
 */
public final class ExtendedAttributes {
  /** What stands in a text for bytes that are no UTF-8: such a name cannot be asked for. */
  private static final char REPLACEMENT = '\ufffd';

  private ExtendedAttributes() {}

  /**
   * All of a name.
   *
   * @param maxBytes the most that their values may have together
   * @return empty also where the file system has no such thing
   * @throws IOException where they cannot be read, or have more bytes
   */
  public static SortedMap<String, byte[]> read(Path path, long maxBytes) throws IOException {
    SortedMap<String, byte[]> all = new TreeMap<>();
    UserDefinedFileAttributeView view = view(path);
    long bytes = 0;
    for (String name : names(view)) {
      if (name.indexOf(REPLACEMENT) >= 0) {
        throw new IOException("a name is not valid UTF-8");
      }
      int size = view.size(name);
      bytes += size;
      if (bytes > maxBytes) {
        throw new IOException("they have more than " + (maxBytes >> 10) + " KiB");
      }
      ByteBuffer value = ByteBuffer.allocate(size);
      view.read(name, value);
      byte[] read = new byte[value.flip().remaining()];
      value.get(read);
      all.put(name, read);
    }
    return all;
  }

  private static UserDefinedFileAttributeView view(Path path) throws IOException {
    BasicFileAttributes there =
        Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    if (!there.isRegularFile() && !there.isDirectory()) {
      // They are reached by opening, and a pipe is not open before somebody writes into it.
      throw new IOException("it is neither a file nor a directory");
    }
    UserDefinedFileAttributeView view =
        Files.getFileAttributeView(
            path, UserDefinedFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
    if (view == null) {
      throw new IOException("this system has none");
    }
    return view;
  }

  private static List<String> names(UserDefinedFileAttributeView view) throws IOException {
    try {
      return view.list();
    } catch (FileSystemException e) {
      // Not by its message, which has the path in it.
      if (String.valueOf(e.getReason()).contains("not supported")) {
        return List.of();
      }
      throw e;
    }
  }

  /** Gives a name these; others that it has stay, and equal ones are not written. */
  static void write(Path path, SortedMap<String, byte[]> wanted) throws IOException {
    UserDefinedFileAttributeView view = view(path);
    List<String> there = names(view);
    for (var each : wanted.entrySet()) {
      ByteBuffer now = ByteBuffer.allocate(each.getValue().length);
      boolean equal =
          there.contains(each.getKey())
              && view.size(each.getKey()) == each.getValue().length
              && view.read(each.getKey(), now) == each.getValue().length
              && now.flip().equals(ByteBuffer.wrap(each.getValue()));
      if (!equal) {
        view.write(each.getKey(), ByteBuffer.wrap(each.getValue()));
      }
    }
  }
}
