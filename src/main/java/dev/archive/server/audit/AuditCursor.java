package dev.archive.server.audit;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Text;

/**
 * How far the audit of a batch has come: first the files of the ledger by version, then the names
 * on the disk. Opaque to clients.
 *
 * @param version the last one that was checked; of no meaning once it is the names' turn
 * @param name the last one that was checked, empty before the first; null while it is the files'
 *     turn
 */
public record AuditCursor(long version, String name) {
  private static final String FILES = "files:";
  private static final String NAMES = "names:";

  public static AuditCursor parse(String text) {
    if (text == null) {
      return afterFile(0);
    }
    if (text.matches(FILES + "[0-9]{1,18}")) {
      return afterFile(Long.parseLong(text.substring(FILES.length())));
    }
    if (text.startsWith(NAMES)) {
      return afterName(text.substring(NAMES.length()));
    }
    throw new ArchiveException(
        ErrorCode.INVALID_REQUEST,
        "after is not what an earlier answer called next: " + Text.quote(text));
  }

  static AuditCursor afterFile(long version) {
    return new AuditCursor(version, null);
  }

  static AuditCursor afterName(String name) {
    return new AuditCursor(0, name);
  }

  boolean isAtFiles() {
    return name == null;
  }

  @Override
  public String toString() {
    return isAtFiles() ? FILES + version : NAMES + name;
  }
}
