package dev.archive.server.ingest;

import dev.archive.ledger.BatchLedger;
import dev.archive.ledger.BatchLedger.PartState;
import dev.archive.ledger.Registration;
import dev.archive.model.BatchId;
import dev.archive.storage.ByteStore;
import java.util.ArrayList;
import java.util.List;

/**
 * The parts of a multipart upload that are recorded and whose bytes are there. Others are
 * forgotten, so that they are sent again: their bytes went with a disk that was restored, or are
 * published already. The object's lock is held.
 */
final class HeldParts {
  private final BatchLedger ledger;
  private final ByteStore store;

  HeldParts(BatchLedger ledger, ByteStore store) {
    this.ledger = ledger;
    this.store = store;
  }

  /** All of them, by number. */
  List<PartState> of(BatchId id, Registration file) {
    return there(id, file, ledger.parts(id, file.uploadId()));
  }

  /** Those with numbers from one to another, both included. */
  List<PartState> of(BatchId id, Registration file, int first, int last) {
    return there(id, file, ledger.parts(id, file.uploadId(), first, last));
  }

  private List<PartState> there(BatchId id, Registration file, List<PartState> recorded) {
    if (recorded.isEmpty()) {
      return recorded;
    }
    long end = store.parts().end(id, file.uploadId());
    List<PartState> held = new ArrayList<>();
    List<PartState> gone = new ArrayList<>();
    for (PartState part : recorded) {
      boolean there =
          part.name() == null
              ? end(file, part) <= end
              : store.parts().hasLoose(id, part.name(), part.size());
      (there ? held : gone).add(part);
    }
    if (!gone.isEmpty()) {
      ledger.dropParts(id, file.uploadId(), gone);
    }
    return held;
  }

  /** How many parts a file has, where they are cut as its sender was told. */
  static int count(Registration file) {
    return (int) ((file.size() + file.partSize() - 1) / file.partSize());
  }

  /** How long a part is that lies at its place, in bytes. */
  static long size(Registration file, int part) {
    return Math.min(file.partSize(), file.size() - (part - 1) * file.partSize());
  }

  /** Where in the object a part ends that lies at its place, in bytes. */
  static long end(Registration file, PartState part) {
    return (part.number() - 1) * file.partSize() + part.size();
  }
}
