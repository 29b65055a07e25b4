package dev.archive.cli;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Text;
import dev.archive.source.SourceFile;
import dev.archive.wire.Json;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A receipt as it was kept on this machine. */
final class KeptReceipt {
  private final Map<String, Object> document;

  private KeptReceipt(Map<String, Object> document) {
    this.document = document;
  }

  static KeptReceipt read(Path file) {
    try {
      return new KeptReceipt(Json.readObject(Files.readAllBytes(file)));
    } catch (IOException e) {
      throw unreadable(file, SourceFile.reason(e), e);
    } catch (ArchiveException e) {
      throw unreadable(file, e.getMessage(), e);
    }
  }

  private static ArchiveException unreadable(Path file, String why, Exception cause) {
    return new ArchiveException(
        ErrorCode.USAGE,
        "the receipt " + Text.quote(file.toString()) + " cannot be read: " + why,
        cause);
  }

  /** Without its files, on one line. */
  String json() {
    Map<String, Object> head = new LinkedHashMap<>(document);
    head.remove("entries");
    return Json.text(head);
  }

  /** Batch, files, bytes and server on one line. */
  String line() {
    return String.format(
        Locale.ROOT,
        "%s  %,9d files  %,17d bytes  %s",
        document.get("batch_id"),
        ((Number) document.get("files")).longValue(),
        ((Number) document.get("bytes")).longValue(),
        Text.printable(String.valueOf(document.get("server"))));
  }

  /**
   * A line for sha256sum a file; names with a backslash or a line's end are escaped as it wants
   * them.
   */
  void printSums(PrintStream out) {
    for (Object entry : (List<?>) document.get("entries")) {
      Map<?, ?> file = (Map<?, ?>) entry;
      String path = String.valueOf(file.get("path")).substring(1);
      String escaped = path.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r");
      out.println((escaped.equals(path) ? "" : "\\") + file.get("sha256") + "  " + escaped);
    }
  }
}
