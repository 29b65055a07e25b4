package dev.archive.durable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Extended attributes of users on files and directories. Their names are without the {@code user.}
 * that Linux puts before them; no link is followed.
 */
public final class ExtendedAttributes {
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
      if (String.valueOf(e.getMessage()).contains("not supported")) {
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
