package dev.archive.client.state;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where the files of a batch come from. It turns their paths in the batch back into names of files.
 *
 * @param sources real, absolute paths; those of directories end in a slash
 * @param rootPath where in the batch everything went: {@code /} or {@code /a/b}
 */
public record Origin(List<String> sources, String rootPath) {
  private static final String SOURCES = "sources";
  private static final String ROOT_PATH = "root_path";

  /** The origin of a batch that is made of these sources, as they are now. */
  public static Origin of(List<Path> sources, String rootPath) {
    return new Origin(sources.stream().map(Origin::name).toList(), rootPath);
  }

  private static String name(Path source) {
    String name = source.toString();
    return Files.isDirectory(source) && !name.endsWith("/") ? name + "/" : name;
  }

  /** Adds it to the fields of a receipt. */
  void addTo(Map<String, Object> head) {
    head.put(ROOT_PATH, rootPath);
    head.put(SOURCES, sources);
  }

  /** The origin that a receipt names; null where an older program wrote it. */
  public static @Nullable Origin in(Map<String, Object> head) {
    return head.get(SOURCES) instanceof List<?> sources
            && !sources.isEmpty()
            && head.get(ROOT_PATH) instanceof String root
        ? new Origin(sources.stream().map(String::valueOf).toList(), root)
        : null;
  }

  /**
   * The name of a file: with one source as it is seen from the directory that was archived, or that
   * the file lies in; with several sources absolute, for they may lie anywhere.
   *
   * @param path of the file in the batch
   */
  public String file(String path) {
    String below = below(path);
    if (sources.size() == 1) {
      return below;
    }
    for (String source : sources) {
      String bare = source.endsWith("/") ? source.substring(0, source.length() - 1) : source;
      String name = bare.substring(bare.lastIndexOf('/') + 1);
      if (below.equals(name) || below.startsWith(name + "/")) {
        return bare + below.substring(name.length());
      }
    }
    return below;
  }

  /**
   * The absolute name by which a file was found, symlinks that were followed included.
   *
   * @param path of the file in the batch
   */
  public Path found(String path) {
    String source = sources.get(0);
    if (sources.size() > 1) {
      return Path.of(file(path));
    }
    return Path.of(source.endsWith("/") ? source + below(path) : source);
  }

  private String below(String path) {
    String root = rootPath.equals("/") ? "/" : rootPath + "/";
    return path.startsWith(root) ? path.substring(root.length()) : path.substring(1);
  }
}
