package dev.archive.cli.view;

import dev.archive.client.state.NotArchived;
import dev.archive.model.Count;
import dev.archive.model.Text;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * The names that a run did not archive, each on a line behind its reason, as {@code --files-from}
 * reads them: a line that begins with {@code #} names no file.
 */
public final class FailedList {
  private FailedList() {}

  /** Writes it; a list without names too, so that an older one does not stand. */
  public static void write(List<NotArchived> names, OutputStream out) throws IOException {
    line(out, "# archive: not archived: " + Count.of(names.size(), "file"));
    for (NotArchived each : names) {
      line(out, "# " + Text.line(Text.escaped(each.reason())));
      // What cannot stand on a line as it is cannot be archived either, until it is renamed.
      if (each.file() != null && isOneLine(each.file())) {
        line(out, each.file().toString());
      }
    }
  }

  private static boolean isOneLine(Path file) {
    String name = file.toString();
    return name.chars().noneMatch(Character::isISOControl) && Path.of(name).equals(file);
  }

  private static void line(OutputStream out, String text) throws IOException {
    out.write((text + "\n").getBytes(StandardCharsets.UTF_8));
  }
}
