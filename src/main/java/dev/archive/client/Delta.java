package dev.archive.client;

import dev.archive.model.ArchiveException;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import dev.archive.source.SourceFile;
import dev.archive.wire.Messages.FileStatus;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

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
 */
record Delta(
    List<SourceFile> missing,
    List<SourceFile> unfinished,
    List<SourceFile> unproved,
    List<String> different,
    List<String> extra) {

  boolean isEmpty() {
    return missing.isEmpty()
        && unfinished.isEmpty()
        && unproved.isEmpty()
        && different.isEmpty()
        && extra.isEmpty();
  }

  /** Whether no sending and completing can bring the batch to the plan. */
  boolean isHopeless() {
    return !different.isEmpty() || !extra.isEmpty();
  }

  /** Up to some number of the differences, as sentences. */
  List<String> describe(int most) {
    List<String> all = new ArrayList<>();
    missing.forEach(file -> all.add(file.path() + " is missing on the server"));
    unfinished.forEach(file -> all.add(file.path() + " is not completed on the server"));
    unproved.forEach(file -> all.add(file.path() + " could not be compared"));
    all.addAll(different);
    all.addAll(extra);
    return all.size() <= most ? all : all.subList(0, most);
  }

  /** Compares a plan with a server's files, given one by one in any order. */
  static final class Builder {
    private final Plan plan;
    private final BitSet seen = new BitSet();
    private final List<SourceFile> unfinished = new ArrayList<>();
    private final List<SourceFile> unproved = new ArrayList<>();
    private final List<String> different = new ArrayList<>();
    private final List<String> extra = new ArrayList<>();

    Builder(Plan plan) {
      this.plan = plan;
    }

    void add(FileStatus held) {
      int index = index(held);
      if (index < 0) {
        extra.add(held.logicalPath() + " is in the batch and not in the plan");
        return;
      }
      if (seen.get(index)) {
        extra.add(held.logicalPath() + " is in the batch twice");
        return;
      }
      seen.set(index);
      SourceFile file = plan.file(index);
      if (!FileStatus.COMPLETED.equals(held.status())) {
        unfinished.add(file);
      } else if (held.fileSize() == null || held.fileSize() != file.size()) {
        different.add(
            file.path()
                + " has "
                + held.fileSize()
                + " bytes on the server and "
                + file.size()
                + " here");
      } else {
        compareDigests(index, held);
      }
    }

    private int index(FileStatus held) {
      try {
        return plan.indexOf(LogicalPath.parse(held.logicalPath()));
      } catch (ArchiveException e) {
        return -1;
      }
    }

    private void compareDigests(int index, FileStatus held) {
      Sha256 ours = plan.digest(index);
      String path = held.logicalPath();
      if (ours == null) {
        unproved.add(plan.file(index));
        return;
      }
      if (held.sha256() != null && !held.sha256().equals(ours.hex())) {
        different.add(
            path + " has SHA-256 " + held.sha256() + " on the server and " + ours + " here");
      } else if (held.cid() != null && !held.cid().equals(ours.cid())) {
        different.add(
            path + " has CID " + held.cid() + " on the server and " + ours.cid() + " here");
      }
    }

    Delta build() {
      List<SourceFile> missing = new ArrayList<>();
      for (int i = seen.nextClearBit(0); i < plan.size(); i = seen.nextClearBit(i + 1)) {
        missing.add(plan.file(i));
      }
      return new Delta(missing, unfinished, unproved, different, extra);
    }
  }
}
