package dev.archive.client.state;

import dev.archive.model.Sha256;
import dev.archive.wire.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * What makes two command lines the same run: where to, what, and under which name.
 *
 * @param server the server's name, the same in every process
 * @param sources as real, absolute paths
 * @param filters what of them is archived, as options of the command line
 */
public record RunIdentity(
    String server, List<String> sources, String rootPath, String uploader, List<String> filters) {
  public static RunIdentity of(
      String server, List<Path> sources, String rootPath, String uploader, List<String> filters) {
    return new RunIdentity(
        server,
        sources.stream().map(Path::toString).sorted().toList(),
        rootPath,
        uploader,
        filters);
  }

  /** What older programs knew of a run, and their names for runs come from. */
  private record WithoutFilters(
      String server, List<String> sources, String rootPath, String uploader) {}

  /** A name for the run's directory: 32 hex digits. */
  String id() {
    Object identity =
        filters.isEmpty() ? new WithoutFilters(server, sources, rootPath, uploader) : this;
    return Sha256.of(Json.text(identity).getBytes(StandardCharsets.UTF_8)).hex().substring(0, 32);
  }
}
