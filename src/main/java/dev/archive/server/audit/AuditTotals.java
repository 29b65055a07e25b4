package dev.archive.server.audit;

import dev.archive.model.Defect;
import dev.archive.wire.Messages.AuditPage;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** What an audit comes to. */
public final class AuditTotals {
  private final Set<String> batches = new HashSet<>();
  private final Map<Defect, Long> defects = new EnumMap<>(Defect.class);
  private long files;
  private long filesRead;
  private long bytesRead;

  /** Adds a part. */
  public void add(AuditPage page) {
    batches.add(page.batchId());
    files += page.files();
    filesRead += page.filesRead();
    bytesRead += page.bytesRead();
    page.findings().forEach(each -> defects.merge(Defect.parse(each.defect()), 1L, Long::sum));
  }

  /** How many batches a part of which was checked. */
  public int batches() {
    return batches.size();
  }

  /** How many files were checked. */
  public long files() {
    return files;
  }

  /** How many of them were read to their end. */
  public long filesRead() {
    return filesRead;
  }

  /** How many bytes were read. */
  public long bytesRead() {
    return bytesRead;
  }

  /** How many times a defect was found. */
  public long of(Defect defect) {
    return defects.getOrDefault(defect, 0L);
  }

  /** Whether something that was stored is not as it was stored. */
  public boolean isDamaged() {
    return of(Defect.ALTERED) + of(Defect.UNREADABLE) + of(Defect.MISSING) > 0;
  }

  /** All of it by name, for machines. */
  public Map<String, Object> fields() {
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
}
