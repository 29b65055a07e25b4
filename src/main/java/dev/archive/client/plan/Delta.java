package dev.archive.client.plan;

import dev.archive.model.ArchiveException;
import dev.archive.model.Count;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import dev.archive.model.Text;
import dev.archive.source.SourceFile;
import dev.archive.wire.Messages.FileStatus;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * How a server's state differs from the plan. Each is a list of files or of sentences; all empty
 * means that the server holds exactly the plan.
 *
 * @param missing files of the plan that the server does not know
 * @param unfinished files that it knows and does not call completed
 * @param unproved files that it calls completed, and whose digest is not known here to compare
 * @param different files that it calls completed with another size or digest, each with what
 *     differs
 * @param extra paths that are not in the plan, or are there twice
 * @param outside what the server holds beside the plan: files that are not in it, and those of
 *     {@code different}
 */
public record Delta(
    List<SourceFile> missing,
    List<SourceFile> unfinished,
    List<SourceFile> unproved,
    List<String> different,
    List<String> extra,
    List<FileStatus> outside) {

  public boolean isEmpty() {
    return missing.isEmpty()
        && unfinished.isEmpty()
        && unproved.isEmpty()
        && different.isEmpty()
        && extra.isEmpty();
  }

  /** Whether no sending and completing can bring the batch to the plan. */
  public boolean isHopeless() {
    return !different.isEmpty() || !extra.isEmpty();
  }

  /** Up to some number of the differences, as sentences. */
  public List<String> describe(int most) {
    List<String> all = new ArrayList<>();
    add(all, missing, most, " is missing on the server");
    add(all, unfinished, most, " is not completed on the server");
    add(all, unproved, most, " could not be compared");
    all.addAll(different);
    all.addAll(extra);
    return all.size() <= most ? all : all.subList(0, most);
  }

  private static void add(List<String> all, List<SourceFile> files, int most, String how) {
    files.stream().limit(most).forEach(file -> all.add(file.path() + how));
  }

  /**
   * Compares a plan with a server's files, given one by one in any order. It holds a byte a file of
   * the plan.
   */
  public static final class Builder {
    private static final byte UNSEEN = 0;
    private static final byte UNFINISHED = 1;
    private static final byte UNPROVED = 2;
    private static final byte SAME = 3;
    private static final byte DIFFERENT = 4;

    /** How many sentences are kept of what no sending can mend: one is enough to give up. */
    private static final int MAX_TOLD = 1000;

    private final Plan plan;
    private final byte[] seen;
    private final Set<String> different = new LinkedHashSet<>();
    private final Set<String> extra = new LinkedHashSet<>();
    private final Map<String, FileStatus> outside = new LinkedHashMap<>();
    private final boolean keepsOutside;

    public Builder(Plan plan) {
      this(plan, false);
    }

    /** The same; it may also keep the files that the server holds beside the plan. */
    public Builder(Plan plan, boolean keepsOutside) {
      this.plan = plan;
      this.keepsOutside = keepsOutside;
      this.seen = new byte[plan.size()];
    }

    /**
     * Takes a file of the server. Where files have versions, one that is told again has changed
     * meanwhile, and what was told last is what counts; where they have none, it is there twice.
     */
    public void add(FileStatus held) {
      int index = index(held);
      if (index < 0) {
        tell(extra, Text.brief(held.logicalPath()) + " is in the batch and not in the plan");
      } else if (seen[index] != UNSEEN && held.version() == null) {
        tell(extra, held.logicalPath() + " is in the batch twice");
      } else {
        seen[index] = compare(index, held);
      }
      if (keepsOutside) {
        if (index < 0 || seen[index] == DIFFERENT) {
          outside.put(held.logicalPath(), held);
        } else {
          outside.remove(held.logicalPath());
        }
      }
    }

    private static void tell(Set<String> sentences, String sentence) {
      if (sentences.size() < MAX_TOLD) {
        sentences.add(sentence);
      }
    }

    private int index(FileStatus held) {
      try {
        return plan.indexOf(LogicalPath.parse(held.logicalPath()));
      } catch (ArchiveException e) {
        return -1;
      }
    }

    private byte compare(int index, FileStatus held) {
      if (!FileStatus.COMPLETED.equals(held.status())) {
        return UNFINISHED;
      }
      long size = plan.bytes(index);
      if (held.fileSize() == null || held.fileSize() != size) {
        return different(
            held,
            held.fileSize() == null ? "nothing" : Count.of(held.fileSize(), "byte"),
            size + " here");
      }
      Sha256 ours = plan.digest(index);
      if (ours == null) {
        return UNPROVED;
      }
      if (held.sha256() != null && !held.sha256().equals(ours.hex())) {
        return different(held, "SHA-256 " + Text.brief(held.sha256()), ours + " here");
      }
      if (held.cid() != null && !held.cid().equals(ours.cid())) {
        return different(held, "CID " + Text.brief(held.cid()), ours.cid() + " here");
      }
      return SAME;
    }

    private byte different(FileStatus held, String there, String here) {
      tell(different, held.logicalPath() + " has " + there + " on the server and " + here);
      return DIFFERENT;
    }

    public Delta build() {
      return new Delta(
          files(UNSEEN),
          files(UNFINISHED),
          files(UNPROVED),
          List.copyOf(different),
          List.copyOf(extra),
          List.copyOf(outside.values()));
    }

    private List<SourceFile> files(byte which) {
      return plan.files(
          IntStream.range(0, seen.length).filter(index -> seen[index] == which).toArray());
    }
  }
}
