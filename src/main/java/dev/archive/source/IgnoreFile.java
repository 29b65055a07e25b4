package dev.archive.source;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Files of gitignore rules: what {@code --filter-from} names, and {@code .archiveignore}. */
public final class IgnoreFile {
  /** The file that has rules for the directory that it lies in, and all below. */
  static final String NAME = ".archiveignore";

  private static final int MAX_BYTES = 1 << 20;
  private static final int MAX_LINES = 10_000;

  private IgnoreFile() {}

  /**
   * The lines of a file.
   *
   * @throws IOException where it cannot be read; is larger than 1 MiB or has more than 10,000
   *     lines; is not UTF-8
   */
  public static List<String> lines(Path file) throws IOException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    }
    if (bytes.length > MAX_BYTES) {
      throw new IOException("it is larger than 1 MiB");
    }
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new IOException("it is not UTF-8", e);
    }
    List<String> lines = new ArrayList<>();
    for (String line : (text.startsWith("\ufeff") ? text.substring(1) : text).split("\n", -1)) {
      lines.add(line.endsWith("\r") ? line.substring(0, line.length() - 1) : line);
    }
    if (lines.size() > MAX_LINES) {
      throw new IOException("it has more than 10,000 lines");
    }
    return lines;
  }

  /**
   * The rules of the {@code .archiveignore} of a directory; a symlink of that name is none.
   *
   * @param relative the directory as people know it
   * @throws IOException as {@link #lines} does
   */
  static List<IgnoreRule> of(Path directory, String relative) throws IOException {
    Path file = directory.resolve(NAME);
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      return List.of();
    }
    String name = relative.isEmpty() ? NAME : relative + "/" + NAME;
    List<IgnoreRule> rules = new ArrayList<>();
    int number = 0;
    for (String line : lines(file)) {
      number++;
      IgnoreRule rule = IgnoreRule.line(line, name + ":" + number + ": " + line);
      if (rule != null) {
        rules.add(rule);
      }
    }
    return rules;
  }
}
