package dev.archive.client.state;

import dev.archive.model.ArchiveException;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What became of everything that a run found: files, and names that are no files. Each is in
 * exactly one place.
 *
 * @param archived what the batch holds, and this run sent
 * @param alreadyHeld what the batch holds, and an earlier run sent
 * @param recorded symlinks that the batch keeps as links
 * @param notArchivable what no batch has a place for, by reason
 * @param failed what was to be archived and is not, by reason
 */
public record Account(
    Amount found,
    Amount archived,
    Amount alreadyHeld,
    Amount excluded,
    Amount recorded,
    List<Reason> notArchivable,
    List<Reason> failed) {

  /** Files and their bytes. */
  public record Amount(long files, long bytes) {
    /** Nothing. */
    public static final Amount NONE = new Amount(0, 0);

    /** Both together. */
    public Amount plus(long moreFiles, long moreBytes) {
      return new Amount(files + moreFiles, bytes + moreBytes);
    }
  }

  /** An amount with what it has in common. */
  public record Reason(String reason, long files, long bytes) {}

  private static Amount sum(List<Reason> reasons) {
    return new Amount(
        reasons.stream().mapToLong(Reason::files).sum(),
        reasons.stream().mapToLong(Reason::bytes).sum());
  }

  /**
   * Proves that nothing that was found is missing here, and nothing is here twice.
   *
   * @throws ArchiveException {@link ErrorCode#STATE_DIFFERS}
   */
  public void requireClosed() {
    Amount all = Amount.NONE;
    for (Amount each :
        List.of(archived, alreadyHeld, excluded, recorded, sum(notArchivable), sum(failed))) {
      all = all.plus(each.files, each.bytes);
    }
    if (!all.equals(found)) {
      throw new ArchiveException(
          ErrorCode.STATE_DIFFERS,
          "the account of this run does not add up: "
              + Count.of(found.files, "file")
              + " with "
              + Count.of(found.bytes, "byte")
              + " were found, and what became of "
              + Count.of(all.files, "file")
              + " with "
              + Count.of(all.bytes, "byte")
              + " is known; do not rely on this run. Compare with archive verify, and report this");
    }
  }

  /** Each amount by its name, for machines. */
  public Map<String, Amount> amounts() {
    Map<String, Amount> amounts = new LinkedHashMap<>();
    amounts.put("found", found);
    amounts.put("archived", archived);
    amounts.put("already_held", alreadyHeld);
    amounts.put("excluded", excluded);
    amounts.put("recorded", recorded);
    amounts.put("not_archivable", sum(notArchivable));
    amounts.put("failed", sum(failed));
    return amounts;
  }

  /** In one line for a person; what is zero is left out. */
  public String sentence() {
    List<String> parts = new ArrayList<>();
    parts.add(Count.number(archived.files) + " archived");
    add(parts, alreadyHeld.files, " already held", List.of());
    add(parts, excluded.files, " excluded", List.of());
    add(parts, recorded.files, " recorded as links", List.of());
    add(parts, sum(notArchivable).files, " not archivable", notArchivable);
    add(parts, sum(failed).files, " failed", failed);
    return "found " + Count.of(found.files, "file") + ": " + String.join(", ", parts);
  }

  private static void add(List<String> parts, long number, String what, List<Reason> reasons) {
    if (number > 0) {
      String why =
          String.join(
              "; ",
              reasons.stream()
                  .map(
                      each ->
                          (reasons.size() == 1 ? "" : Count.number(each.files) + " ") + each.reason)
                  .toList());
      parts.add(Count.number(number) + what + (why.isEmpty() ? "" : " (" + why + ")"));
    }
  }
}
