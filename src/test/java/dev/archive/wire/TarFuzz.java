package dev.archive.wire;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Reads one stream with our own reader of tars and with the library's. */
public final class TarFuzz {
  private record File(TarEntries.TarEntry entry, List<Byte> content) {}

  private TarFuzz() {}

  /**
   * Two readers that both read a stream must find the same files in it. Ours looks at no checksum
   * of a header, for there is one over the fields that it uses; only where that is right it counts.
   *
   * @throws IOException where one of the two refuses it
   * @throws AssertionError where ours reads what the library reads otherwise
   */
  public static void compare(byte[] tar) throws IOException {
    if (!OwnTar.begins(new ByteArrayInputStream(tar))) {
      throw new IOException("another program's");
    }
    List<File> own = files(new OwnTar(new ByteArrayInputStream(tar)));
    List<File> any = files(new AnyTar(new ByteArrayInputStream(tar)));
    if (!own.equals(any)) {
      throw new AssertionError("ours " + own + " theirs " + any);
    }
  }

  private static List<File> files(TarEntries tar) throws IOException {
    List<File> files = new ArrayList<>();
    for (TarEntries.TarEntry each = tar.next(); each != null; each = tar.next()) {
      List<Byte> content = new ArrayList<>();
      for (byte b : tar.content().readAllBytes()) {
        content.add(b);
      }
      if (content.size() < each.size()) {
        throw new IOException("breaks off");
      }
      if (!check(each).equals(each.check())) {
        throw new IOException("arrived damaged");
      }
      files.add(new File(each, content));
    }
    return files;
  }

  private static String check(TarEntries.TarEntry entry) {
    return Bundle.check(entry.name(), entry.size(), entry.sha256(), entry.contentType());
  }
}
