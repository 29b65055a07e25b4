package dev.archive.client.fetch;

import dev.archive.durable.LocalErrors;
import dev.archive.durable.TargetDirectory;
import dev.archive.model.Attributes;
import dev.archive.model.Attributes.Kind;
import dev.archive.model.Text;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Predicate;

/**
 * Gives fetched names what was recorded of them. Directories are made, links come behind all files
 * so that none is written through, and directories get their modes and dates last, for what is put
 * into them changes the one and may be forbidden by the other.
 */
final class Restoring {
  private static final String THERE = " is there already; it was not touched";

  private final TargetDirectory target;
  private final Twins twins;
  private final Map<String, String> made = new HashMap<>();
  private final Set<String> parents = new HashSet<>();
  private final List<Attributes> wanted;
  private final boolean overwrite;
  private final BiConsumer<String, String> failed;
  private long restored;
  private long left;
  private String first;

  /**
   * Begins.
   *
   * @param twins names that the target may take for one another
   * @param all that the batch records
   * @param wanted of these, in the order of their paths
   * @param failed is told the path of each directory and link that cannot be made, and why
   */
  Restoring(
      TargetDirectory target,
      Twins twins,
      Collection<Attributes> all,
      List<Attributes> wanted,
      boolean overwrite,
      BiConsumer<String, String> failed) {
    this.target = target;
    this.twins = twins;
    this.wanted = wanted;
    all.forEach(each -> parents.add(each.path().substring(0, each.path().lastIndexOf('/'))));
    this.overwrite = overwrite;
    this.failed = failed;
  }

  /** Makes directories and links, and restores all but the attributes of directories. */
  void names() {
    for (Attributes each : wanted) {
      // A directory that holds files is made with them, or named by them.
      if (each.kind() == Kind.DIRECTORY && !isRoot(each) && !parents.contains(each.path())) {
        make(each, () -> target.makeDirectory(place(each)));
      } else if (each.kind() == Kind.FILE) {
        restore(each);
      }
    }
    symlinks(each -> each.hardLink() == null);
    symlinks(each -> each.hardLink() != null);
    for (Attributes each : wanted) {
      if (each.kind() == Kind.DIRECTORY && twins.has(each.path()) && !isRoot(each)) {
        make(each, () -> twins.claim(each.path()));
      }
    }
  }

  /** What is said of a name whose place another name of the batch has. */
  static String sameName(String owner) {
    return "the target has one name for it and for "
        + Text.quote(owner)
        + ", and keeps the other; fetch it into a directory that tells these names apart";
  }

  private void symlinks(Predicate<Attributes> which) {
    for (Attributes each : wanted) {
      if (each.kind() == Kind.SYMLINK && which.test(each) && make(each, () -> makeLink(each))) {
        restore(each);
      }
    }
  }

  private void makeLink(Attributes link) throws IOException {
    makeSymlink(link);
    twins.claim(link.path());
  }

  private void makeSymlink(Attributes link) throws IOException {
    if (link.hardLink() != null && link.linkTarget().equals(made.get(link.hardLink()))) {
      try {
        target.placeHardLink(Path.of(link.hardLink().substring(1)), true, place(link), overwrite);
        return;
      } catch (IOException e) {
        // It is there already, or becomes a link of its own.
      }
    }
    target.placeLink(link.linkTarget(), place(link), overwrite);
    made.put(link.path(), link.linkTarget());
  }

  /** The attributes of directories, the deepest first. */
  void directories() {
    List<Attributes> directories = new ArrayList<>();
    wanted.stream().filter(each -> each.kind() == Kind.DIRECTORY).forEach(directories::add);
    for (int i = directories.size() - 1; i >= 0; i--) {
      restore(directories.get(i));
    }
  }

  private interface Making {
    void run() throws IOException;
  }

  private boolean make(Attributes each, Making making) {
    try {
      String owner = twins.owner(each.path());
      if (owner != null) {
        failed.accept(each.path(), sameName(owner));
        return false;
      }
      making.run();
      return true;
    } catch (IOException e) {
      failed.accept(
          each.path(),
          e instanceof TargetDirectory.OccupiedException
              ? e.getMessage() + THERE
              : e instanceof NotDirectoryException
                  ? "a link or a file has its name, or that of a directory above it"
                  : "cannot be made: " + LocalErrors.reason(e));
      return false;
    }
  }

  private void restore(Attributes each) {
    boolean whole = restoreXattrs(each);
    try {
      target.restore(
          isRoot(each) ? null : place(each),
          each.kind() == Kind.DIRECTORY,
          each.modified(),
          each.kind() == Kind.SYMLINK ? -1 : each.mode() & Attributes.PERMISSION_BITS);
      if (each.kind() == Kind.SYMLINK || each.mode() <= Attributes.PERMISSION_BITS) {
        restored += whole ? 1 : 0;
      } else if (whole) {
        leave(each, "set-user-id, set-group-id and sticky bits are not restored");
      }
    } catch (IOException e) {
      left -= whole ? 0 : 1;
      leave(
          each,
          e instanceof NotDirectoryException || e instanceof NoSuchFileException
              ? "it is not there as what it was"
              : LocalErrors.reason(e));
    }
  }

  /** Before the mode, which may forbid it. */
  private boolean restoreXattrs(Attributes each) {
    if (each.xattrs().isEmpty()) {
      return true;
    }
    SortedMap<String, byte[]> values = new TreeMap<>();
    each.xattrs()
        .forEach(
            (name, value) ->
                values.put(
                    name.substring(Attributes.XATTR.length()), Base64.getDecoder().decode(value)));
    try {
      target.setExtendedAttributes(isRoot(each) ? null : place(each), values);
      return true;
    } catch (IOException e) {
      leave(each, "extended attributes: " + LocalErrors.reason(e));
      return false;
    }
  }

  private void leave(Attributes each, String why) {
    left++;
    if (first == null) {
      first = Text.quote(each.path()) + ": " + why;
    }
  }

  private static boolean isRoot(Attributes each) {
    return each.path().equals("/");
  }

  private static Path place(Attributes each) {
    return Path.of(each.path().substring(1));
  }

  /** How many names have all that was recorded of them. */
  long restored() {
    return restored;
  }

  /** How many have not. */
  long left() {
    return left;
  }

  /** The first of these and why, or null. */
  String first() {
    return first;
  }
}
