package dev.archive.server.http;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.wire.Routes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** All calls of the API, and which of them a request asks for. */
final class RouteTable {
  /** The place of a batch's id in the path of a call. */
  static final String OF_BATCH = Routes.BATCHES + "/{batch}";

  /** The path of every upload URL. */
  static final String UPLOAD = Routes.UPLOAD + "{file}";

  private static final Pattern BATCH_CALL = Pattern.compile("/api/batches/([^/]+)(/.+)?");

  private final List<Route> routes;
  private final Map<String, List<Route>> byPath = new LinkedHashMap<>();

  /**
   * What a request asks for.
   *
   * @param batch the id in its path as it came, which may be none; null where the call names no
   *     batch
   */
  record Found(Route route, String batch) {}

  RouteTable(List<Route> routes) {
    this.routes = List.copyOf(routes);
    routes.forEach(
        each -> byPath.computeIfAbsent(each.path(), path -> new ArrayList<>()).add(each));
  }

  /** All of them, in the order in which they were given. */
  List<Route> all() {
    return routes;
  }

  /**
   * The call of a path and a method.
   *
   * @throws ArchiveException {@link ErrorCode#NOT_FOUND}, {@link ErrorCode#METHOD_NOT_ALLOWED}
   */
  Found find(String method, String path) {
    if (path.startsWith(Routes.UPLOAD)) {
      return new Found(only(method, byPath.get(UPLOAD)), null);
    }
    List<Route> fixed = path.contains("{") ? null : byPath.get(path);
    if (fixed != null) {
      return new Found(only(method, fixed), null);
    }
    Matcher call = BATCH_CALL.matcher(path);
    List<Route> ofBatch =
        call.matches() ? byPath.get(OF_BATCH + (call.group(2) == null ? "" : call.group(2))) : null;
    if (ofBatch == null) {
      throw new ArchiveException(ErrorCode.NOT_FOUND, "Not found");
    }
    return new Found(only(method, ofBatch), call.group(1));
  }

  private static Route only(String method, List<Route> routes) {
    for (Route each : routes) {
      if (each.answers(method)) {
        return each;
      }
    }
    String allowed = routes.stream().map(Route::method).collect(Collectors.joining(", "));
    throw new ArchiveException(
        ErrorCode.METHOD_NOT_ALLOWED,
        "only " + allowed + " is allowed here",
        Map.of("allow", allowed.replace("GET", "GET, HEAD")),
        null);
  }
}
