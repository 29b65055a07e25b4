package dev.archive.client.run;

import dev.archive.client.plan.Failure;
import dev.archive.client.plan.Plan;
import dev.archive.client.send.Outcome;
import dev.archive.client.state.Account;
import dev.archive.client.state.Account.Amount;
import dev.archive.client.state.Account.Reason;
import dev.archive.client.state.NotArchived;
import dev.archive.client.state.Origin;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Excluded;
import dev.archive.model.LogicalPath;
import dev.archive.source.SourceWalker;
import dev.archive.source.SourceWalker.Why;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Keeps what becomes of each file of a run. What was found is counted by the walk, what was sent as
 * it is sent, what is held in the plan that was finalized, and what failed by the failures: that
 * these agree proves that none forgot a file. For many threads.
 */
final class Accounting {
  private static final String NOT_FINALIZED = "nothing was finalized";
  private static final String NOT_SENT = "not sent by this run";

  private final Plan plan;
  private final SourceWalker.Found found;
  private final Origin origin;
  private final Set<Failure> ofTheWalk = Collections.newSetFromMap(new IdentityHashMap<>());
  private final BitSet sent = new BitSet();

  /**
   * For one run.
   *
   * @param plan of all that can be archived
   * @param origin where the files of the plan come from
   * @param ofTheWalk the failures that stand for problems of the walk
   */
  Accounting(Plan plan, Origin origin, SourceWalker.Found found, List<Failure> ofTheWalk) {
    this.plan = plan;
    this.origin = origin;
    this.found = found;
    this.ofTheWalk.addAll(ofTheWalk);
  }

  /** Files were sent, and the server said that they are complete. */
  synchronized void sent(List<Outcome.Sent> files) {
    files.forEach(each -> sent.set(plan.indexOf(each.file().path())));
  }

  /** All of the plan is sent by this run: its server can hold none of it from an earlier one. */
  synchronized void sentAll() {
    sent.set(0, plan.size());
  }

  /**
   * The account.
   *
   * @param held what the batch holds; null where nothing was finalized
   * @param outdated of which the batch holds what they were earlier
   * @param links whether the batch keeps symlinks
   * @throws ArchiveException {@link ErrorCode#STATE_DIFFERS} where it does not add up
   */
  synchronized Account close(
      Plan held, List<Failure> failures, List<Failure> outdated, boolean links) {
    Tally failed = new Tally();
    BitSet failing = new BitSet();
    for (Failure each : outdated) {
      fail(each, "changed since an interrupted run sent it", failing, failed);
    }
    Amount archived = Amount.NONE;
    Amount before = Amount.NONE;
    for (int i = 0; held != null && i < held.size(); i++) {
      int index = plan.indexOf(held.path(i));
      if (index < 0 || failing.get(index)) {
        continue;
      }
      failing.set(index);
      if (sent.get(index)) {
        archived = archived.plus(1, held.bytes(i));
      } else {
        before = before.plus(1, held.bytes(i));
      }
    }
    for (Failure each : failures) {
      if (!ofTheWalk.contains(each)) {
        fail(each, words(each.code()), failing, failed);
      }
    }
    for (int i = failing.nextClearBit(0); held == null && i < plan.size(); ) {
      failed.add(NOT_FINALIZED, plan.bytes(i));
      i = failing.nextClearBit(i + 1);
    }
    return account(archived, before, links ? found.symlinksRecorded() : 0, links, failed);
  }

  /**
   * The account of a run that failed before the server was asked to finalize.
   *
   * @throws ArchiveException {@link ErrorCode#STATE_DIFFERS} where it does not add up
   */
  synchronized Account unfinished() {
    Tally failed = new Tally();
    for (int i = 0; i < plan.size(); i++) {
      failed.add(sent.get(i) ? "sent, not finalized" : NOT_SENT, plan.bytes(i));
    }
    failed.add(NOT_SENT, found.symlinksRecorded(), 0);
    return account(Amount.NONE, Amount.NONE, 0, true, failed);
  }

  private Account account(
      Amount archived, Amount before, long recorded, boolean links, Tally failed) {
    Account account =
        new Account(
            new Amount(found.names(), found.bytes()),
            archived,
            before,
            excluded(),
            new Amount(recorded, 0),
            notArchivable(links),
            failed.withProblems().list());
    account.requireClosed();
    return account;
  }

  private void fail(Failure failure, String why, BitSet known, Tally failed) {
    int index = index(failure.name());
    if (index >= 0 && !known.get(index)) {
      known.set(index);
      failed.add(why, plan.bytes(index));
    }
  }

  private int index(String name) {
    try {
      return plan.indexOf(LogicalPath.parse(name));
    } catch (ArchiveException e) {
      return -1;
    }
  }

  private static String words(ErrorCode code) {
    return code.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private Amount excluded() {
    Excluded all = Excluded.sum(found.excluded(), "");
    return new Amount(all.files() + all.others(), all.bytes());
  }

  private List<Reason> notArchivable(boolean links) {
    Tally tally = new Tally();
    if (links) {
      long left = found.symlinksNotFollowed() - found.symlinksRecorded();
      tally.add("symlinks whose name or target cannot be kept", left, 0);
    } else {
      found.symlinks().forEach((why, number) -> tally.add(why, number, 0));
    }
    for (SourceWalker.LeftOut each : found.leftOut()) {
      tally.add("kept by archive itself", each.directory() ? 0 : 1, each.bytes());
    }
    for (SourceWalker.Problem each : found.problems()) {
      if (each.why() == Why.SPECIAL) {
        tally.add("special files", 1, each.bytes());
      } else if (each.why() == Why.NAME) {
        tally.add("names that cannot be kept", 1, each.bytes());
      }
    }
    return tally.list();
  }

  /** The names that are not archived, though they were to be. */
  List<NotArchived> names(Plan held, List<Failure> failures, List<Failure> outdated) {
    List<NotArchived> names = new ArrayList<>();
    found.problems().forEach(each -> names.add(new NotArchived(each.file(), each.toString())));
    List<Failure> others = new ArrayList<>(failures);
    // An earlier run may have gone without a file that this run archived.
    others.removeIf(each -> ofTheWalk.contains(each) || held != null && isHeld(held, each));
    others.addAll(outdated);
    for (Failure each : others) {
      int index = index(each.name());
      names.add(
          new NotArchived(
              index < 0 ? null : origin.found(plan.path(index).toString()), each.reason()));
    }
    return names;
  }

  private boolean isHeld(Plan held, Failure failure) {
    int index = index(failure.name());
    return index >= 0 && held.indexOf(plan.path(index)) >= 0;
  }

  /** Amounts by reason. */
  private final class Tally {
    private final Map<String, Amount> byReason = new TreeMap<>();

    void add(String reason, long bytes) {
      add(reason, 1, bytes);
    }

    void add(String reason, long files, long bytes) {
      byReason.merge(
          reason, new Amount(files, bytes), (one, other) -> one.plus(other.files(), other.bytes()));
    }

    Tally withProblems() {
      for (SourceWalker.Problem each : found.problems()) {
        if (each.why() == Why.UNREADABLE) {
          add(words(ErrorCode.SOURCE_UNREADABLE), each.bytes());
        }
      }
      return this;
    }

    List<Reason> list() {
      return byReason.entrySet().stream()
          .filter(each -> each.getValue().files() > 0)
          .map(each -> new Reason(each.getKey(), each.getValue().files(), each.getValue().bytes()))
          .toList();
    }
  }
}
