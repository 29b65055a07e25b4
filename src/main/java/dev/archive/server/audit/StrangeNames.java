package dev.archive.server.audit;

import dev.archive.bagit.PayloadManifest;
import dev.archive.bagit.TagFiles;
import dev.archive.ledger.BatchLedger;
import dev.archive.ledger.BatchState;
import dev.archive.storage.StoreReader;
import dev.archive.storage.StoreReader.Bytes;
import dev.archive.storage.StoreReader.Held;
import dev.archive.wire.Messages.AuditFinding;
import java.io.IOException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Finds what lies in the directories of a batch and is not one of its files, the first ones by
 * name: each part of an audit walks again, so that none has to remember all names.
 */
final class StrangeNames {
  /** How many names the ledger is asked about at once. */
  private static final int LOOKUP = 500;

  private static final String DATA = "data/";
  private static final Set<String> TAGS =
      Set.of(PayloadManifest.NAME, TagFiles.BAGIT, TagFiles.BAG_INFO, TagFiles.TAG_MANIFEST);

  private final BatchLedger ledger;
  private final StoreReader store;
  private final BatchState batch;
  private final String after;
  private final int limit;
  private final BagAudit.Beat beat;
  private final TreeMap<String, AuditFinding> found = new TreeMap<>();
  private final Map<String, Held> asked = new LinkedHashMap<>();
  private boolean more;

  StrangeNames(
      BatchLedger ledger,
      StoreReader store,
      BatchState batch,
      String after,
      int limit,
      BagAudit.Beat beat) {
    this.ledger = ledger;
    this.store = store;
    this.batch = batch;
    this.after = after;
    this.limit = limit;
    this.beat = beat;
  }

  /**
   * Looks for them.
   *
   * @param idle whether nobody can be storing bytes of the batch, so that what is staged is left
   *     over
   */
  Collection<AuditFinding> find(boolean idle) throws IOException {
    boolean finalized = batch.status().isFinalized();
    store.walk(
        batch.id(),
        (name, what) -> {
          beat.now();
          if (name.startsWith(DATA)) {
            ask(name, what);
          } else if (finalized && !isTag(name)) {
            add(name, Findings.extra(name, what));
          }
        });
    askLedger();
    if (finalized && idle) {
      for (String name : store.staged(batch.id())) {
        String below = "staging/" + name;
        add(below, Findings.extra(below, new Bytes(0, null)));
      }
    }
    return found.values();
  }

  private boolean isTag(String name) {
    return TAGS.contains(name)
        || name.equals(TagFiles.SKIPPED) && ledger.skipped(batch.id()) != null
        || name.equals(TagFiles.ATTRIBUTES) && ledger.attributes(batch.id()) != null;
  }

  /** The last name, where there may be more after it; else null. */
  String last() {
    return more ? found.lastKey() : null;
  }

  private void ask(String name, Held what) {
    if (name.compareTo(after) > 0) {
      asked.put(name.substring(DATA.length() - 1), what);
      if (asked.size() == LOOKUP) {
        askLedger();
      }
    }
  }

  private void askLedger() {
    if (!asked.isEmpty()) {
      Set<String> known = ledger.registered(batch.id(), asked.keySet());
      asked.forEach(
          (path, what) -> {
            if (!known.contains(path)) {
              add(DATA + path.substring(1), Findings.extra(path, what));
            }
          });
      asked.clear();
    }
  }

  private void add(String name, AuditFinding finding) {
    if (name.compareTo(after) > 0) {
      found.put(name, finding);
      if (found.size() > limit) {
        found.pollLastEntry();
        more = true;
      }
    }
  }
}
