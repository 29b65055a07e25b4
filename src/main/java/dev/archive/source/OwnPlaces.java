package dev.archive.source;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Text;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What this program keeps itself, and changes while it archives: a walk leaves it out, and a person
 * who names it as a source is refused. Directories and files are recognised by what the file system
 * knows them by, through any path.
 */
public final class OwnPlaces {
  /** For a program that keeps nothing. */
  public static final OwnPlaces NONE = new OwnPlaces(List.of());

  private static final byte[] SQLITE = "SQLite format 3\0".getBytes(StandardCharsets.US_ASCII);

  private final List<Place> places;

  /** What is to become of a source that a person names. */
  public enum Named {
    /** It may be archived, as it stays as it is: a receipt, a bag. */
    ALLOWED,
    /** It is refused, and what lies below it is not. */
    REFUSED,
    /** It is refused, and so is all that lies below it. */
    REFUSED_BELOW
  }

  /**
   * One place.
   *
   * @param path of a directory or file that need not be there
   * @param what it is, in words that follow "this is"
   */
  public record Place(Path path, String what, Named named) {}

  public OwnPlaces(List<Place> places) {
    this.places = List.copyOf(places);
  }

  /** The places as they are now, for one walk. */
  Present present() {
    Map<Object, Place> known = new HashMap<>();
    for (Place place : places) {
      try {
        Object key = Files.readAttributes(place.path, BasicFileAttributes.class).fileKey();
        if (key != null) {
          known.putIfAbsent(key, place);
        }
      } catch (IOException e) {
        // It is not there, so that no walk meets it.
      }
    }
    return new Present(known);
  }

  /** Places that are there, by what the file system knows them by. */
  static final class Present {
    private final Map<Object, Place> known;

    private Present(Map<Object, Place> known) {
      this.known = known;
    }

    /** What a name inside a source is, where it is to be left out; else null. */
    @Nullable String name(Path file, FileAttributes attributes) {
      Place own = known.get(attributes.fileKey());
      if (attributes.kind() == FileAttributes.Kind.DIRECTORY) {
        return own != null ? own.what : isArchiveRoot(file) ? "the root of an archive" : null;
      }
      // Another name of the same file stays when this program puts a new file in its place.
      return own != null && file.getFileName().equals(own.path.getFileName()) ? own.what : null;
    }

    /** What the target of a symlink is or lies in, where it is to be left out; else null. */
    @Nullable String target(Path real, FileAttributes attributes) {
      for (Path at = real.getParent(); at != null; at = at.getParent()) {
        Place own = known.get(key(at));
        if (own != null) {
          return "in " + own.what;
        }
      }
      return name(real, attributes);
    }

    /**
     * Refuses a source that is, or lies in, a place that changes while it would be archived.
     *
     * @param source a real path
     * @throws ArchiveException {@link ErrorCode#USAGE}
     */
    void refuse(Path source) {
      for (Path at = source; at != null; at = at.getParent()) {
        Place own = known.get(key(at));
        if (own != null
            && (own.named == Named.REFUSED_BELOW
                || own.named == Named.REFUSED && at.equals(source))) {
          throw new ArchiveException(
              ErrorCode.USAGE,
              "cannot archive "
                  + Text.quote(source.toString())
                  + ": "
                  + (at.equals(source) ? "this is " : Text.quote(at.toString()) + " is ")
                  + own.what
                  + ", which changes meanwhile; nothing was done. A bag below batches/ can be"
                  + " archived");
        }
      }
    }

    private static @Nullable Object key(Path path) {
      try {
        return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
      } catch (IOException e) {
        return null;
      }
    }
  }

  /**
   * The root of an archive that a path is or lies in; null for none.
   *
   * @param path that need not be there
   */
  public static @Nullable Path archiveRootOf(Path path) {
    Path at = path.toAbsolutePath().normalize();
    while (at != null && Files.notExists(at)) {
      at = at.getParent();
    }
    try {
      at = at == null ? null : at.toRealPath();
    } catch (IOException e) {
      // Where it leads to cannot be told: its names have to do.
    }
    while (at != null && !isArchiveRoot(at)) {
      at = at.getParent();
    }
    return at;
  }

  /** Whether a directory has all that only the root of an archive has together. */
  public static boolean isArchiveRoot(Path directory) {
    Path ledger = directory.resolve("state.db");
    return Files.isRegularFile(ledger, LinkOption.NOFOLLOW_LINKS)
        && Files.isRegularFile(directory.resolve("signing.key"), LinkOption.NOFOLLOW_LINKS)
        && Files.isDirectory(directory.resolve("batches"), LinkOption.NOFOLLOW_LINKS)
        && Files.isDirectory(directory.resolve("staging"), LinkOption.NOFOLLOW_LINKS)
        && beginsAsLedger(ledger);
  }

  private static boolean beginsAsLedger(Path file) {
    try (var in = Files.newInputStream(file)) {
      return Arrays.equals(in.readNBytes(SQLITE.length), SQLITE);
    } catch (IOException e) {
      return false;
    }
  }
}
