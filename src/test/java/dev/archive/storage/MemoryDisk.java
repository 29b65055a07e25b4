package dev.archive.storage;

import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Contents by name, for the {@link MemoryByteStore}s that share it as processes share a disk. Only
 * the names that were forced survive a power cut.
 */
class MemoryDisk {
  /** What a name is for. */
  enum Kind {
    OBJECT,
    TAG,
    TEMPORARY
  }

  /** A name of one batch. */
  record Name(BatchId batch, Kind kind, String text) {}

  /**
   * What has a name.
   *
   * @param bytes never change
   * @param number of the write that gave it the name
   */
  record Content(byte[] bytes, long number) {}

  private final Map<Name, Content> names = new HashMap<>();
  private final Map<Name, Content> durable = new HashMap<>();
  private final Set<BatchId> obstructed = new HashSet<>();
  private long writes;
  private long kept;

  /** Null where nothing has the name. */
  synchronized Content get(Name name) {
    return names.get(name);
  }

  /** Gives bytes a name that nothing has. */
  synchronized void create(Name name, byte[] bytes) {
    if (names.containsKey(name)) {
      throw new ArchiveException(ErrorCode.INTERNAL, name + " is there already");
    }
    replace(name, bytes);
  }

  /** Gives bytes a name, in place of what has it. */
  synchronized void replace(Name name, byte[] bytes) {
    names.put(name, new Content(bytes, ++writes));
  }

  /** Gives what has a name another one, in place of what has that. */
  synchronized Content move(Name from, Name to) {
    if (obstructed.contains(to.batch())) {
      throw new ArchiveException(ErrorCode.INTERNAL, "publishing failed");
    }
    Content moved = new Content(names.remove(from).bytes(), ++writes);
    names.put(to, moved);
    return moved;
  }

  synchronized void remove(Name name) {
    names.remove(name);
  }

  /** What has the name now, or that nothing has it, survives a power cut. */
  synchronized void force(Name name) {
    if (names.containsKey(name)) {
      durable.put(name, names.get(name));
    } else {
      durable.remove(name);
    }
  }

  synchronized List<Name> names() {
    return List.copyOf(names.keySet());
  }

  synchronized void powerCut() {
    names.clear();
    names.putAll(durable);
  }

  /** Moves out of sight what has one of these names. */
  synchronized String keep(List<Name> some) {
    some.forEach(names::remove);
    return "kept-" + ++kept;
  }

  /** Lets nothing be published in a batch, or lets it again. */
  synchronized void obstruct(BatchId batch, boolean obstruct) {
    if (obstruct) {
      obstructed.add(batch);
    } else {
      obstructed.remove(batch);
    }
  }
}
