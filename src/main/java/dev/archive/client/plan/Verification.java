package dev.archive.client.plan;

import dev.archive.client.api.FileDigest;
import dev.archive.client.api.RunFailures;
import dev.archive.client.plan.BatchReader.Comparison;
import dev.archive.client.work.Progress;
import dev.archive.model.ArchiveException;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import dev.archive.model.Text;
import dev.archive.source.SourceFile;
import dev.archive.source.SourceWalker.Found;
import dev.archive.source.SourceWalker.Problem;
import dev.archive.wire.Messages.FileStatus;
import dev.archive.wire.Messages.StatusHead;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Compares local files with those of a batch, given one by one in any order. One that is told again
 * with a version has changed meanwhile, and what was told last is what counts.
 */
final class Verification {
  private final Plan plan;
  private final ExcludedHere excluded;
  private final Progress progress;
  private final Verdict.Kind[] verdicts;
  private final SortedMap<String, String> differences = new TreeMap<>();
  private final SortedMap<String, String> unreadable = new TreeMap<>();
  private final List<String> twins = new ArrayList<>();

  /**
   * Nothing is compared yet.
   *
   * @param progress is told the bytes that are read, and each file of the plan that is compared
   */
  Verification(Plan plan, ExcludedHere excluded, Progress progress) {
    this.plan = plan;
    this.excluded = excluded;
    this.progress = progress;
    this.verdicts = new Verdict.Kind[plan.size()];
  }

  /**
   * What is to be said of one file.
   *
   * @param index its place in the plan, or a negative number where it is not here
   * @param message null where it is the same
   */
  record Verdict(int index, FileStatus held, Kind kind, @Nullable String message) {
    enum Kind {
      SAME,
      SAME_SIZE,
      DIFFERENT,
      UNREADABLE
    }
  }

  /** Compares one file, reading it where the server knows its digest; for many threads. */
  Verdict compare(FileStatus held) {
    int index = index(held);
    if (index < 0 && excluded.isUnknown(held.logicalPath())) {
      return new Verdict(
          index,
          held,
          Verdict.Kind.UNREADABLE,
          Text.printable(held.logicalPath()) + ": is in the batch, and cannot be read here");
    }
    if (index < 0) {
      String rule = excluded.rule(held.logicalPath());
      return different(
          index,
          held,
          rule == null
              ? "is in the batch and not here"
              : "is in the batch, and excluded here by " + Text.brief(rule));
    }
    SourceFile file = plan.file(index);
    Sha256 digest = digest(held);
    if (digest == null
        || !FileStatus.COMPLETED.equals(held.status())
        || held.fileSize() == null
        || held.fileSize() != file.size()) {
      // It need not be read, and counts as done.
      progress.sent(file.size());
    }
    if (!FileStatus.COMPLETED.equals(held.status())) {
      return different(index, held, "is in the batch, but not completed");
    }
    if (held.fileSize() == null || held.fileSize() != file.size()) {
      return different(
          index,
          held,
          "has "
              + Count.of(file.size(), "byte")
              + " here and "
              + held.fileSize()
              + " in the batch");
    }
    if (digest == null) {
      return new Verdict(index, held, Verdict.Kind.SAME_SIZE, null);
    }
    try {
      Sha256 ours = FileDigest.of(file, progress::sent);
      return digest.equals(ours)
          ? new Verdict(index, held, Verdict.Kind.SAME, null)
          : different(index, held, "has SHA-256 " + ours + " here and " + digest + " in the batch");
    } catch (ArchiveException e) {
      if (RunFailures.endsTheRun(e.code())) {
        throw e;
      }
      return new Verdict(index, held, Verdict.Kind.UNREADABLE, e.getMessage());
    }
  }

  private static Verdict different(int index, FileStatus held, String how) {
    return new Verdict(
        index, held, Verdict.Kind.DIFFERENT, Text.printable(held.logicalPath()) + ": " + how);
  }

  /** Its place in the plan; a negative number for a path that no file can have. */
  private int index(FileStatus held) {
    try {
      return plan.indexOf(LogicalPath.parse(held.logicalPath()));
    } catch (ArchiveException e) {
      return -1;
    }
  }

  private static @Nullable Sha256 digest(FileStatus held) {
    try {
      if (held.sha256() != null) {
        return Sha256.parse(held.sha256());
      }
      return held.cid() == null ? null : Sha256.parseCid(held.cid());
    } catch (ArchiveException e) {
      throw new ArchiveException(
          ErrorCode.BAD_ANSWER, "the server sent an invalid digest: " + e.getMessage(), e);
    }
  }

  /** Keeps a verdict. */
  void note(Verdict verdict) {
    String path = verdict.held().logicalPath();
    boolean again =
        verdict.index() < 0
            ? differences.containsKey(path) || unreadable.containsKey(path)
            : verdicts[verdict.index()] != null;
    if (again && verdict.held().version() == null) {
      twins.add(path + ": is in the batch twice");
    }
    differences.remove(path);
    unreadable.remove(path);
    if (verdict.kind() == Verdict.Kind.DIFFERENT) {
      differences.put(path, verdict.message());
    } else if (verdict.kind() == Verdict.Kind.UNREADABLE) {
      unreadable.put(path, verdict.message());
    }
    if (verdict.index() >= 0) {
      if (!again) {
        progress.completed();
      }
      verdicts[verdict.index()] = verdict.kind();
    }
  }

  /** What was found, when all files of the batch were told. */
  Comparison end(StatusHead head, Found found, AttributeComparison.Found attributes) {
    long same = 0;
    long bySizeAlone = 0;
    for (int i = 0; i < verdicts.length; i++) {
      if (verdicts[i] == null) {
        String path = plan.path(i).toString();
        differences.put(path, path + ": is here and not in the batch");
      } else if (verdicts[i] == Verdict.Kind.SAME || verdicts[i] == Verdict.Kind.SAME_SIZE) {
        same++;
        bySizeAlone += verdicts[i] == Verdict.Kind.SAME_SIZE ? 1 : 0;
      }
    }
    List<String> all = new ArrayList<>(twins);
    all.addAll(differences.values());
    all.addAll(attributes.differences());
    List<String> unread =
        new ArrayList<>(found.problems().stream().map(Problem::toString).toList());
    unreadable.keySet().removeAll(excluded.unreadable());
    unread.addAll(unreadable.values());
    unread.addAll(attributes.unreadable());
    return new Comparison(
        head,
        same,
        bySizeAlone,
        all,
        unread,
        found.excluded(),
        attributes.names(),
        attributes.differences().size(),
        attributes.xattrs(),
        attributes.why());
  }
}
