package dev.archive.source;

import dev.archive.durable.ExtendedAttributes;
import dev.archive.durable.LocalErrors;
import dev.archive.durable.ModifiedDate;
import dev.archive.durable.UnixAttributes;
import dev.archive.model.ArchiveException;
import dev.archive.model.Attributes;
import dev.archive.model.Attributes.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Reads what is recorded of names beside their bytes. For one thread. */
public final class AttributeReader {
  /** What Java reads for bytes that are no UTF-8. */
  private static final char REPLACEMENT = 0xFFFD;

  private static final String WANTED = "unix:mode,uid,gid,nlink,lastModifiedTime";

  /** Names of users and groups by their numbers: asking the system takes longer than a file. */
  private final Map<Integer, String> owners = new HashMap<>();

  private final Map<Integer, String> groups = new HashMap<>();

  /** The first paths of what has several names, by device and inode. */
  private final Map<Inode, String> firstNames = new HashMap<>();

  private final BiConsumer<Path, String> left;
  private final boolean xattrs;

  private record Inode(long device, long number) {}

  /**
   * A reader.
   *
   * @param xattrs whether to read extended attributes
   * @param left is told each name whose attributes cannot be recorded, and why
   */
  public AttributeReader(boolean xattrs, BiConsumer<Path, String> left) {
    this.xattrs = xattrs;
    this.left = left;
  }

  /**
   * The attributes of a file of a plan.
   *
   * @return null where the file is not the one that was read any more, or has some that cannot be
   *     recorded
   */
  public @Nullable Attributes of(SourceFile file) {
    try {
      UnixAttributes now = read(file.file());
      if (!file.stamp().wasModifiedAt(now.time("lastModifiedTime"))) {
        left.accept(file.file(), "it was edited meanwhile");
        return null;
      }
      return attributes(file.file(), file.path().toString(), Kind.FILE, now);
    } catch (IOException | ArchiveException e) {
      return left(file.file(), e);
    }
  }

  private @Nullable Attributes left(Path file, Exception why) {
    left.accept(
        file, why instanceof IOException failure ? LocalErrors.reason(failure) : why.getMessage());
    return null;
  }

  /**
   * The attributes of a directory or a symlink.
   *
   * @param path where it stands in the batch
   * @return null where it has some that cannot be recorded
   */
  @Nullable Attributes of(Path file, String path, Kind kind) {
    try {
      if (!Path.of(file.toString()).equals(file)) {
        throw new IOException("its name is not valid UTF-8");
      }
      return attributes(file, path, kind, read(file));
    } catch (IOException | ArchiveException e) {
      return left(file, e);
    }
  }

  private static UnixAttributes read(Path file) throws IOException {
    return UnixAttributes.read(file, WANTED);
  }

  private Attributes attributes(Path file, String path, Kind kind, UnixAttributes now)
      throws IOException {
    return new Attributes(
        path,
        kind,
        ModifiedDate.exact(file, now.time("lastModifiedTime")),
        now.number("mode") & Attributes.MODE_BITS,
        name(owners, now.number("uid"), file, "unix:owner"),
        name(groups, now.number("gid"), file, "unix:group"),
        kind == Kind.SYMLINK ? target(file) : null,
        kind == Kind.DIRECTORY || now.number("nlink") < 2 ? null : firstName(file, path),
        !xattrs || kind == Kind.SYMLINK ? Collections.emptySortedMap() : xattrs(file));
  }

  /** All or none: what cannot be recorded is told. */
  private SortedMap<String, String> xattrs(Path file) {
    SortedMap<String, String> all = new TreeMap<>();
    try {
      for (var each : ExtendedAttributes.read(file, Attributes.MAX_XATTR_BYTES).entrySet()) {
        String name = Attributes.XATTR + each.getKey();
        if (!Attributes.isXattr(name)) {
          throw new IOException("a name is not valid UTF-8");
        }
        all.put(name, Base64.getEncoder().encodeToString(each.getValue()));
      }
      return Collections.unmodifiableSortedMap(all);
    } catch (IOException e) {
      left.accept(file, "its extended attributes: " + LocalErrors.reason(e));
      return Collections.emptySortedMap();
    }
  }

  private @Nullable String firstName(Path file, String path) throws IOException {
    UnixAttributes key = UnixAttributes.read(file, "unix:dev,ino");
    return firstNames.putIfAbsent(new Inode(key.longNumber("dev"), key.longNumber("ino")), path);
  }

  private static String name(Map<Integer, String> known, Integer id, Path file, String attribute)
      throws IOException {
    String name = known.get(id);
    if (name == null) {
      name = Files.getAttribute(file, attribute, LinkOption.NOFOLLOW_LINKS).toString();
      known.put(id, name);
    }
    return name;
  }

  /** What is no valid UTF-8 reads as something else than it is. */
  private static String target(Path link) throws IOException {
    Path target = Files.readSymbolicLink(link);
    String text = target.toString();
    if (text.indexOf(REPLACEMENT) >= 0) {
      throw new IOException("the target is not valid UTF-8");
    }
    return text;
  }
}
