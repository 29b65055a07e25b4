package dev.archive.testing;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a process has on the disk at each moment of its traced calls, by what the system promises
 * and no more: bytes are there once their file was synced after they were written, and a name once
 * its directory was synced after the name was made. A sync counts from its begin, a write until its
 * end. So a call that is not made is seen as well as one that fails.
 */
public final class DiskTrace {
  /** The calls to trace. */
  public static final List<String> STRACE =
      List.of(
          "-s",
          "40",
          "-e",
          "trace=openat,open,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,unlink,"
              + "unlinkat,rmdir,write,pwrite64,writev,pwritev,sendto,sendmsg,ftruncate,fsync,"
              + "fdatasync");

  /** Something that must not happen before what it counts on is on the disk. */
  @FunctionalInterface
  public interface Moment {
    /**
     * Is asked at the begin of each call.
     *
     * @param missing what is not on the disk yet, each with the reason
     */
    void at(SystemCall call, Missing missing);
  }

  /** Tells what is not on the disk. */
  public interface Missing {
    /** The files and names below a directory that are not, each in words. */
    List<String> below(String directory);

    /**
     * The files that were written, named or made since a moment was last ended, and in which place
     * of all calls that was last.
     */
    Map<String, Long> changed();

    /** Ends a moment: what is changed is counted from here. */
    void end();
  }

  private final List<String> wrong = new ArrayList<>();
  private final Map<String, Long> written = new TreeMap<>();
  private final Map<String, Long> synced = new HashMap<>();
  private final Map<String, Long> named = new TreeMap<>();
  private final Map<String, Long> syncing = new HashMap<>();
  private final Set<String> known = new TreeSet<>();
  private final Map<String, Long> changed = new TreeMap<>();
  private final List<String> roots;
  private long now;

  private DiskTrace(List<String> roots) {
    this.roots = roots;
  }

  /**
   * Follows a process.
   *
   * @param roots the directories that it is about, which must not be there when it starts
   * @return what went wrong by itself: files that got their final names before their bytes were
   *     synced
   */
  public static List<String> follow(List<String> log, List<String> roots, Moment moment) {
    return follow(log, roots, List.of(), moment);
  }

  /**
   * Follows a process that finds what one before it left, which was killed.
   *
   * @param left files and directories of which neither bytes nor names may be on the disk
   */
  public static List<String> follow(
      List<String> log, List<String> roots, List<String> left, Moment moment) {
    DiskTrace trace = new DiskTrace(roots);
    for (String path : left) {
      trace.known.add(path);
      trace.named.put(path, 0L);
      if (Files.isRegularFile(Path.of(path))) {
        trace.written.put(path, 0L);
        trace.synced.put(path, -1L);
      }
    }
    for (SystemCall call : SystemCall.parse(log)) {
      trace.now++;
      if (call.result() == null) {
        moment.at(call, trace.missing());
        trace.begin(call);
      } else if (call.succeeded()) {
        trace.end(call);
      }
    }
    return trace.wrong;
  }

  private void begin(SystemCall call) {
    switch (call.name()) {
      case "fsync", "fdatasync" -> syncing.put(call.arguments(), now);
      case "rename", "renameat", "renameat2", "link", "linkat" -> {
        String from = call.paths().get(0);
        String to = call.paths().get(1);
        if (isOurs(to) && !isTemporary(to) && isDirty(from)) {
          wrong.add(to + " got its name before its bytes were synced");
        }
      }
      default -> {}
    }
  }

  private void end(SystemCall call) {
    switch (call.name()) {
      case "open", "openat", "creat" -> {
        if (call.arguments().contains("O_CREAT")) {
          made(call.paths().get(0));
        }
      }
      case "mkdir", "mkdirat" -> name(call.paths().get(0));
      case "rename", "renameat", "renameat2", "link", "linkat" ->
          renamed(call.paths().get(0), call.paths().get(1));
      case "unlink", "unlinkat", "rmdir" -> gone(call.paths().get(0));
      case "fsync", "fdatasync" -> synced(call.file(), syncing.remove(call.arguments()));
      default -> {
        if (call.writes() && isOurs(call.file())) {
          written.put(call.file(), now);
          changed.put(call.file(), now);
        }
      }
    }
  }

  private void made(String file) {
    if (isOurs(file) && known.add(file)) {
      written.put(file, now);
      name(file);
    }
  }

  private void name(String path) {
    if (isOurs(path)) {
      named.put(path, now);
      changed.put(path, now);
    }
  }

  private void renamed(String from, String to) {
    if (written.containsKey(from)) {
      written.put(to, written.remove(from));
      synced.put(to, synced.getOrDefault(from, 0L));
    }
    gone(from);
    known.add(to);
    name(to);
  }

  private void gone(String path) {
    written.remove(path);
    synced.remove(path);
    named.remove(path);
    known.remove(path);
  }

  private void synced(String file, Long begun) {
    if (file != null && begun != null) {
      synced.merge(file, begun, Math::max);
      named
          .entrySet()
          .removeIf(each -> each.getValue() < begun && parent(each.getKey()).equals(file));
    }
  }

  private boolean isDirty(String file) {
    return written.getOrDefault(file, 0L) > synced.getOrDefault(file, 0L);
  }

  private boolean isOurs(String path) {
    return path != null
        && roots.stream().anyMatch(root -> path.equals(root) || path.startsWith(root + "/"));
  }

  private static String parent(String path) {
    return path.substring(0, path.lastIndexOf('/'));
  }

  /** What nobody counts on after the process: SQLite makes its -shm again, locks hold nothing. */
  private static boolean isTemporary(String path) {
    return path.endsWith(".tmp") || path.endsWith("-shm") || path.endsWith("lock");
  }

  private Missing missing() {
    return new Missing() {
      @Override
      public List<String> below(String directory) {
        List<String> found = new ArrayList<>();
        for (String path : written.keySet()) {
          // The ledger itself is written from its log, which is synced.
          if (isIn(path, directory) && isDirty(path) && !path.endsWith("state.db")) {
            found.add("the bytes of " + path + " were not synced");
          }
        }
        for (String path : named.keySet()) {
          if (isIn(path, directory)) {
            found.add("the name " + path + " was not synced in its directory");
          }
        }
        return found;
      }

      @Override
      public Map<String, Long> changed() {
        return new TreeMap<>(changed);
      }

      @Override
      public void end() {
        changed.clear();
      }
    };
  }

  private static boolean isIn(String path, String directory) {
    return (path.equals(directory) || path.startsWith(directory + "/")) && !isTemporary(path);
  }
}
