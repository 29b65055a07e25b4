package dev.archive.cli.view;

import dev.archive.cli.process.Output;
import dev.archive.client.state.Origin;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Text;
import dev.archive.source.SourceFile;
import dev.archive.wire.JournalMessages.ReceiptEntry;
import dev.archive.wire.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A receipt as it was kept on this machine, without its files, which are read as a stream. */
public final class KeptReceipt {
  private final Map<String, Object> head;

  private KeptReceipt(Map<String, Object> head) {
    this.head = head;
  }

  public static KeptReceipt read(Path file) {
    return read(file, entry -> {});
  }

  private static KeptReceipt read(Path file, Consumer<ReceiptEntry> entries) {
    try (InputStream in = Files.newInputStream(file)) {
      Map<String, Object> head = Json.readReceipt(in, entries);
      if (head.get("batch_id") instanceof String
          && head.get("files") instanceof Number
          && head.get("bytes") instanceof Number) {
        return new KeptReceipt(head);
      }
      throw new ArchiveException(ErrorCode.BAD_ANSWER, "it names no batch, files or bytes");
    } catch (IOException e) {
      throw unreadable(file, SourceFile.reason(e), e);
    } catch (ArchiveException e) {
      if (e.code() == ErrorCode.OUTPUT_FAILED) {
        throw e;
      }
      throw unreadable(file, e.getMessage(), e);
    }
  }

  /** That a receipt cannot be read, and why. */
  public static ArchiveException unreadable(Path file, String why, Exception cause) {
    return new ArchiveException(
        ErrorCode.USAGE,
        "the receipt " + Text.quote(file.toString()) + " cannot be read: " + why,
        cause);
  }

  /** Without its files, on one line. */
  public String json() {
    return Json.text(head);
  }

  /** The names of {@link #row}'s cells. */
  public static String[] header() {
    return new String[] {"BATCH", ">FILES", ">BYTES", "SERVER"};
  }

  /** Batch, files, bytes and server. */
  public String[] row() {
    return new String[] {
      Text.brief(String.valueOf(head.get("batch_id"))),
      String.format(Locale.ROOT, "%,d", number("files")),
      String.format(Locale.ROOT, "%,d", number("bytes")),
      Text.printable(String.valueOf(head.get("server")))
    };
  }

  /** One of the numbers that were found when it was read. */
  private long number(String name) {
    return ((Number) Objects.requireNonNull(head.get(name))).longValue();
  }

  /** Where its files come from; null where an older program wrote it. */
  public @Nullable Origin origin() {
    return Origin.in(head);
  }

  /** The filters of the run, as options; none where an older program wrote the receipt. */
  public List<String> filters() {
    return head.get("filters") instanceof List<?> filters
        ? filters.stream().map(String::valueOf).toList()
        : List.of();
  }

  /**
   * A line for sha256sum a file; names with a backslash or a line's end are escaped as it wants
   * them.
   *
   * @param origin where the files are; null to name them as the batch does
   */
  public static void printSums(Path receipt, @Nullable Origin origin, Output output) {
    PrintWriter out = new PrintWriter(output.stream(), false, StandardCharsets.UTF_8);
    read(receipt, entry -> out.println(sum(entry, origin)));
    out.flush();
  }

  private static String sum(ReceiptEntry entry, @Nullable Origin origin) {
    String name = origin == null ? entry.path().substring(1) : origin.file(entry.path());
    // A name of one hyphen is standard input to sha256sum.
    String path = name.equals("-") ? "./-" : name;
    String escaped = path.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r");
    return (escaped.equals(path) ? "" : "\\") + entry.sha256() + "  " + escaped;
  }
}
