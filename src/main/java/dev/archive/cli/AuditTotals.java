package dev.archive.cli;

import dev.archive.model.Defect;
import dev.archive.wire.Messages.AuditPage;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** What an audit comes to. */
final class AuditTotals {
  private final Set<String> batches = new HashSet<>();
  private final Map<Defect, Long> defects = new EnumMap<>(Defect.class);
  private long files;
  private long filesRead;
  private long bytesRead;

  void add(AuditPage page) {
    batches.add(page.batchId());
    files += page.files();
    filesRead += page.filesRead();
    bytesRead += page.bytesRead();
    page.findings().forEach(each -> defects.merge(Defect.parse(each.defect()), 1L, Long::sum));
  }

  int batches() {
    return batches.size();
  }

  long files() {
    return files;
  }

  long of(Defect defect) {
    return defects.getOrDefault(defect, 0L);
  }

  /** Whether something that was stored is not as it was stored. */
  boolean isDamaged() {
    return of(Defect.ALTERED) + of(Defect.UNREADABLE) + of(Defect.MISSING) > 0;
  }

  /** The gravest first: bytes that differ or cannot be read, then what is missing or extra. */
  int exit() {
    if (of(Defect.ALTERED) + of(Defect.UNREADABLE) > 0) {
      return ExitCodes.FIXITY;
    }
    return of(Defect.MISSING) + of(Defect.EXTRA) > 0 ? ExitCodes.DIFFERENT : ExitCodes.OK;
  }

  Map<String, Object> fields() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("batches", batches.size());
    fields.put("files", files);
    fields.put("files_read", filesRead);
    fields.put("bytes_read", bytesRead);
    for (Defect defect : Defect.values()) {
      fields.put(defect.toString(), of(defect));
    }
    return fields;
  }

  /** For people: how many files, how much was read, and what is wrong. */
  String sentence() {
    List<String> wrong = new ArrayList<>();
    for (Defect defect : Defect.values()) {
      if (of(defect) > 0) {
        wrong.add(String.format(Locale.ROOT, "%,d %s", of(defect), defect));
      }
    }
    return Console.count(files, "file")
        + (filesRead == files ? "" : String.format(Locale.ROOT, ", %,d read", filesRead))
        + ", "
        + Console.size(bytesRead)
        + ": "
        + (wrong.isEmpty() ? "all as they were stored" : String.join(", ", wrong));
  }
}
